"""The two clients have the same methods with the same arguments, and no duplicated code."""

import dataclasses
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.caller import FOURTH
from support.client_rig import PROVIDERS, WORK, loaded, rigged
from tools.pages import page

import mockreel.client
from mockreel import serving
from mockreel.client import AsyncClient, Client, Invalid, JobOptions, JobRequest, NotFound, client_errors
from mockreel.client.profile_file import read_profile
from mockreel.errors import OptionError

METHODS = [name for name in vars(Client) if not name.startswith("_")]


@pytest.mark.parametrize("name", METHODS)
def test_each_method_is_there_in_both_forms(name: str) -> None:
    """With the same arguments, defaults, result and words."""
    here, there = getattr(Client, name), getattr(AsyncClient, name)

    assert inspect.iscoroutinefunction(there)
    assert not inspect.iscoroutinefunction(here)
    assert inspect.signature(here) == inspect.signature(there)
    assert here.__doc__ == there.__doc__


def test_neither_has_more_than_the_other() -> None:
    """One shape."""
    assert [name for name in vars(AsyncClient) if not name.startswith("_")] == METHODS


def test_the_keywords_of_a_submit_are_the_fields_of_a_request() -> None:
    """In either form, and only in one at a time."""
    fields = {field.name for field in dataclasses.fields(JobRequest)}

    assert set(JobOptions.__annotations__) == fields - {"model", "input"}
    with rigged("runflow") as rig:
        model, given = WORK["runflow"]
        assert rig.client().submit(JobRequest(model, given)).id
        with pytest.raises(OptionError, match=r"input, mark.*Put these fields into the JobRequest"):
            rig.client().submit(JobRequest(model, given), given, mark="mine")


def test_every_error_is_in_the_tree() -> None:
    """The module's docstring draws it, and the package exports it."""
    found = {
        name
        for name, value in vars(client_errors).items()
        if inspect.isclass(value) and issubclass(value, client_errors.ClientError)
    }

    assert {name for name in found if name not in (client_errors.__doc__ or "")} == set()
    assert found <= set(mockreel.client.__all__)


def test_the_public_names_are_in_order_and_there() -> None:
    """Each once."""
    assert mockreel.client.__all__ == sorted(set(mockreel.client.__all__))
    assert all(hasattr(mockreel.client, name) for name in mockreel.client.__all__)


def test_importing_the_package_does_not_load_the_client() -> None:
    """Nor what sends requests."""
    code = "import mockreel, sys; print([n for n in sys.modules if 'httpx2' in n or 'mockreel.client' in n])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_clients_places_match_the_contract(provider: str) -> None:
    """Its operations exist, its jobs are those of the conversation, and each can be polled by its id."""
    contract, profile = loaded(provider, ()), read_profile(provider)
    talks = contract.conversation.jobs
    requested = {name for talk in talks.values() for name in (talk.poll, talk.made) if name}
    named = {profile.submit, *profile.by_id, *(step.operation for step in profile.upload if step.operation)}
    named |= {row.operation for row in (profile.find, profile.quote) if row is not None and row.operation}

    assert set(profile.jobs) == set(talks)
    assert requested | ({contract.conversation.cancel} - {None}) == set(profile.by_id)
    assert all(contract.operation(name) for name in named)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_used_operation_has_its_key_in_a_header(provider: str) -> None:
    """There it is in no log of addresses."""
    contract, profile = loaded(provider, ()), read_profile(provider)
    spoken = [
        profile.submit,
        *profile.by_id,
        *(name for talk in contract.conversation.jobs.values() for name in talk.submits),
    ]

    assert all(any(place.kind == "header" for place in contract.operation(name).key) for name in spoken)


def test_a_provider_without_such_a_file_says_so(tmp_path: Path) -> None:
    """And which have one."""
    shutil.copytree(FOURTH, tmp_path, dirs_exist_ok=True)
    (tmp_path / "contracts" / "encore" / "conversation.yaml").write_text("jobs: {}\n")
    with pytest.raises(OptionError, match=r"encore.*It needs the section `client` in its conversation.yaml"):
        Client("encore", key="en_user_one", data=tmp_path)


def test_a_new_provider_is_a_file(tmp_path: Path) -> None:
    """The client's Python does not know `encore`: it runs, fails, rejects, and accepts a file."""
    (tmp_path / "note.txt").write_text("sing")
    with serving("encore", data=FOURTH, speed=600) as server:
        address = server.encore
        with Client("encore", key=address.key, base_url=address.url, data=FOURTH, sleep=lambda seconds: None) as client:
            outcome = client.run("solo", {"prompt": "la", "seconds": "6"})
            uploaded = client.upload(tmp_path / "note.txt")
            with pytest.raises(Invalid, match="The body does not fit"):
                client.submit("solo", {"seconds": 99})
            with pytest.raises(NotFound, match="There is no model nobody"):
                client.submit("nobody", {})

    assert (outcome.word, len(outcome.urls), uploaded.url[:4]) == ("done", 1, "http")


def test_the_page_has_every_name_argument_and_field() -> None:
    """docs/reference/client.md; its examples are run with those of the other pages."""
    text = page("docs/reference/client.md").text
    arguments = {*inspect.signature(Client).parameters, *inspect.signature(JobRequest).parameters}

    assert [name for name in sorted({*mockreel.client.__all__, *arguments, *METHODS}) if f"`{name}" not in text] == []

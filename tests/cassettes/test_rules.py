"""The rows of `recording` in `conversation.yaml`: what is recorded, as a mock of the contract accepts it."""

import re
from pathlib import Path

import pytest
from support.client_rig import rigged

from mockreel.cassettes.recording_rules import ErrorCase, looks_of_all, read_rules
from mockreel.client import Refused
from mockreel.contract import load_contract
from mockreel.errors import DataError, OptionError

PROVIDERS = ("aimlapi", "runflow", "runninghub")
ROWS = [(name, row) for name in PROVIDERS for row in read_rules(name).refusals]

every = pytest.mark.parametrize("provider", PROVIDERS)


@pytest.mark.parametrize(("provider", "row"), ROWS, ids=[f"{name}-{row.name}" for name, row in ROWS])
def test_each_refusal_is_one_that_the_contract_holds(provider: str, row: ErrorCase) -> None:
    """So it begins no job, as far as the contract knows."""
    with rigged(provider) as rig:
        client = rig.client(key="invalid-mockreel" if row.wrong_key else None)
        with pytest.raises(Refused) as raised:
            client.poll(row.poll) if row.poll is not None else client.submit(row.model, row.input)
    expected = load_contract(provider).errors[row.row]

    assert expected.status == raised.value.status
    assert raised.value.code in (str(expected.code), expected.fields.get("name"))


@every
def test_the_job_is_one_that_its_model_takes_and_that_ends_well(provider: str) -> None:
    """As far as the contract knows."""
    rules = read_rules(provider)
    with rigged(provider) as rig:
        assert rig.client().run(rules.model, rules.input).state == "succeeded"


@every
def test_every_provider_has_the_refusals_that_cost_nothing(provider: str) -> None:
    """A wrong key, an unknown job, an unknown model, an input that is refused."""
    assert {row.row for row in read_rules(provider).refusals} >= {
        "wrong-key",
        "unknown-job",
        "unknown-model",
        "invalid-body",
    }


@every
def test_the_key_of_the_contracts_example_is_named_by_a_variable(provider: str) -> None:
    """Which is one that a shell takes."""
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", name) for name in read_rules(provider).variables)


def test_what_keys_look_like_is_known_of_all_providers() -> None:
    """One may stand in another's cassette."""
    assert set(read_rules("runflow").looks) == set(looks_of_all()) > {r"whsec_[A-Za-z0-9_+/=-]{6,}"}


def test_a_provider_without_rows_is_answered_with_those_that_have(tmp_path: Path) -> None:
    """With the file that is missing."""
    with pytest.raises(OptionError, match=r"'nobody' is not valid\. Valid: aimlapi, .*needs the section `recording`"):
        read_rules("nobody")


def test_a_row_that_does_not_fit_is_reported_by_its_place(tmp_path: Path) -> None:
    """And what would."""
    folder = tmp_path / "contracts" / "a"
    folder.mkdir(parents=True)
    (folder / "conversation.yaml").write_text("recording: {key: {variables: [A], looks: []}, job: {}, fields: {}}\n")

    with pytest.raises(DataError, match=r"contracts/a/conversation\.yaml /recording /key: 'evidence' is missing"):
        read_rules("a", root=tmp_path)

"""Data that is edited while it is in use."""

import asyncio
import re
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from support.caller import FOURTH, Caller, MakeSimulator

from mockreel.engine.accounts.key_file import read_keys
from mockreel.server.reload import Reload, Watch
from mockreel.simulator.simulator import Simulator, load_contracts

GOOD = {"model": "solo", "input": {"prompt": "x"}}
Run = Callable[[Awaitable[Any]], Any]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of one's own."""
    return Path(shutil.copytree(FOURTH, tmp_path / "data"))


@pytest.fixture
def watched(data: Path, make_encore: MakeSimulator) -> Simulator:
    """A mock server that uses it."""
    return make_encore(data=data)


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


async def _taken(watch: Watch) -> Reload | None:
    """The change is noticed, and loaded when it has settled."""
    assert await watch.look() is None
    return await watch.look()


def test_a_changed_row_is_played_at_once(data: Path, watched: Simulator, run: Run) -> None:
    """New responses have it; accounts and jobs stay."""
    ask = Caller(watched.provider("encore"), "en_user_one")
    job = ask("POST", "/v1/jobs", GOOD).json["id"]
    watch = Watch(watched)
    _edit(data / "contracts/encore/lifecycle.yaml", "word: done", "word: performed")

    taken = run(_taken(watch))

    assert taken == Reload(("contracts/encore/lifecycle.yaml",))
    run(watched.advance(100))
    assert ask("GET", f"/v1/jobs/{job}").json["state"] == "performed"


def test_a_change_is_loaded_when_it_has_settled(data: Path, watched: Simulator, run: Run) -> None:
    """Editors write in several steps: while something changes at each look, nothing is read."""
    watch = Watch(watched)
    before = watched.provider("encore").contract
    lifecycle = data / "contracts/encore/lifecycle.yaml"

    assert run(watch.look()) is None
    _edit(lifecycle, "word: done", "word: half")
    assert run(watch.look()) is None
    _edit(lifecycle, "word: half", "word: performed")
    assert run(watch.look()) is None
    assert watched.provider("encore").contract is before

    assert run(watch.look()) is not None
    assert watched.provider("encore").contract.lifecycle.states["done"].word == "performed"
    assert run(watch.look()) is None


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (("contracts/encore/lifecycle.yaml", "states:", "states: ["), r"lifecycle\.yaml: not readable as YAML .*line"),
        (("contracts/encore/scenarios.yaml", "default: succeed", "default: dance"), "dance"),
        (("contracts/encore/errors.yaml", "status: 401", "status: often"), r"/no-key /status: 'often' .*Expected int"),
        (
            ("schemas/encore/job-create.json", '"type"', '"type": 5, "x"'),
            r"encore/job-create\.json /properties/input/type: not usable",
        ),
        (
            ("schemas/encore/models/encore/solo.json", '"properties"', '"properties": 5, "x"'),
            r"solo\.json /properties: not usable",
        ),
        (("contracts/encore/operations.json", "encore_player", "nobody"), "'nobody' cannot be imported"),
    ],
)
def test_what_cannot_be_used_is_not_accepted(
    data: Path, watched: Simulator, run: Run, edit: tuple[str, str, str], why: str
) -> None:
    """The old data stays in use, and the message names the file, the place and what is expected."""
    ask = Caller(watched.provider("encore"), "en_user_one")
    before = watched.provider("encore").contract
    watch = Watch(watched)
    file, old, new = edit
    path = data / file
    whole = path.read_text()
    _edit(path, old, new)

    taken = run(_taken(watch))

    assert taken is not None
    assert re.search(why, taken.problem or ""), taken.problem
    assert watched.provider("encore").contract is before
    assert ask("POST", "/v1/jobs", GOOD).status == 201
    assert ask("POST", "/v1/jobs", {"model": "solo", "input": {"prompt": 7}}).status == 422
    assert ask("POST", "/v1/jobs", GOOD, key="invalid").status == 401

    path.write_text(whole)
    assert run(_taken(watch)) == Reload((file,))


def test_a_broken_file_is_looked_at_again_with_the_next(data: Path, watched: Simulator, run: Run) -> None:
    """Another change does not let it pass, though nobody has used it yet."""
    watch = Watch(watched)
    _edit(data / "schemas/encore/models/encore/solo.json", '"properties"', '"properties": 5, "x"')
    run(_taken(watch))
    _edit(data / "contracts/encore/lifecycle.yaml", "word: done", "word: performed")

    taken = run(_taken(watch))

    assert taken is not None
    assert "solo.json /properties: not usable" in str(taken.problem)
    assert len(taken.files) == 2


def test_a_written_contract_is_loaded_when_it_is_built(data: Path, watched: Simulator, run: Run) -> None:
    """Until then the message says what to do."""
    watch = Watch(watched)
    written = data / "contracts/encore/openapi.yaml"
    written.write_text(written.read_text() + "\n# a note\n")

    assert "`mockreel build`" in str(run(_taken(watch)).problem)

    built = data / "contracts/encore/openapi.json"
    built.write_text(built.read_text() + "\n")
    assert run(_taken(watch)).problem is None


def test_the_chosen_readings_stay_chosen(data: Path, watched: Simulator, run: Run) -> None:
    """Those that were switched while it ran, too."""
    watched.switch_contracts(load_contracts(["encore"], readings={"done-word": "finished"}, data=data))
    watch = Watch(watched)
    _edit(data / "contracts/encore/errors.yaml", "status: 401", "status: 403")

    assert run(_taken(watch)).problem is None

    assert watched.provider("encore").contract.lifecycle.states["done"].word == "finished"
    assert Caller(watched.provider("encore"), "invalid")("POST", "/v1/jobs", GOOD).status == 403


def test_keys_are_read_again(data: Path, make_encore: MakeSimulator, run: Run, tmp_path: Path) -> None:
    """A new key is admitted, a removed one is not; the account stays, and a broken file changes nothing."""
    keys = tmp_path / "keys.yaml"
    keys.write_text("- {key: old-key, account: alice}\n")
    simulator = make_encore(data=data, keys=list(read_keys(keys)))
    ask = Caller(simulator.provider("encore"), "old-key")
    job = ask("POST", "/v1/jobs", GOOD).json["id"]
    watch = Watch(simulator, keys=keys)

    keys.write_text("- {key: new-key, account: alice}\n")
    assert run(_taken(watch)) == Reload((str(keys),))
    assert ask("GET", f"/v1/jobs/{job}").status == 401
    assert ask("GET", f"/v1/jobs/{job}", key="new-key").status == 200

    keys.write_text("- {key: new-key, account: alice, scenario: dance}\n")
    assert "dance" in str(run(_taken(watch)).problem)
    keys.unlink()
    assert "cannot be read" in str(run(_taken(watch)).problem)
    assert ask("GET", f"/v1/jobs/{job}", key="new-key").status == 200


def test_a_follower_gets_both(data: Path, watched: Simulator, run: Run) -> None:
    """In the stream of events, and in the response."""
    reported: list[Reload] = []
    watch = Watch(watched, on_reload=reported.append)
    cursor = watched.events.cursor
    lifecycle = data / "contracts/encore/lifecycle.yaml"
    _edit(lifecycle, "word: done", "word: [")
    run(_taken(watch))
    _edit(lifecycle, "word: [", "word: performed")
    run(_taken(watch))

    events = [event for event in watched.events.since(cursor).events if event.kind == "data"]
    assert [event.fields["taken"] for event in events] == [False, True]
    assert "lifecycle.yaml" in events[0].fields["problem"]
    assert [taken.problem is None for taken in reported] == [False, True]


def test_it_looks_until_it_is_stopped(data: Path, watched: Simulator, run: Run) -> None:
    """As it runs beside a server."""

    async def scene() -> None:
        task = asyncio.ensure_future(Watch(watched).run(every=0))
        cursor = watched.events.cursor
        _edit(data / "contracts/encore/lifecycle.yaml", "word: done", "word: performed")
        news = await watched.events.wait(cursor, timeout=30)
        assert [event.kind for event in news.events][:1] in (["contract"], ["data"])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(scene())


def test_a_data_file_that_crashes_the_loader_does_not_end_the_watch(
    data: Path, watched: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is reported like any other problem."""
    watch = Watch(watched)

    def broken(*_: object, **__: object) -> None:
        raise KeyError("gone")

    monkeypatch.setattr("mockreel.server.reload.watcher.load_contract", broken)
    _edit(data / "contracts/encore/lifecycle.yaml", "word: done", "word: performed")

    assert run(_taken(watch)).problem == "KeyError: 'gone'"

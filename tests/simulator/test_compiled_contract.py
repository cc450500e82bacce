"""Another contract under a part that is being played."""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from staging import FOURTH, START, Caller, MakeStage

from mockreel.contract import load_contract
from mockreel.errors import DataError, OptionError
from mockreel.simulator.compiled_contract import find_player
from mockreel.simulator.simulator import Stage, load_contracts
from mockreel.webhooks import MemorySender

GOOD = {"model": "solo", "input": {"prompt": "x"}}
Run = Callable[[Awaitable[Any]], Any]


def _recast(stage: Stage, **readings: str) -> None:
    chosen = {name.replace("_", "-"): option for name, option in readings.items()}
    stage.recast(load_contracts(list(stage.parts), readings=chosen, data=FOURTH))


def test_a_reading_can_be_switched_while_it_is_played(encore: Caller, encore_stage: Stage) -> None:
    """New replies are in the words of the new reading, those about old jobs too."""
    before = encore("POST", "/v1/jobs", {"model": "none"}).json
    _recast(encore_stage, envelope="bare")
    after = encore("POST", "/v1/jobs", {"model": "none"}).json

    assert before == {"error": after}


def test_what_has_come_to_be_stays(encore: Caller, encore_stage: Stage, run: Run) -> None:
    """Accounts, jobs with their moments, the journal, the clock."""
    encore("POST", "/v1/jobs", GOOD, key="en_user_two")
    job = encore("POST", "/v1/jobs", GOOD).json["id"]
    run(encore_stage.advance(2))
    part = encore_stage.part("encore")
    accounts, moments = dict(part.keyring.accounts), [change.at for change in encore_stage.changes()]

    _recast(encore_stage, done_word="finished")

    assert part.keyring.accounts == accounts
    assert [change.at for change in encore_stage.changes()] == moments
    assert len(encore_stage.journal) == 2
    assert encore_stage.clock.now() == START + 2
    run(encore_stage.advance(100))
    assert encore("GET", f"/v1/jobs/{job}").json["state"] == "finished"


def test_a_callback_that_is_under_way_arrives(
    encore: Caller, encore_stage: Stage, sink: MemorySender, run: Run
) -> None:
    """In the words of the contract that is played when the job ends."""
    encore("POST", "/v1/jobs", {**GOOD, "tell": "http://127.0.0.1:9/told"})
    _recast(encore_stage, done_word="finished")
    run(encore_stage.advance(100))

    assert [b"finished" in out.body for out in sink.sent] == [True]


@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
def test_every_reading_of_a_provider_can_be_taken_in_turn(make_stage: MakeStage, provider: str) -> None:
    """And the default again at the end: the package brings what it keeps along each time."""
    stage = make_stage(names=[provider])
    readings = stage.part(provider).contract.readings
    for reading in readings.values():
        for option in reading.options:
            stage.recast({provider: load_contract(provider, readings={reading.id: option})})
            assert stage.part(provider).contract.chosen[reading.id] == option
    stage.recast(load_contracts([provider]))

    assert stage.part(provider).contract.chosen == make_stage(names=[provider]).part(provider).contract.chosen


def test_a_cancelled_run_is_spelled_as_the_reading_says(stage: Stage, ask: Callable[..., Caller]) -> None:
    """Switched between two polls of one job, and back; a job that ended before is told in the same words."""
    speak = ask("runflow")
    model = next(iter(stage.part("runflow").contract.models))
    body = {"input": {"prompt": "x"}}
    wish = {"prefer": "scenario=cancelled"}
    begun = speak("POST", f"/v1/models/{model}/runs", body, headers=wish)
    assert begun.status < 300, begun.json
    stage.clock.advance_to(START + 1000)
    path = f"/v1/runs/{begun.json['id']}"

    def spelled() -> str:
        return str(speak("GET", path).json["status_code"])

    assert spelled() == "canceled"
    stage.recast(load_contracts(["runflow"], readings={"cancel-spelling": "cancelled"}))
    assert spelled() == "cancelled"
    stage.recast(load_contracts(["runflow"]))
    assert spelled() == "canceled"


def test_a_contract_that_cannot_be_played_changes_nothing(make_stage: MakeStage, tmp_path: Path) -> None:
    """Not even the parts whose own contracts are good."""
    stage = make_stage(names=["runflow", "encore"], data=FOURTH)
    data = Path(shutil.copytree(FOURTH, tmp_path / "data"))
    document = data / "contracts/encore/openapi.json"
    for name in ("openapi.json", "operations.json"):
        document = data / "contracts/encore" / name
        if document.is_file():
            document.write_text(document.read_text().replace("encore_player", "no_such_player"))
    broken = load_contracts(["runflow", "encore"], readings={"cancel-spelling": "cancelled"}, data=data)
    before = {name: (part.contract, part.state) for name, part in stage.parts.items()}

    with pytest.raises(DataError, match="no_such_player"):
        stage.recast(broken)

    assert {name: (part.contract, part.state) for name, part in stage.parts.items()} == before


def test_a_provider_that_is_not_on_the_stage_is_refused(encore_stage: Stage) -> None:
    """With those that are."""
    with pytest.raises(OptionError, match="Valid: encore"):
        encore_stage.recast(load_contracts(["runflow"]))


def test_who_follows_is_told(encore_stage: Stage) -> None:
    """With the readings that are others now."""
    cursor = encore_stage.feed.cursor
    _recast(encore_stage, envelope="bare")

    (event,) = encore_stage.feed.since(cursor).events
    assert (event.kind, event.provider, event.fields) == ("recast", "encore", {"readings": {"envelope": "bare"}})


def test_a_package_that_is_not_there_or_lacks_a_handler_is_an_error_in_the_data() -> None:
    """The message says where it is named, and what is missing."""
    contract = load_contract("encore", root=FOURTH)
    more = replace(contract.operations[0], id="sing")

    with pytest.raises(DataError, match=r"x-mockreel/package: 'no_such_player' cannot be imported .* on PYTHONPATH"):
        find_player(replace(contract, package="no_such_player"))
    with pytest.raises(DataError, match=r"encore_player has no handler for sing\."):
        find_player(replace(contract, operations=(*contract.operations, more)))

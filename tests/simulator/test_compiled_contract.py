"""Another contract for a provider while it runs."""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.caller import FOURTH, START, Caller, MakeSimulator

from mockreel.contract import load_contract
from mockreel.engine.jobs.job import Job
from mockreel.errors import DataError, OptionError
from mockreel.simulator.compiled_contract import Rewording, find_adapter
from mockreel.simulator.simulator import Simulator, load_contracts
from mockreel.webhooks import MemorySender

GOOD = {"model": "solo", "input": {"prompt": "x"}}
Run = Callable[[Awaitable[Any]], Any]


def _switch(simulator: Simulator, **readings: str) -> None:
    chosen = {name.replace("_", "-"): option for name, option in readings.items()}
    simulator.switch_contracts(load_contracts(list(simulator.providers), readings=chosen, data=FOURTH))


def test_a_reading_can_be_switched_while_it_is_played(encore: Caller, encore_simulator: Simulator) -> None:
    """New responses are in the words of the new reading, those about old jobs too."""
    before = encore("POST", "/v1/jobs", {"model": "none"}).json
    _switch(encore_simulator, envelope="bare")
    after = encore("POST", "/v1/jobs", {"model": "none"}).json

    assert before == {"error": after}


def test_jobs_are_looked_at_only_where_their_words_change(
    encore: Caller, encore_simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million of them are not reworded for another envelope of errors."""
    encore("POST", "/v1/jobs", GOOD)
    looked: list[Job] = []
    monkeypatch.setattr(Rewording, "apply", lambda _, job: looked.append(job))

    _switch(encore_simulator, envelope="bare")
    assert looked == []

    _switch(encore_simulator, envelope="bare", done_word="finished")
    assert looked == list(encore_simulator.provider("encore").jobs)


def test_what_has_come_to_be_stays(encore: Caller, encore_simulator: Simulator, run: Run) -> None:
    """Accounts, jobs with their moments, the journal, the clock."""
    encore("POST", "/v1/jobs", GOOD, key="en_user_two")
    job = encore("POST", "/v1/jobs", GOOD).json["id"]
    run(encore_simulator.advance(2))
    provider = encore_simulator.provider("encore")
    accounts, moments = dict(provider.keyring.accounts), [change.at for change in encore_simulator.changes()]

    _switch(encore_simulator, done_word="finished")

    assert provider.keyring.accounts == accounts
    assert [change.at for change in encore_simulator.changes()] == moments
    assert len(encore_simulator.journal) == 2
    assert encore_simulator.clock.now() == START + 2
    run(encore_simulator.advance(100))
    assert encore("GET", f"/v1/jobs/{job}").json["state"] == "finished"


def test_a_callback_that_is_under_way_arrives(
    encore: Caller, encore_simulator: Simulator, sink: MemorySender, run: Run
) -> None:
    """In the words of the contract that is in use when the job ends."""
    encore("POST", "/v1/jobs", {**GOOD, "tell": "http://127.0.0.1:9/hook"})
    _switch(encore_simulator, done_word="finished")
    run(encore_simulator.advance(100))

    assert [b"finished" in out.body for out in sink.sent] == [True]


@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
def test_every_reading_of_a_provider_can_be_chosen(make_simulator: MakeSimulator, provider: str) -> None:
    """And the default again at the end: the package brings what it keeps along each time."""
    simulator = make_simulator(names=[provider])
    readings = simulator.provider(provider).contract.readings
    for reading in readings.values():
        for option in reading.options:
            simulator.switch_contracts({provider: load_contract(provider, readings={reading.id: option})})
            assert simulator.provider(provider).contract.chosen[reading.id] == option
    simulator.switch_contracts(load_contracts([provider]))

    assert (
        simulator.provider(provider).contract.chosen
        == make_simulator(names=[provider]).provider(provider).contract.chosen
    )


def test_a_cancelled_run_is_spelled_as_the_reading_says(simulator: Simulator, ask: Callable[..., Caller]) -> None:
    """Switched between two polls of one job, and back; a job that ended earlier keeps its words."""
    speak = ask("runflow")
    model = "google/veo3.1/lite"
    body = {"input": {"prompt": "x"}}
    wish = {"prefer": "scenario=cancelled"}
    begun = speak("POST", f"/v1/models/{model}/runs", body, headers=wish)
    assert begun.status < 300, begun.json
    simulator.clock.advance_to(START + 1000)
    path = f"/v1/runs/{begun.json['id']}"

    def spelled() -> str:
        return str(speak("GET", path).json["status_code"])

    assert spelled() == "canceled"
    simulator.switch_contracts(load_contracts(["runflow"], readings={"cancel-spelling": "cancelled"}))
    assert spelled() == "cancelled"
    simulator.switch_contracts(load_contracts(["runflow"]))
    assert spelled() == "canceled"


def test_a_contract_that_cannot_be_played_changes_nothing(make_simulator: MakeSimulator, tmp_path: Path) -> None:
    """Not even the providers whose contracts are valid."""
    simulator = make_simulator(names=["runflow", "encore"], data=FOURTH)
    data = Path(shutil.copytree(FOURTH, tmp_path / "data"))
    document = data / "contracts/encore/openapi.json"
    for name in ("openapi.json", "operations.json"):
        document = data / "contracts/encore" / name
        if document.is_file():
            document.write_text(document.read_text().replace("encore_player", "no_such_player"))
    broken = load_contracts(["runflow", "encore"], readings={"cancel-spelling": "cancelled"}, data=data)
    before = {name: (provider.contract, provider.state) for name, provider in simulator.providers.items()}

    with pytest.raises(DataError, match="no_such_player"):
        simulator.switch_contracts(broken)

    assert {name: (provider.contract, provider.state) for name, provider in simulator.providers.items()} == before


def test_a_provider_that_is_not_simulated_is_rejected(encore_simulator: Simulator) -> None:
    """With those that are."""
    with pytest.raises(OptionError, match="Valid: encore"):
        encore_simulator.switch_contracts(load_contracts(["runflow"]))


def test_followers_are_called(encore_simulator: Simulator) -> None:
    """With the readings that are others now."""
    cursor = encore_simulator.events.cursor
    _switch(encore_simulator, envelope="bare")

    (event,) = encore_simulator.events.since(cursor).events
    assert (event.kind, event.provider, event.fields) == ("contract", "encore", {"readings": {"envelope": "bare"}})


def test_a_package_that_is_not_there_or_lacks_a_handler_is_an_error_in_the_data() -> None:
    """The message says where it is named, and what is missing."""
    contract = load_contract("encore", root=FOURTH)
    more = replace(contract.operations[0], id="sing")

    with pytest.raises(DataError, match=r"x-mockreel/package: 'no_such_player' cannot be imported .* on PYTHONPATH"):
        find_adapter(replace(contract, package="no_such_player"))
    with pytest.raises(DataError, match=r"encore_player has no handler for sing\."):
        find_adapter(replace(contract, operations=(*contract.operations, more)))

"""A simulator: its providers, and what they share."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.caller import FOURTH, START, Caller, MakeSimulator

from mockreel.errors import OptionError
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts
from mockreel.webhooks import HttpSender

GOOD = {"model": "solo", "input": {"prompt": "x"}}


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A data folder with two further providers, `encore` and its copy `alto`."""
    data = Path(shutil.copytree(FOURTH, tmp_path / "data"))
    for kind in ("contracts", "schemas"):
        shutil.copytree(data / kind / "encore", data / kind / "alto")
    patch = data / "contracts/alto/readings/done-word.yaml"
    patch.write_text(patch.read_text().replace("/encore/", "/alto/"))
    return data


def test_further_providers_stand_behind_the_packaged_ones_by_name(two: Path) -> None:
    """In the order of their ports, in any order of names."""
    packaged = ["runflow", "aimlapi", "runninghub"]

    assert list(load_contracts()) == packaged
    assert list(load_contracts(data=two)) == [*packaged, "alto", "encore"]
    assert list(load_contracts(["encore", "runflow", "alto"], data=two)) == ["runflow", "alto", "encore"]


def test_a_further_folder_may_stand_in_for_a_packaged_provider(tmp_path: Path) -> None:
    """Its data is used then."""
    data = tmp_path / "data"
    for kind in ("contracts", "schemas"):
        shutil.copytree(FOURTH / kind / "encore", data / kind / "aimlapi")

    loaded = load_contracts(data=data)

    assert {name: contract.title for name, contract in loaded.items()}["aimlapi"] == "Encore"
    assert len(loaded) == 3


def test_an_unknown_provider_is_rejected_with_the_known_ones() -> None:
    """Those of the further folder too."""
    with pytest.raises(OptionError, match=r"'encor' is not valid\. Valid: aimlapi, runflow, runninghub, encore"):
        load_contracts(["encor"], data=FOURTH)


def test_a_reading_finds_its_provider(two: Path) -> None:
    """By its id alone where one provider has it, by `provider:id` where several have."""
    one = load_contracts(["encore"], readings={"envelope": "bare"}, data=two)
    named = load_contracts(["encore", "alto"], readings={"alto:envelope": "bare"}, data=two)

    assert one["encore"].chosen["envelope"] == "bare"
    assert (named["alto"].chosen["envelope"], named["encore"].chosen["envelope"]) == ("bare", "wrapped")
    with pytest.raises(OptionError, match=r"Valid: encore:envelope, alto:envelope\. Several providers"):
        load_contracts(["encore", "alto"], readings={"envelope": "bare"}, data=two)


@pytest.mark.parametrize(
    ("readings", "says"),
    [
        ({"none": "x"}, r"reading: 'none' is not valid\. Valid: encore:done-word, encore:envelope"),
        ({"runflow:envelope": "bare"}, "reading: 'runflow:envelope' is not valid"),
        ({"envelope": "x"}, r"option of the reading envelope: 'x' is not valid\. Valid: wrapped, bare"),
    ],
)
def test_an_unknown_reading_is_rejected_with_the_known_ones(readings: dict[str, str], says: str) -> None:
    """Of the simulated providers."""
    with pytest.raises(OptionError, match=says):
        load_contracts(["encore"], readings=readings, data=FOURTH)


def test_providers_share_only_the_clock_and_the_journal(make_simulator: MakeSimulator, two: Path) -> None:
    """A key of one provider is a stranger's to the other."""
    simulator = make_simulator(names=["encore", "alto"], data=two)
    encore, alto = (Caller(simulator.provider(name), "k") for name in ("encore", "alto"))
    encore("POST", "/v1/jobs", GOOD)

    assert len(simulator.provider("encore").jobs) == 1
    assert len(simulator.provider("alto").jobs) == 0
    assert alto("GET", "/v1/jobs").json == {"jobs": []}
    assert [entry.provider for entry in simulator.journal] == ["encore", "alto"]
    assert simulator.provider("encore").clock is simulator.provider("alto").clock
    with pytest.raises(OptionError, match=r"provider: 'runflow' is not valid\. Valid: alto, encore"):
        simulator.provider("runflow")


def test_the_defaults_of_a_simulator_are_those_of_the_real_world() -> None:
    """The clock runs, callbacks go out over HTTP, and no key is known."""
    simulator = build_simulator(load_contracts(["encore"], data=FOURTH))

    assert not simulator.clock.held
    assert simulator.clock.now() > START
    assert isinstance(simulator.sender, HttpSender)
    assert Caller(simulator.provider("encore"), "any")("GET", "/v1/jobs").status == 401


def test_an_unknown_pace_is_rejected_with_the_known_ones(make_encore: MakeSimulator) -> None:
    """When the simulator is built."""
    with pytest.raises(OptionError, match=r"pace for encore: 'lento' is not valid\. Valid: quick, documented"):
        make_encore(pace="lento")


def test_a_simulator_reports_every_state_that_its_jobs_have_entered(
    encore_simulator: Simulator, run: Callable[..., Any]
) -> None:
    """In the order of time, of one job or of all."""
    encore = Caller(encore_simulator.provider("encore"), "en_user_one")
    ids = [encore("POST", "/v1/jobs", GOOD).json["id"] for _ in range(2)]
    assert [change.job for change in encore_simulator.changes()] == ids
    run(encore_simulator.advance(60))

    changes, (job, _) = encore_simulator.changes(), encore.provider.jobs
    assert [one.state for one in changes if one.job == job.id] == [state.name for state in job.plan.states]
    assert encore_simulator.changes(job=job.id) == [one for one in changes if one.job == job.id]
    assert [one.at for one in changes] == sorted(one.at for one in changes)
    with pytest.raises(OptionError, match="nobody"):
        encore_simulator.changes(provider="nobody")

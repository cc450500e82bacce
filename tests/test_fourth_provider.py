"""A provider that nobody knew is a data folder and one small package: `encore`, beside the other three."""

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.caller import FOURTH, START, MakeSimulator
from support.readiness import ready

from mockreel.authoring import build
from mockreel.contract import load_contract
from mockreel.server import serving
from mockreel.server.mock_server import MockServer

GOOD = {"model": "solo", "input": {"prompt": "x", "seconds": 6}}
CODE = FOURTH.parent / "encore_player"


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with serving(data=FOURTH, held=True, start=START) as running:
        yield running


def say(url: str, method: str, path: str, body: Any = None, *, key: str = "k") -> httpx2.Response:
    with httpx2.Client(base_url=url, headers={"authorization": f"Bearer {key}"}, trust_env=False) as client:
        return client.request(method, path, json=body)


def test_it_stands_behind_the_other_three(server: MockServer) -> None:
    """With a port and a key of its own, in one process."""
    assert list(server.ready(1)) == ["pid", "version", "control", "runflow", "aimlapi", "runninghub", "encore"]
    about = say(server.control.url, "GET", "/_mockreel/").json()
    assert list(about["providers"]) == ["runflow", "aimlapi", "runninghub", "encore"]
    assert about["providers"]["encore"] == {"title": "Encore", "url": server.encore.url}


def test_it_is_played_from_its_data(server: MockServer) -> None:
    """Submitted, moved by the clock, done, its clip served and its price said."""
    made = say(server.encore.url, "POST", "/v1/jobs", GOOD, key=server.encore.key)
    assert made.status_code == 201
    path = f"/v1/jobs/{made.json()['id']}"
    states = [made.json()["state"]]
    for _ in range(8):
        say(server.control.url, "POST", "/_mockreel/clock/advance", {"seconds": 1})
        states.append(say(server.encore.url, "GET", path, key=server.encore.key).json()["state"])

    done = say(server.encore.url, "GET", path, key=server.encore.key).json()
    assert list(dict.fromkeys(states)) == ["waiting", "working", "done"]
    assert done["paid"] == "0.30 EUR"
    clip = httpx2.get(done["url"], trust_env=False)
    assert (clip.status_code, clip.headers["content-type"]) == (200, "video/mp4")
    assert load_contract("encore", root=FOURTH).schemas.validator("job.json").is_valid(done)


def test_it_refuses_in_its_own_words(server: MockServer) -> None:
    """And knows nothing of the others."""
    wrong = say(server.encore.url, "POST", "/v1/jobs", {"model": "solo", "input": {}})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "invalid")
    assert say(server.encore.url, "GET", "/v1/runs").json()["error"]["code"] == "nowhere"
    assert say(server.runflow.url, "POST", "/v1/wait", GOOD).status_code == 404


def test_the_others_are_what_they_are_without_it(server: MockServer, make_simulator: MakeSimulator) -> None:
    """The same operations, the same readings."""
    alone = make_simulator()
    for name, provider in alone.providers.items():
        beside = server.simulator.provider(name)
        assert [one.id for one in beside.contract.operations] == [one.id for one in provider.contract.operations]
        assert beside.contract.chosen == provider.contract.chosen


def test_its_readings_and_scenarios_are_those_of_the_stage(server: MockServer) -> None:
    """Told by the control API as the others' are."""
    readings = say(server.control.url, "GET", "/_mockreel/readings").json()
    scenarios = say(server.control.url, "GET", "/_mockreel/scenarios").json()

    assert readings["encore"]["done-word"]["chosen"] == "done"
    assert "stage-fright" in scenarios["encore"]["failure_codes"]


def test_its_data_is_built_as_the_others_is() -> None:
    """By the same command, with nothing said of it anywhere else; if this fails, build it again."""
    assert build(None, FOURTH, check=True).lines() == ("encore: 2 models",)


def test_its_package_is_small() -> None:
    """A few modules, a few hundred lines; what it says of the wire stands in the data."""
    lines = [line for path in CODE.glob("*.py") for line in path.read_text("utf-8").splitlines() if line.strip()]

    assert len(lines) < 300


@pytest.mark.skipif(sys.platform == "win32", reason="signals are not sent so there")
def test_the_command_serves_it_too(tmp_path: Path) -> None:
    """`mockreel serve --data DIR`, with the package on the path; the ready file names it."""
    file = tmp_path / "ready.json"
    environment = {**os.environ, "PYTHONPATH": str(CODE.parent)}
    command = [sys.executable, "-m", "mockreel", "serve", "--data", str(FOURTH), "--port", "0"]
    server = subprocess.Popen(
        [*command, "--reading", "done-word=finished", "--ready-file", str(file)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        addresses = ready(file, server)
        assert say(addresses["encore"]["url"], "GET", "/v1/health", key=addresses["encore"]["key"]).json() == {
            "well": True
        }
        readings = say(addresses["control"]["url"], "GET", "/_mockreel/readings").json()
        assert readings["encore"]["done-word"]["chosen"] == "finished"
    finally:
        server.send_signal(signal.SIGTERM)
        output, _ = server.communicate(timeout=30)
    assert server.returncode == 0
    assert server_lines(output.decode())
    assert not file.exists()


def server_lines(output: str) -> list[str]:
    """What the command says of `encore`."""
    return [line for line in output.splitlines() if "encore" in line.lower()]


def test_nothing_of_it_is_installed() -> None:
    """It belongs to the tests: no wheel holds it."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))

    assert "tests" not in project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]

"""The same budget, and the same sums at the end, wherever a simulator runs: commands, Python, pytest."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from engine.billing.spender import SUBMITS
from starlette.testclient import TestClient
from support.caller import LEAN

from mockreel import create_app, serving
from mockreel.cli import main
from mockreel.engine.billing import CostSummary, cost_avoided
from mockreel.errors import OptionError

PATH, BODY = SUBMITS["runflow"]
KEY = {"authorization": "Bearer rf_live_mockreel"}
TWICE = f"""
import json, sys, urllib.error, urllib.request
def submit():
    request = urllib.request.Request(sys.argv[1] + {PATH!r}, json.dumps({BODY!r}).encode(),
        {{"authorization": "Bearer rf_live_mockreel", "content-type": "application/json"}})
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as refused:
        return refused.code
print(submit(), submit())
"""
TEST = f"""
import json, urllib.error, urllib.request
import pytest

def submit(mock):
    request = urllib.request.Request(mock.runflow.url + {PATH!r}, json.dumps({BODY!r}).encode(),
        {{"authorization": "Bearer " + mock.runflow.key, "content-type": "application/json"}})
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as refused:
        return refused.code

def test_as_the_option_says(mockreel):
    assert submit(mockreel) == WANTED

@pytest.mark.mockreel(budget={{"runflow": "1"}})
def test_the_marker_comes_first(mockreel):
    assert submit(mockreel) == 201
    mockreel.advance(60)
"""


def test_serving_and_create_app_take_a_budget() -> None:
    """As the command does."""
    with serving("runflow", budget="0.20", held=True) as server:
        reply = httpx2.post(server.runflow.url + PATH, json=BODY, headers=KEY, trust_env=False)
        assert reply.status_code == 201
        server.advance(60)
        reply = httpx2.post(server.runflow.url + PATH, json=BODY, headers=KEY, trust_env=False)
        assert reply.status_code == 402
        assert str(cost_avoided(server.simulator).amounts) == "at least 0.12 USD"
    with TestClient(create_app("runflow", budget=0, accept_any_key=True)) as client:
        assert client.post(PATH, json=BODY, headers=KEY).status_code == 402


def test_a_balance_is_set_from_beside() -> None:
    """As a test does half-way: for the simulator's own key, or for another."""
    with serving("runflow", "aimlapi", held=True) as server:
        server.set_balance("runflow", 0)
        refused, other = (
            httpx2.post(
                server.runflow.url + PATH, json=BODY, headers={"authorization": f"Bearer {key}"}, trust_env=False
            )
            for key in (server.runflow.key, "rf_live_other")
        )
        assert (refused.status_code, other.status_code) == (402, 201)
        server.set_balance("runflow", "0.12 USD")
        server.set_balance("runflow", "0.01", key="rf_live_other")
        server.set_balance("aimlapi", "200000 credits")
        answer = httpx2.get(
            f"{server.aimlapi.url}/v2/billing",
            headers={"authorization": f"Bearer {server.aimlapi.key}"},
            trust_env=False,
        )
        assert answer.json()["current_balance"] == 0.1
        assert httpx2.post(server.runflow.url + PATH, json=BODY, headers=KEY, trust_env=False).status_code == 201
        assert server.cost_avoided().amounts == "at least 0.24 USD"

        with pytest.raises(OptionError, match="balance: 'much' is not valid"):
            server.set_balance("runflow", "much")
        with pytest.raises(OptionError, match="Runflow does not admit it"):
            server.set_balance("runflow", 1, key="invalid-secret")


@pytest.mark.skipif(sys.platform == "win32", reason="it is stopped by a signal")
def test_serve_ends_with_the_sums(tmp_path: Path) -> None:
    """With a budget that is used up half-way; reported at the stop."""
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "mockreel", "serve", "--provider", "runflow", "--port", "0"]
    command += ["--ready-file", str(ready), "--budget", "0.11", "--budget", "runflow=0.15", "--hold"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}) as served:
        assert served.stdout is not None
        assert any("Stop with Ctrl-C." in line for line in iter(served.stdout.readline, ""))
        url = json.loads(ready.read_text())["runflow"]["url"]
        requested = subprocess.run([sys.executable, "-c", TWICE, url], capture_output=True, text=True, check=True)
        served.send_signal(signal.SIGTERM)
        output = served.stdout.read()

    assert requested.stdout.split() == ["201", "201"]  # nothing is held while they are under way
    assert "Estimated cost avoided: at least 0.24 USD.\n2 jobs are still running." in output


def test_an_invalid_budget_is_reported_before_anything_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, with what would be."""
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--port", "0", "--budget", "runflow=lots"])

    assert ended.value.code == 2
    assert "budget: 'lots' is not valid. Valid: a decimal from 0 up, as 0.50, in USD." in capsys.readouterr().err


@pytest.mark.parametrize(("budget", "requested"), [("0", "402 402"), ("5", "201 201")])
def test_run_has_a_budget(budget: str, requested: str) -> None:
    """It reports the sums at the end."""
    pytest.importorskip("trustme", reason="the extra [run] is not installed, so no program was run")
    command = [sys.executable, "-m", "mockreel", "run", "--budget", budget, "--", sys.executable, "-c", TWICE]
    ran = subprocess.run([*command, "https://api.runflow.io"], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == requested
    assert (
        "Estimated cost avoided: nothing." if budget == "0" else "Estimated cost avoided: at least 0.24 USD."
    ) in ran.stderr


@pytest.mark.parametrize(("options", "expected"), [([], 201), (["--mockreel-budget", "runflow=0"], 402)])
def test_a_test_run_has_a_budget(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: list[str], expected: int
) -> None:
    """From the command line, or from the marker; the sums of all tests are added up."""
    monkeypatch.setenv("PYTEST_ADDOPTS", LEAN["PYTEST_ADDOPTS"])
    pytester.makepyfile(TEST.replace("WANTED", str(expected)))
    result = pytester.runpytest_subprocess(*options)

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines([f"Estimated cost avoided: at least {'0.24' if expected == 201 else '0.12'} USD."])


def test_an_unspent_row_is_plain_values() -> None:
    """For the page and for machines."""
    assert CostSummary(unknown=1).row() == {
        "sums": {},
        "least": False,
        "unknown": 1,
        "free": 0,
        "open": 0,
        "assumed": {},
    }

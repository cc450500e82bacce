"""The pytest plugin, as users meet it: a mock server for each test, shaped by the marker."""

import json
import os
import subprocess
import sys

import pytest
from testing.suites import LITE, RECEIVER, SAY, SPEAKERS


@pytest.mark.parametrize("client", SPEAKERS)
def test_the_fixture_works_with_any_client(suite: pytest.Pytester, client: str) -> None:
    """Submit, poll, advance the clock, poll; the journal has what the client sent."""
    suite.makepyfile(
        SPEAKERS[client]
        + f"""
def test_a_run(mockreel):
    status, run = say(mockreel, "POST", "{LITE}", {{"input": {{"prompt": "A paper boat."}}}})
    assert (status, run["status_code"]) == (201, "queued")
    mockreel.advance(60)
    status, run = say(mockreel, "GET", "/v1/runs/" + run["id"])
    assert run["status_code"] == "succeeded"
    submit, poll = mockreel.journal.requests(provider="runflow", account="test")
    assert submit.json == {{"input": {{"prompt": "A paper boat."}}}}
    assert submit.operation == "create_run" and poll.job == run["id"]
    assert mockreel.clock.now() == 1767225660.0
"""
    )
    result = suite.runpytest_inprocess("-q", "--mockreel-strict")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*mockreel*", "Estimated cost avoided: *"])


def test_a_test_is_answered_on_the_fast_path(suite: pytest.Pytester) -> None:
    """Without ASGI, in each test by its own simulator, over one connection."""
    suite.makepyfile(
        """
import http.client, pytest
from mockreel.server.http.asgi import Front
CONNECTIONS = []
@pytest.mark.parametrize("turn", [1, 2])
def test_alone(mockreel, monkeypatch, turn):
    def called(self, scope, receive, send):
        raise AssertionError("ASGI was asked")
    monkeypatch.setattr(Front, "__call__", called)
    if not CONNECTIONS:
        CONNECTIONS.append(http.client.HTTPConnection(mockreel.runflow.url.removeprefix("http://")))
    CONNECTIONS[0].request("GET", "/v1/runs/none", headers={"authorization": "Bearer k"})
    response = CONNECTIONS[0].getresponse()
    assert response.read() and response.status == 401
    assert len(mockreel.journal) == 1
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=2)


def test_each_test_has_its_own_simulator(suite: pytest.Pytester) -> None:
    """Neither jobs nor the journal of one test are seen by the next, and ids are the same in both."""
    suite.makepyfile(
        SAY
        + """
seen = []
@pytest.mark.parametrize("turn", [1, 2])
def test_alone(mockreel, turn):
    assert len(mockreel.journal) == 0
    seen.append(say(mockreel, "POST", RUNS, {"input": {"prompt": "A paper boat."}})[1]["id"])
    assert len(set(seen)) == 1
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=2)


def test_the_marker_chooses_scenario_seed_readings_and_clock(suite: pytest.Pytester) -> None:
    """The closest marker counts, option by option."""
    suite.makepyfile(
        SAY
        + """
import time
pytestmark = pytest.mark.mockreel(providers="runflow", scenario="fail", seed=7)
def make(mock):
    return say(mock, "POST", RUNS, {"input": {"prompt": "A paper boat."}})[1]["id"]
def test_fails(mockreel):
    id_ = make(mockreel)
    mockreel.advance(60)
    assert say(mockreel, "GET", "/v1/runs/" + id_)[1]["status_code"] == "failed"
    assert list(mockreel.simulator.providers) == ["runflow"]
    assert mockreel.simulator.settings.seed == 7
@pytest.mark.mockreel(scenario="cancelled", readings={"cancel-spelling": "cancelled"})
def test_is_cancelled(mockreel):
    id_ = make(mockreel)
    mockreel.advance(60)
    assert say(mockreel, "GET", "/v1/runs/" + id_)[1]["status_code"] == "cancelled"
    assert mockreel.simulator.settings.seed == 7
@pytest.mark.mockreel(scenario="succeed", held=False, speed=1000)
def test_runs(mockreel):
    id_ = make(mockreel)
    assert abs(mockreel.clock.now() - time.time()) < 3600
    until = time.monotonic() + 20
    while say(mockreel, "GET", "/v1/runs/" + id_)[1]["status_code"] != "succeeded":
        assert time.monotonic() < until
@pytest.mark.mockreel(scenario="refuse", code="INSUFFICIENT_CREDIT")
def test_refused(mockreel):
    assert say(mockreel, "POST", RUNS, {"input": {"prompt": "A paper boat."}})[0] == 402
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("mark", "reported"),
    [
        ("scenari='fail'", "option of the mockreel marker: 'scenari' is not valid. Nearest of *: scenario,*"),
        ("scenario='fial'", "scenario for *: 'fial' is not valid. *fail*"),
        ("seed='7'", "mockreel marker, seed: '7' is not valid. Valid: int."),
        ("held=1", "mockreel marker, held: 1 is not valid. Valid: bool."),
        ("providers='runflo'", "provider: 'runflo' is not valid. Valid: *runflow*"),
        ("readings={'spelling': 'x'}", "reading: 'spelling' is not valid. Nearest of *: runflow:cancel-spelling,*"),
        ("code='X'", "mockreel marker, code: 'X' is not valid. It needs a scenario too."),
        ("speed=0", "speed: 0 is not valid. Valid: a number above 0.*"),
        ("pace='slow'", "pace for *: 'slow' is not valid. Valid: quick, documented."),
        ("keys=[{'key': 's3cret'}]", "mockreel marker, keys: ['key'] is not valid. Valid: key, account,*"),
        ("'fail'", "mockreel marker: ('fail',) is not valid. Nearest of *"),
        (
            "strict=True, allow='polling'",
            "mockreel marker, allow: 'polling' is not valid. Nearest of *: polled-too-often,*",
        ),
        ("rules='polling'", "mockreel marker, rules: 'polling' is not valid. Nearest of *: polled-too-often,*"),
    ],
)
def test_a_mistake_in_the_marker_is_rejected_with_what_is_valid(
    suite: pytest.Pytester, mark: str, reported: str
) -> None:
    """One plain line, without a traceback."""
    suite.makepyfile(f"import pytest\n@pytest.mark.mockreel({mark})\ndef test_it(mockreel): pass\n")
    result = suite.runpytest_inprocess("-q")
    assert result.ret == 1
    result.stdout.fnmatch_lines([reported.replace("[", "[[]")])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*s3cret*")


def test_only_listed_keys_are_admitted(suite: pytest.Pytester) -> None:
    """The mock server's own, and those of the marker with account and balance."""
    suite.makepyfile(
        SAY
        + """
import dataclasses
KEYS = [{"key": "rf_live_second", "account": "second", "provider": "runflow", "scopes": frozenset({"runs:read"})}]
def who(mock, key):
    headers = {"Authorization": "Bearer " + key}
    return httpx2.get(mock.runflow.url + "/v1/runs", headers=headers, trust_env=False).status_code
@pytest.mark.mockreel(keys=KEYS)
def test_keys(mockreel):
    assert who(mockreel, "rf_live_somebody") == 401
    assert who(mockreel, "rf_live_second") == 200
    assert who(mockreel, mockreel.runflow.key) == 200
    assert len(mockreel.journal.requests(account="second")) == 1
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=1)


def test_nothing_is_imported_unless_a_test_uses_the_fixture(suite: pytest.Pytester) -> None:
    """The plugin is loaded in every run of pytest where the package is installed."""
    suite.makepyfile("import sys\ndef test_it():\n    print('LOADED', sorted(sys.modules))\n")
    reported = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider"],
        cwd=suite.path, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "mockreel.testing.pytest_plugin"},
    ).stdout  # fmt: skip
    (line,) = (line for line in reported.splitlines() if "LOADED" in line)
    loaded = json.loads(line.partition("LOADED ")[2].replace("'", '"'))
    assert [name for name in loaded if name.partition(".")[0] == "mockreel"] == [
        "mockreel",
        "mockreel.testing",
        "mockreel.testing.pytest_plugin",
    ]
    heavy = {"starlette", "uvicorn", "orjson", "httpx2", "jsonschema_rs", "yaml", "schemathesis", "hypothesis.core"}
    assert heavy & set(loaded) == set()
    assert "Estimated cost avoided" not in reported


def test_callbacks_reach_a_receiver_on_loopback(suite: pytest.Pytester) -> None:
    """They have been answered when `advance` returns; also from a coroutine whose own loop answers them."""
    suite.makepyfile(
        SAY
        + RECEIVER
        + """
import asyncio, json
def test_told(mockreel, receiver):
    receiver.answer = lambda headers, body: 500 if len(receiver.got) == 1 else 204
    signed_run(mockreel, receiver)
    mockreel.advance(60)
    assert [json.loads(body)["status"] for body in receiver.got] == ["succeeded", "succeeded"]
    assert [one.status for one in mockreel.journal.attempts(provider="runflow")] == [500, 204]
def test_told_in_a_coroutine(mockreel):
    got = []
    async def take(reader, writer):
        head = await reader.readuntil(b"\\r\\n\\r\\n")
        got.append(head)
        writer.write(b"HTTP/1.1 204 No Content\\r\\nconnection: close\\r\\n\\r\\n")
        await writer.drain()
        writer.close()
    async def main():
        server = await asyncio.start_server(take, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        say(mockreel, "POST", RUNS, {"input": {"prompt": "A paper boat."}, "callback_url": url})
        await mockreel.advance_async(60)
        server.close()
        await server.wait_closed()
    asyncio.run(main())
    assert len(got) == 1
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=2)

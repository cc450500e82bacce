"""The addresses of a test run, and the simulator of each test behind them."""

import socket
from dataclasses import fields

import pytest
from testing.suites import LITE, SAY

from mockreel import serving
from mockreel.errors import OptionError
from mockreel.server.server_options import Options, ServingOptions
from mockreel.testing import mark
from mockreel.testing.marker_options import Marked, MarkerOptions


def test_nothing_of_a_test_remains_after_it(suite: pytest.Pytester) -> None:
    """Neither its simulator nor its journal, however it ended."""
    suite.makepyfile(
        SAY
        + """
import gc, sys, weakref
kept = []
@pytest.mark.parametrize("turn", range(4))
def test_plays(mockreel, turn):
    say(mockreel, "POST", RUNS, {"input": {"prompt": "A paper boat."}})
    kept.append(weakref.ref(mockreel.simulator.journal))
    assert turn != 2
def test_forgets():
    sys.last_value = sys.last_traceback = sys.last_exc = None  # pytest keeps the last failure's for debuggers
    gc.collect()
    assert [one() for one in kept if one() is not None] == []
"""
    )
    # In a process of its own: pytester itself keeps what it has seen.
    suite.runpytest_subprocess("-q").assert_outcomes(passed=4, failed=1)


def test_the_addresses_stay_whatever_a_test_asks_for(suite: pytest.Pytester) -> None:
    """An app that reads its base URL once finds each test's simulator there, clean."""
    suite.makepyfile(
        SAY
        + """
@pytest.fixture(scope="session")
def base(mockreel_server):
    # Between tests a simulator of its own answers, with the same key.
    headers = {"Authorization": "Bearer " + mockreel_server.runflow.key}
    assert httpx2.get(mockreel_server.runflow.url + "/v1/runs", headers=headers, trust_env=False).status_code == 200
    return mockreel_server.runflow.url
@pytest.mark.parametrize("turn", [1, 2])
def test_held(base, mockreel, turn):
    assert mockreel.runflow.url == base
    assert len(mockreel.journal) == 0
    say(mockreel, "POST", RUNS, {"input": {"prompt": "A paper boat."}})
    assert len(list(mockreel.simulator.providers["runflow"].jobs)) == 1
@pytest.mark.mockreel(providers="runflow", held=False, seed=3, readings={"cancel-spelling": "cancelled"})
def test_otherwise(base, mockreel):
    assert mockreel.runflow.url == base
    assert "date" in httpx2.get(base + "/v1/health", trust_env=False).headers
def test_held_again(base, mockreel):
    assert "date" not in httpx2.get(base + "/v1/health", trust_env=False).headers
def test_without(base, mockreel_server):
    headers = {"Authorization": "Bearer " + mockreel_server.runflow.key}
    assert httpx2.get(base + "/v1/runs", headers=headers, trust_env=False).json()["items"] == []
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=5)


def test_a_request_that_waits_is_answered_when_its_test_ends(suite: pytest.Pytester) -> None:
    """It does not hang, nor does it wait in the next test."""
    suite.makepyfile(
        SAY
        + """
import threading, time
ended = []
def wait(url, key):
    headers = {"Authorization": "Bearer " + key, "Prefer": "wait"}
    with httpx2.Client(trust_env=False, timeout=20) as client:
        ended.append(client.post(url + RUNS, json={"input": {"prompt": "A paper boat."}}, headers=headers).status_code)
@pytest.mark.mockreel(readings={"create-reply": "finished"})
def test_begins(mockreel, request):
    thread = threading.Thread(target=wait, args=(mockreel.runflow.url, mockreel.runflow.key))
    request.config.thread = thread
    thread.start()
    until = time.monotonic() + 20
    while not any(part.waits for part in mockreel.simulator.providers.values()):
        assert time.monotonic() < until
def test_has_ended(mockreel, request):
    request.config.thread.join(20)
    assert len(ended) == 1
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=2)


def test_a_websocket_is_answered_too(suite: pytest.Pytester) -> None:
    """RunningHub sends a task's progress on one."""
    suite.makepyfile(
        """
import httpx2, json
from websockets.sync.client import connect
def test_it(mockreel):
    body = {"apiKey": mockreel.runninghub.key, "workflowId": "1904136902449209346"}
    url = mockreel.runninghub.url + "/task/openapi/create"
    task = httpx2.post(url, json=body, trust_env=False).json()["data"]
    with connect(task["netWssUrl"], proxy=None) as progress:
        assert json.loads(progress.recv())["type"] == "status"
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=1)


def test_it_works_under_xdist(suite: pytest.Pytester) -> None:
    """Every worker has its own server, on its own ports if one is set."""
    port = _free_ports()
    suite.makepyfile(
        SAY
        + f"""
import os
@pytest.mark.parametrize("turn", range(6))
def test_it(mockreel_server, mockreel, turn):
    worker = int(os.environ["PYTEST_XDIST_WORKER"][2:])
    assert mockreel_server.control.url == f"http://127.0.0.1:{{{port} + 10 * worker}}"
    assert say(mockreel, "POST", RUNS, {{"input": {{"prompt": "A paper boat."}}}})[0] == 201
"""
    )
    suite.runpytest_subprocess("-q", "-n", "2", "--mockreel-port", str(port)).assert_outcomes(passed=6)


def _free_ports() -> int:
    """The first of many ports that are free now."""
    for first in range(20_000, 30_000, 40):
        try:
            held = [socket.create_server(("127.0.0.1", first + offset)) for offset in range(16)]
        except OSError:
            continue
        for one in held:
            one.close()
        return first
    raise AssertionError("no ports are free")


def test_a_marker_states_a_port(suite: pytest.Pytester) -> None:
    """The control port; the providers follow in their order. A port in use is reported in one line."""
    port = _free_ports()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        used = taken.getsockname()[1]
        suite.makepyfile(
            SAY
            + f"""
@pytest.mark.mockreel(port={port})
@pytest.mark.parametrize("turn", [1, 2])
def test_it(mockreel, turn):
    assert mockreel.control.url.endswith(":{port}") and mockreel.runflow.url.endswith(":{port + 1}")
    assert say(mockreel, "POST", RUNS, {{"input": {{"prompt": "A paper boat."}}}})[0] == 201
@pytest.mark.mockreel(port={used})
def test_taken(mockreel): pass
"""
        )
        result = suite.runpytest_inprocess("-q")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines([f"*{used}*in use*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_advance_in_a_coroutine_is_an_error_at_once(suite: pytest.Pytester) -> None:
    """It would block the loop that must answer the webhook; the message names the alternative, which works."""
    suite.makepyfile(
        SAY
        + """
import asyncio
from mockreel.errors import EventLoopBlocked
def test_asyncio(mockreel):
    async def main():
        with pytest.raises(EventLoopBlocked, match=r"Use: await server.advance_async\\(seconds\\)"):
            mockreel.advance(60)
        assert await mockreel.advance_async(60) == 0
    asyncio.run(main())
def test_beside_a_loop(mockreel):
    # As Playwright's sync API has it: a loop runs in this thread, and this is none of its coroutines.
    loop, ran = asyncio.new_event_loop(), []
    loop.call_soon(lambda: (ran.append(mockreel.advance(60)), loop.stop()))
    loop.run_forever()
    loop.close()
    assert ran == [0]
def test_trio(mockreel):
    trio = pytest.importorskip("trio")
    async def main():
        with pytest.raises(EventLoopBlocked, match=r"Use: await trio.to_thread.run_sync"):
            mockreel.advance(60)
        assert await trio.to_thread.run_sync(mockreel.advance, 60) == 0
    trio.run(main)
"""
    )
    suite.runpytest_inprocess("-q").assert_outcomes(passed=3)


def test_a_failing_test_shows_its_journal_and_what_it_claimed(suite: pytest.Pytester) -> None:
    """In lines, without an escaped end of one, and nothing of other tests."""
    suite.makepyfile(
        SAY
        + """
def test_other(mockreel):
    say(mockreel, "GET", "/v1/other")
def test_fails(mockreel):
    say(mockreel, "POST", RUNS, {"input": {"prompt": 7}})
    assert mockreel.requested(operation="create_run", status=201)
"""
    )
    result = suite.runpytest_inprocess("-q")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*assert <does not hold: Expected at least 1 request with operation 'create_run', status 201; the journal*",
            "*mockreel: what was expected of the journal*",
            "Nearest first:",
            "  [#]1 POST *: status is 4*, not 201",
            "*mockreel: journal*",
            f"[#]1 runflow POST {LITE} [[]create_run]: 4*",
            "*/input/prompt: *",
        ]
    )
    result.stdout.no_fnmatch_line("*\\n*")
    result.stdout.no_fnmatch_line("*/v1/other*")


@pytest.mark.parametrize("library", ["freezegun", "time_machine"])
@pytest.mark.parametrize("imported", ["before", "under"])
def test_a_running_clock_runs_on_under_frozen_time(suite: pytest.Pytester, library: str, imported: str) -> None:
    """Whether the package is first imported before the freeze or under it."""
    pytest.importorskip(library)
    freeze = {
        "freezegun": "from freezegun import freeze_time as freeze",
        "time_machine": "import functools, time_machine\nfreeze = functools.partial(time_machine.travel, tick=False)",
    }[library]
    first = "import mockreel.engine.clock, mockreel.server" if imported == "before" else ""
    suite.makepyfile(
        f"""
import threading
{freeze}
{first}
def test_it():
    with freeze("2030-01-01"):
        from mockreel.engine.clock import Clock
        clock = Clock(start=0, speed=1000)
        threading.Event().wait(0.05)
        assert clock.now() > 1
"""
    )
    suite.runpytest_subprocess("-q", "-p", "no:mockreel").assert_outcomes(passed=1)


def test_the_options_are_typed_for_editors() -> None:
    """The keywords of the marker and of `serving` are those that there are."""
    assert list(MarkerOptions.__annotations__) == [one.name for one in fields(Marked)]
    assert {"providers", *ServingOptions.__annotations__} == {one.name for one in fields(Options)}
    assert mark(scenario="fail").mark.kwargs == {"scenario": "fail"}


def test_a_mistake_in_a_server_option_is_reported() -> None:
    """With those that there are."""
    with (
        pytest.raises(OptionError, match=r"option of serving\(\): 'sped' is not valid. Nearest of \d+: speed,"),
        serving(sped=2),  # type: ignore[call-arg]
    ):
        pass

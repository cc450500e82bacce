"""The live log: what happens on a mock server, written while it goes on."""

import asyncio
import io
import json
import os
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TextIO

import jsonschema_rs
import pytest
from support.caller import Caller, MakeSimulator

from mockreel.server.log import Lines, Log, Nowhere, Outlet, Records
from mockreel.server.log.line_writer import OnWritten
from mockreel.simulator.events import EventStream
from mockreel.simulator.simulator import Simulator

GOOD = {"model": "solo", "input": {"prompt": "x"}}
SCHEMA = Path(__file__).parents[3] / "docs/reference/serve-log.schema.json"
Run = Callable[[Awaitable[Any]], Any]


class Kept:
    """Keeps what is written; with `holding`, nothing is written until it is let go."""

    def __init__(self, *, holding: bool = False) -> None:
        self.text = ""
        self.holding = holding
        self._held: list[OnWritten] = []

    def write_line(self, text: str, *, done: OnWritten | None = None) -> None:
        self.text += text
        if done is not None:
            self._held.append(done)
        if not self.holding:
            self.let_go()

    def let_go(self) -> None:
        held, self._held = self._held, []
        for done in held:
            done()

    def close(self) -> bool:
        return True

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


async def _followed(log: Log, events: EventStream, happens: Callable[[], Any]) -> None:
    """Follow while something happens, and stop then."""
    task = asyncio.ensure_future(log.follow(events))
    await asyncio.sleep(0)
    found = happens()
    if asyncio.iscoroutine(found):
        await found
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_what_happens_is_written_in_order(encore: Caller, encore_simulator: Simulator, run: Run) -> None:
    """A line for each event, and nothing of what was before."""
    encore("GET", "/v1/jobs/before")
    out = Kept()

    async def happens() -> None:
        encore("POST", "/v1/jobs", GOOD)
        await encore_simulator.advance(100)

    run(_followed(Log(Lines(), out), encore_simulator.events, happens))

    assert [line.partition("  ")[2].split()[:3] for line in out.lines[:2]] == [
        ["encore", "POST", "/v1/jobs"],
        ["encore", "job", encore_simulator.changes()[0].job],
    ]
    assert [line.rpartition("= ")[2] for line in out.lines[1:4]] == ["waiting", "working", "done"]


def test_what_has_happened_when_it_is_stopped_is_still_written(
    encore: Caller, encore_simulator: Simulator, run: Run
) -> None:
    """The last requests are those that somebody looks for."""
    out = Kept()
    run(_followed(Log(Lines(), out), encore_simulator.events, lambda: encore("GET", "/v1/jobs/last")))

    assert "GET /v1/jobs/last" in out.text


def test_a_reader_who_does_not_read_stops_nobody(make_encore: MakeSimulator, run: Run) -> None:
    """Requests go on; what was dropped meanwhile is counted, and reported in its place."""
    simulator = make_encore()
    ask = Caller(simulator.provider("encore"), "en_user_one")
    events = EventStream(simulator, limit=10)
    out = Kept(holding=True)

    async def happens() -> None:
        ask("GET", "/v1/jobs/first")
        while not out.text:
            await asyncio.sleep(0)
        for _ in range(30):
            ask("GET", "/v1/jobs/later")
            events.look()
        out.holding = False
        out.let_go()

    run(_followed(Log(Lines(), out, pause=0), events, happens))

    assert "first" in out.lines[0]
    assert out.lines[1] == "… 20 events were omitted: they came faster than they could be written."
    assert len(out.lines) == 12


def test_an_event_that_lacks_its_fields_does_not_end_the_log(encore_simulator: Simulator, run: Run) -> None:
    """Anybody may note one."""
    out = Kept()

    def happens() -> None:
        encore_simulator.events.note("clock")
        encore_simulator.events.note("balance")

    run(_followed(Log(Lines(), out), encore_simulator.events, happens))

    assert out.lines[0] == "an event of the kind 'clock' cannot be written: KeyError 'now'"
    assert "balance" in out.lines[1]


def test_quiet_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """And goes on at once."""
    log = Log(Lines(), Nowhere())
    with log:
        log.write_line("serving", "mockreel is on.")

    assert capfd.readouterr() == ("", "")


def test_every_line_for_machines_fits_the_schema(encore: Caller, encore_simulator: Simulator, run: Run) -> None:
    """Of every kind, and those that frame them."""
    out = Kept()
    log = Log(Records(), out)
    simulator = encore_simulator

    async def happens() -> None:
        encore("POST", "/v1/jobs", {**GOOD, "tell": "http://127.0.0.1:9/hook"})
        encore("POST", "/v1/jobs", {"model": "solo", "input": {"prompt": 7}})
        await simulator.advance(100)
        simulator.events.note("balance", provider="encore", account="account-1")
        simulator.switch_contracts({"encore": simulator.provider("encore").contract})
        simulator.events.note("data", taken=False, files=["x.yaml"], problem="x.yaml: it is not a YAML.")
        simulator.reset()

    log.write_line("serving", "…", pid=1, version="0", control={"url": "http://127.0.0.1:1"})
    run(_followed(log, simulator.events, happens))
    log.write_line("stopped", "…", cost_avoided={"sums": {}, "least": False, "unknown": 0, "free": 0, "open": 0})
    out.text += Records().skipped(3)

    fits = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))
    rows = [json.loads(line) for line in out.lines]
    assert {row["kind"] for row in rows} == {
        *(
            "serving",
            "stopped",
            "skipped",
            "request",
            "state",
            "attempt",
            "clock",
            "balance",
            "contract",
            "data",
            "reset",
        )
    }
    assert [(row, str(next(fits.iter_errors(row)))) for row in rows if not fits.is_valid(row)] == []


def test_a_line_for_machines_is_ascii(encore: Caller, encore_simulator: Simulator, run: Run) -> None:
    """So that no terminal takes a part of it for a command."""
    out = Kept()
    run(_followed(Log(Records(), out), encore_simulator.events, lambda: encore("GET", "/v1/jobs/\x9b31m\x1b")))

    assert out.text.isascii()
    assert "\x1b" not in out.text
    assert json.loads(out.text)["path"] == "/v1/jobs/\x9b31m\x1b"


def _pipe() -> tuple[int, TextIO]:
    reader, writer = os.pipe()
    return reader, os.fdopen(writer, "w", encoding="utf-8")


def test_an_outlet_writes_in_order_and_says_when() -> None:
    """And all of it before it is closed."""
    reader, stream = _pipe()
    written = threading.Event()
    outlet = Outlet(stream)
    outlet.write_line("one\n")
    outlet.write_line("zwei → \n", done=written.set)

    assert written.wait(10)
    assert outlet.close()
    stream.close()
    with os.fdopen(reader, encoding="utf-8") as there:
        assert there.read() == "one\nzwei → \n"


def test_an_outlet_that_nobody_reads_can_be_left() -> None:
    """The end of the process does not wait for the reader."""
    reader, stream = _pipe()
    outlet = Outlet(stream)
    outlet.write_line("x" * 1_000_000)

    assert not outlet.close(timeout=0.01)
    os.close(reader)  # ends the write
    assert outlet.close()
    stream.close()


def test_an_outlet_whose_reader_has_gone_goes_on() -> None:
    """As when the log is piped to `head`."""
    reader, stream = _pipe()
    os.close(reader)
    written = threading.Event()
    outlet = Outlet(stream)
    outlet.write_line("lost\n", done=written.set)

    assert written.wait(10)
    assert outlet.close()
    stream.close()


def test_an_outlet_writes_to_any_stream() -> None:
    """One without a file behind it, as tests have."""
    stream = io.StringIO()
    outlet = Outlet(stream)
    outlet.write_line("there\n")

    assert outlet.close()
    assert stream.getvalue() == "there\n"

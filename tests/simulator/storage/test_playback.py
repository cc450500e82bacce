"""The log of a run, applied to a fresh simulator, gives the same state: one contract for every kind of log."""

import asyncio
import gc
from collections.abc import Awaitable
from pathlib import Path

import orjson
import pytest
from simulator.storage.rig import HOOK, KEYS, KINDS, START, Kept, fresh, kept, load, opened, request, state, traffic

from mockreel.contract.messages.message import Response
from mockreel.engine.clock import Clock
from mockreel.errors import LogMisfit, StateError
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.logs.run_bundle import Bundle
from mockreel.simulator.storage.logs.run_log import MemoryLog, RunLog
from mockreel.simulator.storage.logs.sqlite_log import SqliteLog
from mockreel.simulator.storage.playback import Playback, apply_log


def _again(one: Kept, log: RunLog) -> object:
    """The state that a log gives, with the clock where the run has it."""
    simulator = fresh(Clock(start=START, held=True), one.run.head.salt)
    playback = Playback(simulator, log, load=load)
    apply_log(playback, log.entries())
    playback.resume()
    simulator.clock.begin_at(one.simulator.clock.now(), held=True, speed=1.0)
    return state(simulator)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_a_log_gives_the_state_that_it_was_written_for(kind: str, seed: int, tmp_path: Path) -> None:
    """Submits, errors, keys, webhooks, rules, readings, balances and time, drawn from a seed."""
    with kept(opened(kind, tmp_path)) as one:
        traffic(one, seed=seed)
        assert orjson.dumps(_again(one, one.run.log)) == orjson.dumps(state(one.simulator))


@pytest.mark.parametrize("seed", range(3))
def test_every_kind_of_log_has_the_same_entries(seed: int, tmp_path: Path) -> None:
    """Under a paused clock, and but for what keys are hashed with."""
    found = []
    for kind in KINDS:
        folder = tmp_path / kind
        folder.mkdir()
        with kept(opened(kind, folder)) as one:
            traffic(one, seed=seed, steps=30)
            found.append([entry for _, entry in one.run.log.entries() if entry.kind != "key"])
    for entries in found:
        assert entries == found[0]


def test_a_reset_is_an_entry_and_later_entries_start_anew(tmp_path: Path) -> None:
    """The accounts, ids and rules after a reset are those of a fresh run."""
    with kept(MemoryLog()) as one:
        traffic(one, seed=1, steps=20)
        one.simulator.reset()
        traffic(one, seed=2, steps=20)
        assert _again(one, one.run.log) == state(one.simulator)


def test_a_log_that_does_not_fit_leaves_no_request_half_begun() -> None:
    """A request that waits for its job, and an entry behind it that fits nothing: one error, and no warning."""
    body = {"prompt": "a boat", "duration": "6s", "resolution": "720p"}
    waiting = request("POST", "/v1/run/google/veo3.1/lite", body)
    with kept(MemoryLog()) as one:
        asyncio.run(_cancelled(one.simulator.provider("runflow").answer(waiting)))
        log = one.run.log
        log.append([Entry("redelivery", START, {"p": "runflow", "u": "", "id": "none"})])
    simulator = fresh(Clock(start=START, held=True), one.run.head.salt)
    with pytest.raises(LogMisfit, match="does not fit the entries before it"):
        apply_log(Playback(simulator, log, load=load), log.entries())
    gc.collect()


async def _cancelled(answer: object) -> None:
    """The client has left, as its server was ended."""
    assert isinstance(answer, Awaitable)
    task = asyncio.ensure_future(answer)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


def test_a_request_that_waits_and_cannot_be_stored_ends_without_a_warning() -> None:
    """Its client is told at once; nothing waits for the job any more."""
    with kept(MemoryLog()) as one:
        one.submit()

        def full(_: object) -> None:
            raise StateError("The disk is full.")

        one.run.log.append = full  # type: ignore[method-assign,assignment]
        body = {"prompt": "a boat", "duration": "6s", "resolution": "720p"}
        answer = one.simulator.provider("runflow").answer(request("POST", "/v1/run/google/veo3.1/lite", body))
        assert isinstance(answer, Response)
        assert answer.status == 503
        gc.collect()


def test_a_read_is_no_entry_but_the_first_with_a_key_is() -> None:
    """A poll, a list and a query that the contract calls a read leave the log as it is."""
    with kept(MemoryLog()) as one:
        one.ask("runflow", "GET", "/v1/runs/none")
        assert [entry.kind for _, entry in one.run.log.entries()] == ["clock", "key", "request"]
        one.ask("runninghub", "POST", "/openapi/v2/query", {"taskId": "1"})
        first = one.run.log.last
        for path in ("/v1/runs/none", "/v1/runs", "/v1/models"):
            one.ask("runflow", "GET", path)
        one.ask("runninghub", "POST", "/openapi/v2/query", {"taskId": "1"})
        assert one.run.log.last == first


@pytest.mark.parametrize("kind", ["sqlite", "bundle"])
def test_no_key_is_in_the_files(kind: str, tmp_path: Path) -> None:
    """Not in a header, not in a body, and not where a program has written its key into a prompt."""
    with kept(opened(kind, tmp_path)) as one:
        traffic(one, seed=3)
        body = {"input": {"prompt": f"my key is {KEYS[0]}", "duration": "6s", "resolution": "720p"}}
        one.ask("runflow", "POST", "/v1/models/google/veo3.1/lite/runs", body)
    written = b"".join(file.read_bytes() for file in sorted(tmp_path.rglob("*")) if file.is_file())
    assert HOOK.encode() in written
    assert not [key for key in KEYS if key.encode() in written]


def test_a_long_body_is_stored_once(tmp_path: Path) -> None:
    """Two submits with the same long body have one file beside the log."""
    body = {"input": {"prompt": "a" * 4000, "duration": "6s", "resolution": "720p"}, "metadata": {"x": "y" * 20_000}}
    with kept(opened("bundle", tmp_path)) as one:
        for _ in range(2):
            assert one.ask("runflow", "POST", "/v1/models/google/veo3.1/lite/runs", body).status in (201, 422)
        assert _again(one, one.run.log) == state(one.simulator)
    assert len(list((tmp_path / "bundle" / "files").iterdir())) == 1


def test_a_log_is_read_again_by_another_process(tmp_path: Path) -> None:
    """What one object has written, another reads from the file alone."""
    with kept(opened("sqlite", tmp_path)) as one:
        traffic(one, seed=5)
        expected = state(one.simulator)
    log = SqliteLog(tmp_path / "run.db")
    try:
        assert _again(one, log) == expected
    finally:
        log.close()


def test_a_bundle_is_read_without_what_keys_are_hashed_with(tmp_path: Path) -> None:
    """Its head has no salt, and its log gives the same state all the same."""
    with kept(opened("bundle", tmp_path)) as one:
        traffic(one, seed=6)
        expected = state(one.simulator)
    log = Bundle(tmp_path / "bundle", new=False)
    assert log.head is not None
    assert log.head["salt"] == ""
    assert _again(one, log) == expected

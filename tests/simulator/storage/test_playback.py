"""The log of a run, applied to a fresh simulator, gives the same state: one contract for every kind of log."""

from pathlib import Path

import orjson
import pytest
from simulator.storage.rig import HOOK, KEYS, KINDS, START, Kept, fresh, kept, load, opened, state, traffic

from mockreel.engine.clock import Clock
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

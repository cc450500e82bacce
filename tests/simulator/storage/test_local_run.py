"""A run with a log continues where it ended: its jobs, money, keys, webhooks and clock."""

import asyncio
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

import orjson
import pytest
from simulator.storage.rig import HOOK, KEYS, START, Kept, Wall, fresh, kept, opened, state, traffic

from mockreel.engine.clock import Clock
from mockreel.engine.moment import Moment
from mockreel.errors import StateError
from mockreel.simulator.rule_parser import set_faults
from mockreel.simulator.storage.checkpoints.process_fork import CAN_FORK
from mockreel.webhooks import Outgoing


def _left(folder: Path, checkpoints: Path | None = None) -> object:
    """Some traffic in the log of a folder; gives the state that it ended in."""
    with kept(opened("sqlite", folder), checkpoints=checkpoints) as one:
        traffic(one, seed=11)
        if checkpoints is not None:
            one.run.keep_checkpoint(one.simulator)
        return state(one.simulator)


def test_everything_is_there_again(tmp_path: Path) -> None:
    """After a restart the state is equal in every place."""
    before = _left(tmp_path)
    with kept(opened("sqlite", tmp_path)) as one:
        assert orjson.dumps(state(one.simulator)) == orjson.dumps(before)


def test_it_goes_on_as_if_there_had_been_no_restart(tmp_path: Path) -> None:
    """The same requests afterwards give the same state, with and without a restart between."""
    (tmp_path / "through").mkdir()
    with kept(opened("sqlite", tmp_path / "through")) as one:
        traffic(one, seed=11)
        traffic(one, seed=12)
        expected = state(one.simulator)
    _left(tmp_path)
    with kept(opened("sqlite", tmp_path)) as one:
        traffic(one, seed=12)
        one.advance(0)
        found = state(one.simulator)
    assert found["providers"].keys() == expected["providers"].keys()
    for name, row in found["providers"].items():
        assert row["accounts"] == expected["providers"][name]["accounts"]


def test_a_checkpoint_gives_what_the_whole_log_gives(tmp_path: Path) -> None:
    """The state is equal, and only the entries behind the checkpoint are applied."""
    before = _left(tmp_path, tmp_path / "check")
    with kept(opened("sqlite", tmp_path), checkpoints=tmp_path / "check") as one:
        assert one.run.last_checkpoint > 0
        assert orjson.dumps(state(one.simulator)) == orjson.dumps(before)


def test_what_comes_after_a_checkpoint_is_applied_to_it(tmp_path: Path) -> None:
    """Keys, jobs and webhooks of before are found by the entries of after."""
    with kept(opened("sqlite", tmp_path), checkpoints=tmp_path / "check") as one:
        traffic(one, seed=21)
        one.run.keep_checkpoint(one.simulator)
        traffic(one, seed=22)
        before = state(one.simulator)
    with kept(opened("sqlite", tmp_path), checkpoints=tmp_path / "check") as one:
        assert orjson.dumps(state(one.simulator)) == orjson.dumps(before)


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "gone"])
def test_a_damaged_checkpoint_is_made_again_from_the_log(damage: str, tmp_path: Path) -> None:
    """It is a cache: without it a restart takes longer, and gives the same."""
    check = tmp_path / "check"
    before = _left(tmp_path, check)
    raw = check.read_bytes()
    changed = {"cut": raw[:-1], "changed": raw[:200] + b"x" + raw[201:], "empty": b"", "gone": None}[damage]
    check.unlink() if changed is None else check.write_bytes(changed)
    with kept(opened("sqlite", tmp_path), checkpoints=check) as one:
        assert one.run.last_checkpoint == 0
        assert orjson.dumps(state(one.simulator)) == orjson.dumps(before)


def test_a_key_finds_its_account_again(tmp_path: Path) -> None:
    """By a keyed hash: the same key has the same jobs, another one none of them."""
    with kept(opened("sqlite", tmp_path)) as one:
        id_ = one.submit()
    with kept(opened("sqlite", tmp_path)) as one:
        assert one.ask("runflow", "GET", f"/v1/runs/{id_}").status == 200
        assert one.ask("runflow", "GET", f"/v1/runs/{id_}", key=KEYS[1]).status == 404


def test_a_key_that_comes_back_is_masked_in_the_journal(tmp_path: Path) -> None:
    """After a restart a key is recognised from its first use on, as it was before."""
    with kept(opened("sqlite", tmp_path)) as one:
        one.submit()
    with kept(opened("sqlite", tmp_path)) as one:
        one.ask("runflow", "GET", f"/v1/runs/{KEYS[0]}")
        provider = one.simulator.provider("runflow")
        assert provider.keyring.known.masked_text(f"see {KEYS[0]}") != f"see {KEYS[0]}"


def test_an_idempotency_key_gives_the_same_job(tmp_path: Path) -> None:
    """A client that never got its response sends the request again after the restart."""
    with kept(opened("sqlite", tmp_path)) as one:
        id_ = one.submit(idempotency_key="once")
    with kept(opened("sqlite", tmp_path)) as one:
        assert one.submit(idempotency_key="once") == id_
        assert len(one.simulator.provider("runflow").jobs) == 1


def test_a_clock_that_is_held_stays_where_it_is(tmp_path: Path) -> None:
    """However much real time passes."""
    wall = Wall()
    with kept(opened("sqlite", tmp_path), wall=wall) as one:
        one.submit()
        one.advance(7)
        one.settle()
    wall.now += 1000
    with kept(opened("sqlite", tmp_path), wall=wall) as one:
        assert one.simulator.clock.now() == START + 7
        assert one.simulator.clock.held


def test_a_clock_that_runs_has_run_on(tmp_path: Path) -> None:
    """By its speed, so that jobs have ended meanwhile as a provider's would have."""
    wall = Wall()
    with kept(opened("sqlite", tmp_path), wall=wall, held=False, speed=10.0) as one:
        id_ = one.submit()
    wall.now += 60
    with kept(opened("sqlite", tmp_path), wall=wall, held=False) as one:
        assert START + 600 <= one.simulator.clock.now() < START + 650
        assert one.simulator.clock.speed == 10.0
        job = one.simulator.provider("runflow").jobs.get(id_)
        assert job is not None
        assert job.state(one.simulator.clock.now()).terminal


def test_rules_and_readings_that_were_set_are_set_again(tmp_path: Path) -> None:
    """By the call that the control API awaits before it responds."""
    with kept(opened("sqlite", tmp_path)) as one:
        set_faults(one.simulator.rules, one.simulator.providers, ["throttled; operation=get_run"])
        one.settle()
    with kept(opened("sqlite", tmp_path)) as one:
        assert [rule.operation for rule in one.simulator.rules.all] == ["get_run"]


def test_an_accepted_webhook_is_not_sent_again_and_a_due_one_is_not_forgotten(tmp_path: Path) -> None:
    """One was accepted before the restart, one was due."""
    with kept(opened("sqlite", tmp_path)) as one:
        one.submit()
        one.advance(100)
        assert len(one.receiver.sent) == 1
        one.submit()
    with kept(opened("sqlite", tmp_path)) as one:
        one.advance(100)
        assert len(one.receiver.sent) == 1


def _end_during_an_attempt(one: Kept) -> None:
    one.receiver.silent = True

    async def begin() -> None:
        task = asyncio.ensure_future(one.simulator.advance(100))
        while not one.receiver.sent:
            await asyncio.sleep(0)
        task.cancel()

    one.submit()
    asyncio.run(begin())


def test_an_attempt_with_an_unknown_end_is_repeated(tmp_path: Path) -> None:
    """Twice over: the log of the second run has both of its beginnings."""
    for _ in range(2):
        with kept(opened("sqlite", tmp_path)) as one:
            one.receiver.silent = True
            if not len(one.simulator.provider("runflow").jobs):
                _end_during_an_attempt(one)
                continue
            one.receiver.silent = False
            one.advance(0)
            assert [message.url for message in one.receiver.sent] == [HOOK]
    with kept(opened("sqlite", tmp_path)) as one:
        one.advance(1000)
        assert not one.receiver.sent


def test_a_checkpoint_has_an_attempt_whose_task_has_not_run_yet(tmp_path: Path) -> None:
    """It is due no more, and not sent yet; its outcome and its retry come after the checkpoint."""

    async def attempt(one: Kept) -> None:
        scheduler, clock = one.simulator.scheduler, one.simulator.clock
        clock.advance_to(clock.now() + 100)
        outcome = None
        while outcome is None:  # the end of the job, then the attempt
            action = scheduler.take_first(clock.now(), lambda _: True)
            assert action is not None
            assert scheduler.performer is not None
            outcome = scheduler.performer(action)
        task = asyncio.ensure_future(outcome)
        one.run.keep_checkpoint(one.simulator)
        await task

    with kept(opened("sqlite", tmp_path), checkpoints=tmp_path / "check") as one:
        one.receiver.sent += [Outgoing(HOOK, (), b"", 1.0)] * 2  # so that this one is rejected
        one.submit()
        asyncio.run(attempt(one))
        before = state(one.simulator)
    with kept(opened("sqlite", tmp_path), checkpoints=tmp_path / "check") as one:
        assert orjson.dumps(state(one.simulator)) == orjson.dumps(before)
        one.advance(100)
        assert [message.url for message in one.receiver.sent] == [HOOK]


def test_a_run_with_other_options_is_rejected(tmp_path: Path) -> None:
    """The message says which option it has, and which was given."""
    with kept(opened("sqlite", tmp_path), settings={"--seed": 3}) as one:
        one.submit()
    with (
        pytest.raises(StateError, match=r"has --seed 3; here it is 0\. Serve with the same options"),
        kept(opened("sqlite", tmp_path), settings={"--seed": 0}),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "then", "now", "says"),
    [
        ("--keys", False, True, r"no --keys; here it is given\."),
        ("--keys", True, False, r"--keys; here it is not given\."),
        ("--keys", None, "ab12", r"no --keys; here it is given\."),
        ("--keys", "cd34", "ab12", r"--keys of another value than here\."),
        (
            "--webhook-secret",
            {"runflow": "ab12"},
            {"runflow": "cd34"},
            r"--webhook-secret of another value than here\.",
        ),
        ("--budget", ["5"], None, r"--budget 5; here it is not given\."),
        ("--reading", {"a:b": "cents"}, {"a:b": "text"}, r"--reading a:b=cents; here it is a:b=text\."),
        ("--seed", 0, 7, r"--seed 0; here it is 7\."),
    ],
)
def test_an_option_that_differs_is_told_as_it_is_written(
    name: str, then: object, now: object, says: str, tmp_path: Path
) -> None:
    """In a user's words, and of a secret only that it is another one."""
    with kept(opened("sqlite", tmp_path), settings={name: then}) as one:
        one.submit()
    with (
        pytest.raises(StateError, match=rf"has {says} Serve with"),
        kept(opened("sqlite", tmp_path), settings={name: now}),
    ):
        pass


@pytest.mark.parametrize(("then", "now"), [(None, {}), ({}, None), ([], None), ({}, [])])
def test_an_option_that_is_not_given_is_not_given(then: object, now: object, tmp_path: Path) -> None:
    """A command that serves a run of a program has an empty mapping where that has None."""
    with kept(opened("sqlite", tmp_path), settings={"--budget": then}) as one:
        one.submit()
    with kept(opened("sqlite", tmp_path), settings={"--budget": now}) as one:
        assert len(one.simulator.provider("runflow").jobs) == 1


def test_a_run_of_another_version_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its file is left as it is."""
    with kept(opened("sqlite", tmp_path)) as one:
        one.submit()
    monkeypatch.setattr("mockreel.simulator.storage.run_head.__version__", "99.0")
    before = (tmp_path / "run.db").read_bytes()
    with pytest.raises(StateError, match="was written by mockreel"), kept(opened("sqlite", tmp_path)):
        pass
    assert (tmp_path / "run.db").read_bytes() == before


def test_looking_back_shows_the_state_of_a_moment(tmp_path: Path) -> None:
    """The run itself is not affected."""
    with kept(opened("sqlite", tmp_path)) as one:
        one.submit()
        one.advance(50)
        middle = state(one.simulator)
        one.advance(1)
        one.submit()
        one.advance(50)
        end = state(one.simulator)
        past = _past(one, START + 50)
        assert past == {**middle, "clock": past["clock"]}
        assert state(one.simulator) == end


def test_looking_back_shows_what_came_after_a_reset(tmp_path: Path) -> None:
    """It has put the clock back: the moment was twice, and the last time is shown."""
    with kept(opened("sqlite", tmp_path)) as one:
        one.submit()
        one.advance(50)
        one.simulator.reset()
        one.submit()
        one.submit()
        now = state(one.simulator)
        past = _past(one, START)
        assert past == {**now, "clock": past["clock"]}


def _past(one: Kept, at: float) -> dict[str, object]:
    run = one.run
    past = run.history(lambda: fresh(Clock(start=START, held=True), run.head.salt), now=one.simulator.clock.now)
    row = state(past.view(Moment(at)).simulator)
    assert isinstance(row, dict)
    return row


def test_a_log_that_has_less_than_its_checkpoint_is_refused(tmp_path: Path) -> None:
    """Its newest entries are lost; without the checkpoint it goes on with those that are there."""
    check = tmp_path / "check"
    with kept(opened("sqlite", tmp_path), checkpoints=check) as one:
        one.submit()
        before = one.run.log.last
    lost = {name: (tmp_path / name).read_bytes() for name in ("run.db",)}
    with kept(opened("sqlite", tmp_path), checkpoints=check) as one:
        one.submit()
        one.run.keep_checkpoint(one.simulator)
    (tmp_path / "run.db").write_bytes(lost["run.db"])
    with (
        pytest.raises(StateError, match=r"has lost its newest entries: .* to go on with those .*, delete check"),
        kept(opened("sqlite", tmp_path), checkpoints=check),
    ):
        pass
    check.unlink()
    with kept(opened("sqlite", tmp_path), checkpoints=check) as one:
        assert one.run.log.last == before + 1


@pytest.mark.skipif(not CAN_FORK, reason="a checkpoint is made at the end here")
def test_a_checkpoint_is_made_beside_the_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind so many entries; and at the first one behind a start that had many to apply, and did not wait for it."""
    check, place = tmp_path / "check", "mockreel.simulator.storage.local_run."
    monkeypatch.setattr(f"{place}WORTH_IT", 10_000)

    async def submits(one: Kept, count: int) -> None:
        for _ in range(count):
            one.submit()
            await asyncio.sleep(0)
        if one.run._child is not None:
            await asyncio.to_thread(one.run._child.join)

    with kept(opened("sqlite", tmp_path), checkpoints=check) as one:
        asyncio.run(submits(one, 20))
        assert not check.exists()
    monkeypatch.setattr(f"{place}WORTH_IT", 10)
    with kept(opened("sqlite", tmp_path), checkpoints=check) as one:
        assert not check.exists()
        asyncio.run(submits(one, 1))
        first = one.run.last_checkpoint
        assert first == one.run.log.last
        before = state(one.simulator)
    with kept(opened("sqlite", tmp_path), checkpoints=check) as one:
        assert one.run.last_checkpoint == first
        assert state(one.simulator) == before
        monkeypatch.setattr(one.run, "_due_at", 0)
        monkeypatch.setattr(f"{place}OFTEN", 5)
        asyncio.run(submits(one, 6))
        assert first < one.run.last_checkpoint <= one.run.log.last


def test_no_checkpoint_has_what_the_log_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the run would be refused, or something applied twice: what could not be written is in neither."""
    check = tmp_path / "check"

    def full(_: object) -> None:
        raise StateError("The disk is full.")

    with kept(opened("sqlite", tmp_path), checkpoints=check) as one:
        one.submit()
        with monkeypatch.context() as patched:
            patched.setattr(one.run.log, "append", full)
            one.advance(1)
            one.ask("runflow", "GET", "/v1/runs")
            one.run.keep_checkpoint(one.simulator)
            assert not check.exists()
        one.ask("runflow", "GET", "/v1/runs")
        one.run.keep_checkpoint(one.simulator)
        assert check.exists()


def test_a_checkpoint_waits_for_the_disk_as_the_log_does(tmp_path: Path) -> None:
    """With `sync` an entry is counted before it is stored: a checkpoint takes its place once it is."""
    check, stored = tmp_path / "check", Future[None]()
    with kept(opened("sqlite-sync", tmp_path), checkpoints=check) as one:
        one.submit()
        one.settle()
        assert one.run.recorder is not None
        one.run.recorder._last = stored
        waiting = Thread(target=one.run.keep_checkpoint, args=(one.simulator,))
        waiting.start()
        waiting.join(0.05)
        assert not check.exists()
        stored.set_result(None)
        waiting.join()
        assert check.exists()


def test_what_a_killed_server_left_of_a_checkpoint_is_removed(tmp_path: Path) -> None:
    _left(tmp_path, tmp_path / "check")
    half = tmp_path / ".check.0123456789ab.part"
    half.write_bytes(b"half of one")
    with kept(opened("sqlite", tmp_path), checkpoints=tmp_path / "check"):
        assert not half.exists()

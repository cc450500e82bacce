"""A run with a log continues where it ended: its jobs, money, keys, webhooks and clock."""

import asyncio
from pathlib import Path

import orjson
import pytest
from simulator.storage.rig import HOOK, KEYS, START, Kept, Wall, fresh, kept, opened, state, traffic

from mockreel.engine.clock import Clock
from mockreel.errors import StateError
from mockreel.simulator.rule_parser import set_faults
from mockreel.simulator.storage.local_run import LocalRun


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


def test_a_run_with_other_options_is_rejected(tmp_path: Path) -> None:
    """The message says which option it has, and which was given."""
    with kept(opened("sqlite", tmp_path), settings={"--seed": 3}) as one:
        one.submit()
    with (
        pytest.raises(StateError, match=r"has --seed 3; here it is 0\. Serve with the same options"),
        kept(opened("sqlite", tmp_path), settings={"--seed": 0}),
    ):
        pass


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
        past = _past(one.run, START + 50)
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
        past = _past(one.run, START)
        assert past == {**now, "clock": past["clock"]}


def _past(run: LocalRun, moment: float) -> dict[str, object]:
    found = run.past(fresh(Clock(start=START, held=True), run.head.salt), moment)
    row = state(found)
    assert isinstance(row, dict)
    return row

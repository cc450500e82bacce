"""Look back on a run whose clock was put back: every moment of it can be reached, also those before a reset."""

from pathlib import Path

import pytest
from simulator.storage.rig import KINDS, START, Kept, fresh, kept, opened, state

from mockreel.engine.clock import Clock
from mockreel.engine.moment import Moment, Stretch, read_moment
from mockreel.errors import OptionError
from mockreel.simulator.run_recorder import History
from mockreel.simulator.snapshots import restore, take


def _past(one: Kept) -> History:
    run = one.run
    return run.history(lambda: fresh(Clock(start=START, held=True), run.head.salt), now=one.simulator.clock.now)


def _seen(one: Kept, moment: Moment) -> object:
    """The state as it was, without the clock, which stands still there."""
    row = state(_past(one).view(moment).simulator)
    return {name: value for name, value in row.items() if name != "clock"}


def _now(one: Kept) -> object:
    one.settle()
    return {name: value for name, value in state(one.simulator).items() if name != "clock"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_before_a_reset_is_reached_by_time_and_by_entry(kind: str, tmp_path: Path) -> None:
    """Though the clock stands before that time now; and what came behind the reset is reached too."""
    with kept(opened(kind, tmp_path)) as one:
        one.submit()
        one.advance(50)
        before = _now(one)
        last = one.run.log.last
        one.simulator.reset()
        one.submit()
        behind = _now(one)

        assert _seen(one, Moment(START + 50)) == before
        assert _seen(one, Moment(START + 50, last)) == before
        assert _seen(one, Moment(None, last)) == before
        assert _seen(one, Moment(START)) == behind
        assert _seen(one, Moment(None, one.run.log.last)) == behind


def test_a_time_that_was_twice_is_that_of_the_last_time_up_to_an_entry(tmp_path: Path) -> None:
    """Without an entry it is the last time of all."""
    with kept(opened("sqlite", tmp_path)) as one:
        one.submit()
        first = _now(one)
        one.advance(50)
        one.settle()
        last = one.run.log.last
        one.simulator.reset()
        one.submit()
        one.submit()
        second = _now(one)
        one.advance(50)

        assert _seen(one, Moment(START, last)) == first
        assert _seen(one, Moment(START)) == second


def test_where_the_clock_was_put_back_is_listed(tmp_path: Path) -> None:
    """By a reset, and by a snapshot; a moment to which the clock ran on without an entry is the end of its part."""
    with kept(opened("sqlite", tmp_path)) as one:
        one.submit()
        one.advance(5)
        snapshot = take(one.simulator)
        one.advance(45)
        one.simulator.reset()
        one.advance(10)
        restore(one.simulator, snapshot)
        one.settle()
        found = _past(one).stretches()

    assert [(part.begun - START, part.ended - START, part.by) for part in found] == [
        (0, 50, "reset"),
        (0, 10, "restore"),
        (5, 5, ""),
    ]
    assert found[0].first == 1
    assert [part.first for part in found[1:]] == [part.last + 1 for part in found[:-1]]


def test_a_restored_snapshot_is_looked_back_on(tmp_path: Path) -> None:
    """On what came before it, and on what it brought back."""
    with kept(opened("sqlite", tmp_path)) as one:
        one.submit()
        snapshot = take(one.simulator)
        one.advance(20)
        one.submit()
        before = _now(one)
        restore(one.simulator, snapshot)
        one.advance(3)
        behind = _now(one)

        assert _seen(one, Moment(START + 20)) == before
        assert _seen(one, Moment(START + 3)) == behind


@pytest.mark.parametrize(
    ("moment", "says"),
    [
        (Moment(None, 99), "The log has the entries @1 to @"),
        (Moment(None, 0), "The log has the entries @1 to @"),
        (Moment(START + 51), "must not be later than the clock"),
        (
            Moment(START + 51, 2),
            "Up to entry 2 the clock went from 2026-01-01T00:00:00.000Z to 2026-01-01T00:00:50.000Z",
        ),
        (Moment(START + 40, 1), "Up to entry 1 the clock went from"),
    ],
)
def test_a_moment_that_never_was_is_said(moment: Moment, says: str, tmp_path: Path) -> None:
    with kept(opened("sqlite", tmp_path)) as one:
        one.submit()
        one.advance(50)
        one.simulator.reset()
        with pytest.raises(OptionError, match=says):
            _past(one).view(moment)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1767225600", Moment(START)),
        ("2026-01-01T00:00:00Z", Moment(START)),
        ("2026-01-01", Moment(START)),
        ("-30", Moment(START + 70)),
        ("@57", Moment(None, 57)),
        ("2026-01-01T00:00:00Z@57", Moment(START, 57)),
    ],
)
def test_a_moment_is_read_as_it_is_written(text: str, moment: Moment) -> None:
    found = read_moment(text, now=START + 100)
    assert found == moment._replace(typed=text)
    assert read_moment(str(found), now=0.0)._replace(typed="") == moment


@pytest.mark.parametrize("text", ["2099-01-01T00:00:00Z", "4102444800", "2099-01-01"])
def test_a_moment_that_has_not_come_is_named_as_it_was_written(text: str, tmp_path: Path) -> None:
    with kept(opened("memory", tmp_path)) as one, pytest.raises(OptionError, match=f"moment: '{text}' is not valid"):
        _past(one).view(read_moment(text, now=START))


@pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "@", "@x", "@-1", "@1@2", "-5@57", "5@", "@" + "9" * 30])
def test_what_is_no_moment_is_said(text: str) -> None:
    with pytest.raises(OptionError, match="is not valid"):
        read_moment(text, now=START)


def test_an_older_log_has_the_last_moment_of_its_entries_before_a_reset(tmp_path: Path) -> None:
    """Its resets do not have the moment to which the clock had come."""
    with kept(opened("memory", tmp_path)) as one:
        one.submit()
        one.advance(50)
        one.simulator.reset()
        log = one.run.log
        whole = [entry for _, entry in log.entries()]
        for place, entry in enumerate(whole):
            fields = {name: value for name, value in entry.fields.items() if name != "before"}
            log._lines[place] = entry._replace(fields=fields).encode()  # type: ignore[attr-defined]
        found = _past(one).stretches()

    assert found[0] == Stretch(1, found[0].last, START, max(entry.at for entry in whole[:-1]), "reset")

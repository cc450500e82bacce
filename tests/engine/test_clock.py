"""Time: held, faster, moved by hand; never backwards."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.engine.clock import LATEST, Clock, utc
from mockreel.errors import OptionError


class Seconds:
    """A monotonic source of real seconds that a test moves."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


moves = st.lists(
    st.one_of(
        st.tuples(st.just("hold"), st.none()),
        st.tuples(st.just("resume"), st.none()),
        st.tuples(st.just("set_speed"), st.floats(1e-6, 1e9)),
        st.tuples(st.just("advance_to"), st.floats(-1e6, 1e12)),
        st.tuples(st.just("wait"), st.floats(0, 1e6)),
    ),
    max_size=30,
)


@given(moves, st.booleans(), st.floats(0, 1e10))
def test_it_never_runs_backwards(steps: list[tuple[str, float | None]], held: bool, start: float) -> None:
    """Whatever is done to it, in whatever order, a later look shows no earlier time, and none after the year 9999."""
    real = Seconds()
    clock = Clock(start=start, held=held, real=real)
    seen = clock.now()
    for name, value in steps:
        if name == "wait":
            assert value is not None
            real.at += value
        else:
            getattr(clock, name)(*([] if value is None else [value]))
        now = clock.now()
        assert seen <= now <= LATEST
        assert clock.now() == now
        seen = now


@given(st.floats(1e-3, 1e3), st.floats(0, 1e5))
def test_it_runs_at_its_speed(speed: float, real_seconds: float) -> None:
    """Simulated time passes at its speed from the moment it was set."""
    real = Seconds()
    clock = Clock(start=1000.0, real=real)
    clock.set_speed(speed)

    real.at += real_seconds

    assert clock.now() == pytest.approx(1000.0 + real_seconds * speed)


def test_a_paused_clock_stops_and_resumes_from_there() -> None:
    """Time that passes while it is held is not made up for."""
    real = Seconds()
    clock = Clock(start=0.0, real=real)
    real.at += 5
    clock.hold()
    real.at += 1000
    assert clock.now() == 5.0

    clock.resume()
    real.at += 2

    assert clock.now() == 7.0


def test_advancing_to_a_moment_that_has_passed_changes_nothing() -> None:
    """It jumps forward only."""
    clock = Clock(start=50.0, held=True)

    clock.advance_to(10.0)

    assert clock.now() == 50.0


def test_a_running_clock_goes_on_running_after_a_jump() -> None:
    """A jump moves the origin and keeps the speed."""
    real = Seconds()
    clock = Clock(start=0.0, speed=2.0, real=real)
    clock.advance_to(100.0)
    real.at += 3

    assert clock.now() == 106.0


def test_it_says_how_long_to_wait_in_real_seconds() -> None:
    """The speed counts; a moment that has passed is now; a paused clock never gets there."""
    real = Seconds()
    clock = Clock(start=0.0, speed=60.0, real=real)

    assert clock.real_seconds_until(120.0) == 2.0
    assert clock.real_seconds_until(-5.0) == 0.0
    clock.hold()
    assert clock.real_seconds_until(120.0) is None


@pytest.mark.parametrize("change", [Clock.hold, Clock.resume, lambda c: c.set_speed(2), lambda c: c.advance_to(9)])
def test_waiting_for_a_moment_notices_every_change(change: Callable[[Clock], None]) -> None:
    """Each change may bring the next moment nearer or farther."""
    clock = Clock(start=0.0)
    reported: list[float] = []
    clock.listeners.append(lambda: reported.append(clock.now()))

    change(clock)

    assert reported


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_an_invalid_speed_is_rejected(speed: float) -> None:
    """The message says what to do instead of speed 0."""
    with pytest.raises(OptionError, match=r"speed: .* Valid: a number above 0\. To pause the clock: --hold"):
        Clock(speed=speed)
    with pytest.raises(OptionError, match="speed"):
        Clock().set_speed(speed)


@pytest.mark.parametrize("start", [-1.0, LATEST + 1, float("inf"), float("nan")])
def test_a_start_that_cannot_be_written_as_a_date_is_rejected(start: float) -> None:
    """Every response writes moments as dates."""
    with pytest.raises(OptionError, match="start: "):
        Clock(start=start)


def test_without_a_start_the_clock_starts_now() -> None:
    """The real time is the default."""
    before = datetime.now(UTC).timestamp()

    assert before <= Clock(held=True).now() <= datetime.now(UTC).timestamp()


def test_the_last_moment_can_still_be_written() -> None:
    """`utc` gives an aware datetime, also at the end of all time."""
    assert utc(LATEST) == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert utc(0).isoformat() == "1970-01-01T00:00:00+00:00"


def test_a_moment_beyond_all_dates_is_written_as_the_latest() -> None:
    """A callback may be due later than that."""
    assert utc(1e300) == utc(LATEST)

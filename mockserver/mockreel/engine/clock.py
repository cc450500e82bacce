"""Where all time comes from: real, faster, held, or moved by hand. It never runs backwards."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from mockreel.contract.data.base_types import LATEST_MOMENT
from mockreel.errors import OptionError

# 9999-12-31T23:59:59Z: no later moment can be written as a date.
LATEST = LATEST_MOMENT


# How a clock began: the moment, None where it began with the real time and ran; whether it was held; its speed.
First = tuple[float | None, bool, float]
# What a clock was before it was pinned.
Pin = tuple[float, float, bool]


_clock = getattr(time, "clock_gettime", None)

# A system clock for real seconds that no library freezes in tests: freezegun and time-machine replace
# `time.monotonic`, before or after this module is imported.
real_seconds: Callable[[], float] = (
    partial(_clock, time.CLOCK_MONOTONIC) if _clock is not None else lambda: time.monotonic()  # noqa: PLW0108  (which it is then)
)


class Clock:
    """A piecewise clock: between two changes it runs at one speed from one origin.

    Args:
        start: the simulator's time at the beginning, in seconds since the epoch; the real time if None.
        speed: simulated seconds per real second.
        held: begin paused.
        real: a monotonic source of real seconds (a parameter so that tests own it).
    """

    __slots__ = ("_first", "_held", "_origin", "_real", "_since", "_speed", "_wall", "jumped", "listeners")

    def __init__(
        self,
        *,
        start: float | None = None,
        speed: float = 1.0,
        held: bool = False,
        real: Callable[[], float] = real_seconds,
    ) -> None:
        self._real = real
        self._wall = time.time
        self._origin = self._wall() if start is None else _moment(start)
        self._since = real()
        self._held = held
        self._speed = _checked(speed)
        # How it began; a clock that began with the real time and ran begins with the real time again.
        self._first = (None if start is None and not held else self._origin, held, self._speed)
        # How many seconds it was moved by hand in total, and the listeners for changes.
        self.jumped = 0.0
        self.listeners: list[Callable[[], None]] = []

    @property
    def held(self) -> bool:
        return self._held

    @property
    def speed(self) -> float:
        return self._speed

    def now(self) -> float:
        """The simulated time in seconds since the epoch."""
        if self._held:
            return self._origin
        return min(LATEST, self._origin + (self._real() - self._since) * self._speed)

    def real(self) -> float:
        """Seconds of a clock that runs on whatever this one does; only differences mean something."""
        return self._real()

    def reset(self, *, at: float | None = None) -> None:
        """Back to how it was at the beginning: with `begin_at` the one way back, for a simulator that is reset.

        Args:
            at: the moment to begin at, where it is known from a run before.
        """
        start, held, speed = self._first
        if at is None:
            at = self._wall() if start is None else start
        self.begin_at(at, held=held, speed=speed)

    @property
    def first(self) -> First:
        """How it began: the moment, None where it began with the real time and ran; held; its speed."""
        return self._first

    def follow(self, wall: Callable[[], float], first: First, *, opened: float) -> None:
        """Be the clock of a run that several servers share: it began so, at a moment, and takes its time from theirs.

        Args:
            wall: the seconds since the epoch that they agree on.
        """
        self._real = self._wall = wall
        self._first = first
        self.begin_at(opened, held=first[1], speed=first[2])

    def begin_at(self, moment: float, *, held: bool, speed: float) -> None:
        """Set the clock to any moment, for a simulator that is restored to another time."""
        self._origin, self._speed = _moment(moment), _checked(speed)
        self._since = self._real()
        self._held = held
        self._notify()

    def hold(self) -> None:
        """Pause from now on."""
        self._rebase(held=True)

    def resume(self) -> None:
        """Run on from the clock's moment."""
        self._rebase(held=False)

    def set_speed(self, speed: float) -> None:
        """Run at `speed` simulated seconds per real second from now on."""
        checked = _checked(speed)
        self._rebase(held=self._held)
        self._speed = checked
        self._notify()

    def advance_to(self, moment: float) -> None:
        """Jump forward to `moment`; a moment that has passed leaves the clock as it is."""
        self._rebase(held=self._held)
        before, self._origin = self._origin, min(LATEST, max(self._origin, moment))
        self.jumped += self._origin - before
        self._notify()

    def real_seconds_until(self, moment: float) -> float | None:
        """Real seconds until the simulator's time is `moment`; None while the clock is held."""
        return None if self._held else max(0.0, (moment - self.now()) / self._speed)

    def pin(self) -> Pin:
        """Freeze the clock for one moment, without notifying listeners; pass the result to `unpin`."""
        pin = (self._origin, self._since, self._held)
        self._origin = self.now()
        self._held = True
        return pin

    def unpin(self, pin: Pin) -> None:
        """Go on as before `pin`."""
        self._origin, self._since, self._held = pin

    @contextmanager
    def frozen(self, *, at: float | None = None) -> Iterator[None]:
        """Freeze the clock within the block, without notifying listeners: all that happens in it has one time.

        Args:
            at: the moment, where it is not the clock's own.
        """
        pin = self.pin()
        if at is not None:
            self._origin = _moment(at)
        try:
            yield
        finally:
            self.unpin(pin)

    def _rebase(self, *, held: bool) -> None:
        self._origin = self.now()
        self._since = self._real()
        self._held = held
        self._notify()

    def _notify(self) -> None:
        for listener in tuple(self.listeners):
            listener()


def _moment(start: float) -> float:
    if not 0 <= start <= LATEST:
        raise OptionError("start", start, [f"seconds since 1970, from 0 to {LATEST:.0f}"])
    return float(start)


_PAUSE = "To pause the clock: --hold at the start, or `mockreel control clock hold`."


def _checked(speed: float) -> float:
    if not 0 < speed < float("inf"):
        raise OptionError("speed", speed, ["a number above 0"], then=_PAUSE)
    return float(speed)


def utc(moment: float) -> datetime:
    """A moment of the simulator as an aware datetime in UTC; for one that is later than any date, the latest date."""
    return datetime.fromtimestamp(min(moment, LATEST), UTC)

"""The sources of time and randomness for the client, and the deadline of a call."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """The sources of time and randomness: `now` in seconds since any start, `draw` uniform between 0 and 1."""

    now: Callable[[], float]
    draw: Callable[[], float]

    def word(self) -> str:
        """A unique random word."""
        return "".join("0123456789abcdef"[int(self.draw() * 16)] for _ in range(32))


@dataclass(frozen=True, slots=True)
class Deadline:
    """The deadline of a call over all its requests."""

    timing: Timing
    began: float
    seconds: float | None

    @classmethod
    def after(cls, timing: Timing, seconds: float | None) -> "Deadline":
        return cls(timing, timing.now(), seconds)

    @property
    def passed(self) -> float:
        """Seconds since the call started."""
        return self.timing.now() - self.began

    @property
    def seconds_left(self) -> float:
        return float("inf") if self.seconds is None else self.seconds - self.passed

"""Time and chance as the client is given them, and the deadline of a call."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Where time and chance come from: `now` in seconds of any beginning, `draw` evenly between 0 and 1."""

    now: Callable[[], float]
    draw: Callable[[], float]

    def word(self) -> str:
        """A word that nobody else draws."""
        return "".join("0123456789abcdef"[int(self.draw() * 16)] for _ in range(32))


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a call, however many requests it takes."""

    timing: Timing
    began: float
    seconds: float | None

    @classmethod
    def after(cls, timing: Timing, seconds: float | None) -> "Deadline":
        return cls(timing, timing.now(), seconds)

    @property
    def passed(self) -> float:
        """Seconds since the call began."""
        return self.timing.now() - self.began

    @property
    def left(self) -> float:
        return float("inf") if self.seconds is None else self.seconds - self.passed

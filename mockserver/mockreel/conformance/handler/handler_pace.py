"""How many webhooks a handler is sent at once: one, unless it is slow and answers several as fast as one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

# So many answers are waited for one by one, before it is known whether a handler is slow: if it takes longer than this.
MEASURED, SLOW_SECONDS = 4, 0.1
# Answers that took this many times as long as one alone were handled in turn.
IN_TURN = 1.6
MOST_AT_ONCE = 16


@dataclass
class Pace:
    """The size of the next batch, from how long the answers before took."""

    _alone: list[float] = field(default_factory=list)
    _size: int = 1
    _in_turn: bool = False

    @property
    def usual(self) -> float:
        """Seconds for one answer; 0 while too little is known."""
        return median(self._alone) if len(self._alone) >= MEASURED else 0.0

    @property
    def slow(self) -> bool:
        return self.usual > SLOW_SECONDS

    def size(self) -> int:
        """How many are sent at once now."""
        return self._size if self.slow and not self._in_turn else 1

    def took(self, seconds: Sequence[float]) -> None:
        """The duration of a batch of responses; if it was as fast as a single one, the next batch is larger."""
        if len(seconds) == 1:
            self._alone += seconds
        elif max(seconds) > IN_TURN * self.usual:
            self._in_turn = True
        if self.slow and not self._in_turn:
            self._size = min(MOST_AT_ONCE, 2 * self._size)

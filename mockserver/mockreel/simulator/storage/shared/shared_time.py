"""The time that all servers of a run agree on: that of the Redis that has its log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mockreel.engine.clock import real_seconds


class SharedTime:
    """Seconds since the epoch by the clock of the log, guessed between two messages of it, and never ahead of it.

    What is guessed is the latest that the log can have said by now: a message is older when it is read than when it
    was written. It never runs backwards, also where the log's machine is set back.

    Args:
        real: a monotonic source of real seconds.
    """

    def __init__(self, *, real: Callable[[], float] = real_seconds) -> None:
        self._real = real
        self._ahead = float("-inf")  # what is added to the real seconds
        self._latest = 0.0
        self._frozen: float | None = None

    def __call__(self) -> float:
        if self._frozen is not None:
            return self._frozen
        self._latest = max(self._latest, self._real() + self._ahead)
        return self._latest

    @property
    def stands(self) -> bool:
        """Whether an entry is being applied."""
        return self._frozen is not None

    def heard(self, moment: float) -> None:
        """The log has said that it is this moment."""
        self._ahead = max(self._ahead, moment - self._real())

    @contextmanager
    def standing_at(self, moment: float) -> Iterator[None]:
        """Stand at the moment of an entry within the block."""
        self._frozen = moment
        try:
            yield
        finally:
            self._frozen = None
            self._latest = max(self._latest, moment)

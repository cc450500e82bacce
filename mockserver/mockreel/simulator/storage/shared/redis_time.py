"""The time that all servers of a run agree on: that of the Redis that has its log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mockreel.engine.clock import real_seconds


class SharedTime:
    """Seconds since the epoch by the log's clock, estimated between two of its messages, and never ahead of it.

    The estimate is a lower bound: a message is older when it is read than when it was written. It never runs backwards,
    even if the log's machine is set back.

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
    def is_frozen(self) -> bool:
        """Whether an entry is being applied."""
        return self._frozen is not None

    def synchronize(self, moment: float) -> None:
        """The log has reported this moment."""
        self._ahead = max(self._ahead, moment - self._real())

    @contextmanager
    def frozen_at(self, moment: float) -> Iterator[None]:
        """Freeze the time at an entry's moment within the block."""
        self._frozen = moment
        try:
            yield
        finally:
            self._frozen = None
            self._latest = max(self._latest, moment)

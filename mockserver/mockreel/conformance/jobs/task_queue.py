"""Tasks that wait side by side: each is a generator that yields the seconds until it continues."""

import heapq
import itertools
from collections.abc import Callable, Iterator

# Runs until its next wait; gives the seconds of that wait.
Task = Iterator[float]


class Tasks:
    """Tasks by the time at which each continues. They run one at a time and wait together.

    Args:
        now: the clock of the waits.
        wait: waits that many seconds.
    """

    def __init__(self, now: Callable[[], float], wait: Callable[[float], None]) -> None:
        self._now = now
        self._wait = wait
        self._waiting: list[tuple[float, int, Task]] = []
        self._numbers = itertools.count()
        self._running = False

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, task: Task) -> None:
        """Run a task until its first wait."""
        self._step(task)

    def run_due(self) -> None:
        """Continue every task whose wait is over; does nothing while a task runs."""
        if self._running:
            return
        moment = self._now()
        due = []
        while self._waiting and self._waiting[0][0] <= moment:
            due.append(heapq.heappop(self._waiting)[2])
        for task in due:
            self._step(task)

    def finish(self, until: float | None = None) -> None:
        """Wait for all of them, at most until a moment of the clock; what still waits then is closed."""
        while self._waiting:
            moment = self._now()
            if until is not None and moment >= until:
                break
            due = self._waiting[0][0]
            if due > moment:
                self._wait(due - moment if until is None else min(due, until) - moment)
            self.run_due()
        self.close()

    def close(self) -> None:
        """End every task."""
        waiting, self._waiting = self._waiting, []
        for _, _, task in waiting:
            if hasattr(task, "close"):
                task.close()

    def _step(self, task: Task) -> None:
        before, self._running = self._running, True
        try:
            seconds = next(task, None)
        finally:
            self._running = before
        if seconds is not None:
            heapq.heappush(self._waiting, (self._now() + seconds, next(self._numbers), task))

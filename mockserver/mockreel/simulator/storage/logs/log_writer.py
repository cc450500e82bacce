"""The thread that commits the entries of a log, as many as have come at a time."""

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple

from mockreel.errors import StateError
from mockreel.simulator.storage.logs.log_tail import Row

# So many batches are committed together at most.
_MOST_BATCHES = 1000


class _Batch(NamedTuple):
    """What is to be committed, and who waits for it."""

    rows: list[Row]
    done: "Future[None]"


class LogWriter:
    """Commits rows in a thread of its own, from its making until it is closed.

    Args:
        commit: commits rows, all or none; raises StateError.
    """

    def __init__(self, commit: Callable[[list[Row]], None]) -> None:
        self._commit = commit
        self._queue: SimpleQueue[_Batch | None] = SimpleQueue()
        self._unwritten: list[Row] = []  # what could not be committed yet, and why
        self._lost: StateError | None = None
        self._thread = Thread(target=self._run, name="mockreel-state", daemon=True)
        self._thread.start()

    def put(self, rows: list[Row]) -> "Future[None]":
        """Commit rows; none while the last ones could not be committed, which are tried again.

        Raises:
            StateError: why they could not.
        """
        done: Future[None] = Future()
        lost = self._lost
        self._queue.put(_Batch([] if lost else rows, done))
        if lost is not None:
            raise lost
        return done

    def close(self) -> bool:
        """Commit what has come, and end the thread; returns whether everything is committed."""
        self._queue.put(None)
        self._thread.join()
        if self._unwritten:
            self._commit_all([])
        return not self._unwritten

    def _run(self) -> None:
        """Commit what comes, as much as is there at a time, until None comes."""
        while (batch := self._queue.get()) is not None:
            batches = [batch]
            while not self._queue.empty() and len(batches) < _MOST_BATCHES:
                more = self._queue.get()
                if more is None:
                    self._queue.put(None)
                    break
                batches.append(more)
            self._commit_all(batches)

    def _commit_all(self, batches: list[_Batch]) -> None:
        """Commit batches behind what could not be committed before, or keep them until they can be."""
        rows = self._unwritten + [row for one in batches for row in one.rows]
        try:
            if rows:
                self._commit(rows)
        except StateError as problem:
            self._unwritten, self._lost = rows, problem
        else:
            self._unwritten, self._lost = [], None
        for one in batches:
            one.done.set_result(None) if self._lost is None else one.done.set_exception(self._lost)

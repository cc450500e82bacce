"""The feed of a simulator: its newest events, each with a number, and a way to wait for more."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from mockreel.engine.clock import Clock
from mockreel.engine.jobs.job import Job
from mockreel.engine.journal.journal import AttemptEntry, Entry, Journal
from mockreel.simulator.events.due_changes import Upcoming
from mockreel.simulator.events.event import Event, News, of_attempt, of_change, of_request
from mockreel.simulator.events.waiter import Waiter

if TYPE_CHECKING:
    from mockreel.simulator.provider import Provider

# A job of a provider that begins, or that was changed.
_JobChange = tuple[str, Job, bool]
# The order within one moment: what was requested, what became of the jobs, who was notified.
_RANKS = {"state": 1, "attempt": 2}
# Longest wait between two looks of who waits, in real seconds: an event loop takes no timer of any length.
_LONGEST_WAIT = 3600.0


class Staged(Protocol):
    """What a feed reads of a simulator."""

    @property
    def providers(self) -> Mapping[str, "Provider"]: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def journal(self) -> Journal: ...


class EventStream:
    """The newest `limit` events of a simulator, numbered from 1.

    It starts with the first reader, who also gets what the journal and the jobs still hold from before. Changes of jobs
    are computed at each read, from the next change of each open job. When nobody has read while `limit` events
    happened, it stops until the next reader.
    """

    def __init__(self, stage: Staged, *, limit: int = 10_000) -> None:
        self._stage = stage
        self._limit = limit
        self._kept: deque[Event] = deque(maxlen=limit)
        self._pending: deque[Event | _JobChange] = deque()
        self._upcoming = Upcoming()
        self._number = 0
        self._listens = False
        self._looked = float("-inf")
        self._counted = 0  # the journal's count of requests at the last read
        self._clock: tuple[Any, ...] = ()
        self._waiters: set[Waiter] = set()
        self._lock = threading.Lock()

    @property
    def cursor(self) -> int:
        """The number of the newest event; a reader that starts here gets only later ones."""
        with self._lock:
            self._look()
            return self._number

    @property
    def next_change(self) -> float | None:
        """The moment of the next change of a job by the clock alone; None where none will come."""
        with self._lock:
            self._look()
            return self._upcoming.next_at

    def since(self, cursor: int = 0) -> News:
        """What is newer than `cursor`, as far as it is still known; a cursor of another feed's counts as 0."""
        with self._lock:
            self._look()
            if cursor == self._number:
                return News((), cursor, 0)
            after = cursor if cursor < self._number else 0
            events: list[Event] = []
            for event in reversed(self._kept):
                if event.number <= after:
                    break
                events.append(event)
            return News(tuple(reversed(events)), self._number, self._number - after - len(events))

    def look(self) -> None:
        """Store what has happened so far, if there was ever a reader."""
        with self._lock:
            if self._listens:
                self._look()

    async def wait(self, cursor: int, *, timeout: float | None = None) -> News:
        """What is newer than `cursor`, as soon as there is something; nothing after `timeout` real seconds."""
        loop = asyncio.get_running_loop()
        ends = None if timeout is None else loop.time() + timeout
        waiter = Waiter(loop)
        self._waiters.add(waiter)
        try:
            while True:
                waiter.event.clear()
                news = self.since(cursor)
                remaining = None if ends is None else ends - loop.time()
                if news.cursor != cursor or (remaining is not None and remaining <= 0):
                    return news
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pause(remaining)):
                        await waiter.event.wait()
        finally:
            self._waiters.discard(waiter)

    async def follow(self, cursor: int | None = None, *, timeout: float | None = None) -> AsyncIterator[News]:
        """What happens, batch by batch, for ever; after `timeout` real seconds without any, an empty batch.

        Args:
            cursor: where to begin; with what happens from now on if None.
        """
        if cursor is None:
            cursor = self.cursor
        while True:
            news = await self.wait(cursor, timeout=timeout)
            cursor = news.cursor
            yield news

    def note(
        self,
        kind: str,
        *,
        provider: str | None = None,
        account: str | None = None,
        job: str | None = None,
        **fields: Any,
    ) -> None:
        """Report an event that happens now; cheap without a reader."""
        if self._listens:
            self._add(Event(0, self._stage.clock.now(), kind, provider, account, job, fields))

    def reset(self) -> None:
        """The simulator was reset or restored: the stream goes on from its new state."""
        with self._lock:
            self._looked, self._counted = float("-inf"), 0
            if not self._listens:
                return
            before = [event for event in self._pending if isinstance(event, Event)]
            self._stop()
            self._looked = self._stage.clock.now()
            self._listen()
            self._pending.extend([*before, Event(0, self._looked, "reset")])
        self._wake()

    def _pause(self, remaining: float | None) -> float:
        """Real seconds until something may have changed by the clock alone."""
        due = self._upcoming.next_at
        changes = None if due is None else self._stage.clock.real_seconds_until(due)
        return min(one for one in (remaining, changes, _LONGEST_WAIT) if one is not None)

    def _look(self) -> None:
        """Store what has happened since the last read."""
        if not self._listens:
            self._listen()
        found: list[Event] = []
        now = self._stage.clock.now()
        while self._pending:
            self._collect(self._pending.popleft(), found, now)
        self._look_at_clock(now, found)
        found += [of_change(*change) for change in self._upcoming.until(now)]
        self._looked = now
        self._counted = self._stage.journal.count
        if len(found) > 1:
            found.sort(key=_place)
        for number, event in enumerate(found, self._number + 1):
            self._kept.append(event.numbered(number))
        self._number += len(found)

    def _collect(self, pending: Event | _JobChange, found: list[Event], now: float) -> None:
        if isinstance(pending, Event):
            found.append(pending)
            return
        provider, job, begins = pending
        if begins:
            for change in self._upcoming.begin(provider, job, now):
                found.append(of_change(*change))
        else:
            self._upcoming.changed(provider, job, since=self._looked)

    def _look_at_clock(self, now: float, found: list[Event]) -> None:
        clock = self._stage.clock
        state = (clock.held, clock.speed, clock.jumped)
        if state != self._clock:
            if self._clock:
                found.append(Event(0, now, "clock", fields={"now": now, "held": clock.held, "speed": clock.speed}))
            self._clock = state

    def _listen(self) -> None:
        """Listen from now on; what happened since the last look is found in the journal and the jobs."""
        stage, since = self._stage, self._looked
        self._listens = True
        self._clock = self._clock or (stage.clock.held, stage.clock.speed, stage.clock.jumped)
        stage.journal.observer = self._on_entry
        stage.clock.listeners.append(self._wake)
        for provider in stage.providers.values():
            provider.observer = self._on_job
            self._find_jobs(provider, since)
        entries = [entry for entry in stage.journal if entry.at > since]
        self._number += max(0, stage.journal.count - self._counted - len(entries))
        tried = [one for one in stage.journal.attempts() if one.ended > since]
        self._pending.extend([*map(of_request, entries), *map(self._of_attempt, tried)])

    def _find_jobs(self, provider: "Provider", since: float) -> None:
        """The jobs of a part; of those before the newest `limit` only what is to come."""
        now, jobs = self._stage.clock.now(), list(provider.jobs)
        for place, job in enumerate(jobs, start=self._limit - len(jobs)):
            known = now if place < 0 else since
            if job.ends is None or job.ends > known:
                self._upcoming.add(provider.name, job, reported=len(job.passed(known)))

    def _stop(self) -> None:
        """Listen no more."""
        stage = self._stage
        self._listens = False
        stage.journal.observer = None
        stage.clock.listeners.remove(self._wake)
        for provider in stage.providers.values():
            provider.observer = None
        self._upcoming.clear()
        self._pending.clear()

    def _on_entry(self, entry_or_attempt: Entry | AttemptEntry) -> None:
        self._add(
            of_request(entry_or_attempt) if isinstance(entry_or_attempt, Entry) else self._of_attempt(entry_or_attempt)
        )

    def _of_attempt(self, tried: AttemptEntry) -> Event:
        provider = self._stage.providers[tried.provider]
        return of_attempt(tried, provider.capture.redactor, provider.keyring.known)

    def _on_job(self, provider: "Provider", job: Job) -> None:
        self._add((provider.name, job, job.intervention is None))

    def _add(self, pending: Event | _JobChange) -> None:
        self._pending.append(pending)
        if len(self._pending) > self._limit:
            with self._lock:
                self._stop()
        elif self._waiters:
            self._wake()

    def _wake(self) -> None:
        for waiter in tuple(self._waiters):
            waiter.wake()


def _place(event: Event) -> tuple[float, int]:
    return event.at, _RANKS.get(event.kind, 0)

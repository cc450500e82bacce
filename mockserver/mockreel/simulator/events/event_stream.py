"""The feed of a simulator: its newest events, each with a number, and a way to wait for more."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import islice
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
# Of the jobs that were there before it began to listen, so many are looked at by each look.
_SOME_OLDER = 2000
# And so many exchanges and attempts of before are made events.
_SOME_EARLIER = 100
# Longest wait between two looks of who waits, in real seconds: an event loop takes no timer of any length.
_LONGEST_WAIT = 3600.0


class EventSource(Protocol):
    """What a feed reads of a simulator."""

    @property
    def providers(self) -> Mapping[str, "Provider"]: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def journal(self) -> Journal: ...


class EventStream:
    """The newest `limit` events of a simulator, numbered from 1.

    It starts with the first reader, who also gets the newest of what the journal and the jobs still hold from before:
    exchanges and attempts up to a quarter of `limit` each, and the changes of an eighth as many jobs. Changes of jobs
    are computed at each read, from the next change of each open job. When nobody has read while `limit` events
    happened, it stops until the next reader.
    """

    def __init__(self, source: EventSource, *, limit: int = 10_000) -> None:
        self._source = source
        self._limit = limit
        self._kept: deque[Event] = deque(maxlen=limit)
        self._pending: deque[Event | _JobChange] = deque()
        self._upcoming = Upcoming()
        self._older: deque[tuple[str, Iterator[Job]]] = deque()  # jobs that were not looked at yet
        self._earlier: deque[Entry | AttemptEntry] = deque()  # what was before it began to listen, and is no event yet
        self._found: list[Event] = []  # what has become of it
        self._began = 0.0  # when it began to listen
        self._changed: set[Job] = set()  # jobs that were changed before they were looked at
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

    def starting(self) -> Iterator[None]:
        """Begin to listen, in steps; until then `next_change` may be later than that of all jobs."""
        while True:
            with self._lock:
                if not self._listens:
                    self._listen()
                self._find_earlier(_SOME_EARLIER)
                self._find_older()
                if not self._earlier and not self._older:
                    return
            yield

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
            self._add(Event(0, self._source.clock.now(), kind, provider, account, job, fields))

    def reset(self) -> list[Any]:
        """The simulator was reset or restored: the stream goes on from its new state.

        Returns:
            What it has dropped, as `Simulator.reset` does.
        """
        with self._lock:
            self._looked, self._counted = float("-inf"), 0
            if not self._listens:
                return []
            before = [event for event in self._pending if isinstance(event, Event)]
            forgotten = self._stop()
            self._looked = self._source.clock.now()
            self._listen()
            self._pending.extend([*before, Event(0, self._looked, "reset")])
        self._wake()
        return forgotten

    def _pause(self, remaining: float | None) -> float:
        """Real seconds until something may have changed by the clock alone, or more jobs are to be looked at."""
        if self._older:
            return 0.0
        due = self._upcoming.next_at
        changes = None if due is None else self._source.clock.real_seconds_until(due)
        return min(one for one in (remaining, changes, _LONGEST_WAIT) if one is not None)

    def _look(self) -> None:
        """Store what has happened since the last read."""
        if not self._listens:
            self._listen()
        self._find_earlier(len(self._earlier))
        self._find_older()
        found, self._found = self._found, []
        now = self._source.clock.now()
        while self._pending:
            self._collect(self._pending.popleft(), found, now)
        self._look_at_clock(now, found)
        found += [of_change(*change) for change in self._upcoming.until(now)]
        self._looked = now
        self._counted = self._source.journal.count
        if len(found) > 1:
            found.sort(key=_place)
        if len(found) > self._limit:
            self._number += len(found) - self._limit
            found = found[-self._limit :]
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
            if self._older:
                self._changed.add(job)

    def _look_at_clock(self, now: float, found: list[Event]) -> None:
        clock = self._source.clock
        state = (clock.held, clock.speed, clock.jumped)
        if state != self._clock:
            if self._clock:
                found.append(Event(0, now, "clock", fields={"now": now, "held": clock.held, "speed": clock.speed}))
            self._clock = state

    def _listen(self) -> None:
        """Listen from now on; what happened since the last look is found in the journal and the jobs."""
        source, since = self._source, self._looked
        self._listens = True
        self._began = source.clock.now()
        self._clock = self._clock or (source.clock.held, source.clock.speed, source.clock.jumped)
        source.journal.observer = self._on_entry
        source.clock.listeners.append(self._wake)
        for provider in source.providers.values():
            provider.observer = self._on_job
            self._find_jobs(provider, since)
        entries = [entry for entry in source.journal if entry.at > since]
        self._number += max(0, source.journal.count - self._counted - len(entries))
        tried = [one for one in source.journal.attempts() if one.ended > since]
        most = max(1, self._limit // 4)
        self._number += max(0, len(entries) - most) + max(0, len(tried) - most)
        self._earlier.extend([*entries[-most:], *tried[-most:]])

    def _find_jobs(self, provider: "Provider", since: float) -> None:
        """The newest jobs of a part; of the others only what is to come is reported, as they are found."""
        jobs = list(provider.jobs)
        older = len(jobs) - max(1, self._limit // 8)
        if older > 0:
            self._older.append((provider.name, islice(jobs, older)))
        for job in islice(jobs, max(older, 0), None):
            self._find(provider.name, job, since)

    def _find_earlier(self, most: int) -> None:
        """Some of what the journal has of before."""
        for _ in range(min(most, len(self._earlier))):
            self._found.append(self._event_of(self._earlier.popleft()))

    def _find_older(self) -> None:
        """Some of the jobs that were there before, as a look that finds a million holds up everybody."""
        for _ in range(_SOME_OLDER):
            if not self._older:
                self._changed.clear()
                return
            provider, jobs = self._older[0]
            job = next(jobs, None)
            if job is None:
                self._older.popleft()
            elif job not in self._changed:
                self._find(provider, job, self._began)

    def _find(self, provider: str, job: Job, known: float) -> None:
        if job.ends is None or job.ends > known:
            self._upcoming.add(provider, job, reported=len(job.passed(known)))

    def _stop(self) -> list[Any]:
        """Listen no more; returns what the jobs were in."""
        source = self._source
        self._listens = False
        source.journal.observer = None
        source.clock.listeners.remove(self._wake)
        for provider in source.providers.values():
            provider.observer = None
        forgotten, self._upcoming = self._upcoming, Upcoming()
        self._older.clear()
        self._earlier.clear()
        self._found.clear()
        self._changed.clear()
        self._pending.clear()
        return forgotten.containers()

    def _on_entry(self, entry_or_attempt: Entry | AttemptEntry) -> None:
        self._add(self._event_of(entry_or_attempt))

    def _event_of(self, one: Entry | AttemptEntry) -> Event:
        return of_request(one) if isinstance(one, Entry) else self._of_attempt(one)

    def _of_attempt(self, tried: AttemptEntry) -> Event:
        provider = self._source.providers[tried.provider]
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

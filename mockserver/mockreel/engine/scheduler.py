"""What must happen at a moment: one queue of due times, driven by the clock."""

import asyncio
import contextlib
import heapq
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import Future
from itertools import count
from typing import Any, Protocol, TypeVar

from mockreel.engine.clock import LATEST, Clock, real_seconds
from mockreel.errors import MockServerClosed, OptionError

T = TypeVar("T")

# The runner looks again at least so often (real seconds): an event loop takes no timer of any length.
LONGEST_SLEEP = 3600.0
# How many due actions begin, and for about how many real seconds, before requests are answered in between.
AT_ONCE = 16
LONGEST_TURN = 0.001

# An action is called when it is due. Its result, if awaitable, is awaited before time moves on.
Action = Callable[[], Awaitable[None] | None]
# When it is due, the number of its entry, and what is to be done.
Entry = tuple[float, int, Action]
# A heap of entries.
Queue = list[Entry]


class Driver(Protocol):
    """Who does what is due in the scheduler's place, where several servers share one run."""

    def wake(self) -> None:
        """Something may be due, or sooner than it was."""

    def advance(self, seconds: float) -> Awaitable[int]:
        """Move the clock of all, as `Scheduler.advance` does."""


# Called with an action that failed, so that one error does not stop later actions.
OnError = Callable[[Exception], None]


def _log(problem: Exception) -> None:
    logging.getLogger("mockreel").error("an action of the scheduler failed", exc_info=problem)


def queue_of(due: Iterable[tuple[float, Action]]) -> Queue:
    """What is to happen at which moment, ready for a scheduler; in any thread."""
    found: Queue = []
    for number, (moment, action) in enumerate(due):
        heapq.heappush(found, (moment, number, action))
    return found


class Scheduler:
    """Due actions in order of time, then of entry.

    With a running clock one task sleeps until the next due time. `advance` runs the same actions one after the other,
    each awaited, with the clock frozen at the action's time. While the clock is paused nothing runs except under
    `advance`, even if it is due already.

    It belongs to one event loop at a time: the one that started it last. What an ending event loop leaves unfinished is
    due again on the next.
    """

    __slots__ = (
        "_changed",
        "_clock",
        "_era",
        "_loop",
        "_numbers",
        "_on_error",
        "_queue",
        "_runner",
        "_running",
        "_turn",
        "closing",
        "driver",
        "performer",
    )

    def __init__(self, clock: Clock, *, on_error: OnError = _log) -> None:
        self._clock = clock
        self._on_error = on_error
        self._queue: Queue = []
        self._numbers = count()
        self._running: set[asyncio.Future[None]] = set()
        self._runner: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed: asyncio.Event | None = None
        self._turn: asyncio.Lock | None = None
        self._era = 0
        # Set by the server that is being stopped: a wait that is cancelled from then on is answered, not broken off.
        self.closing = False
        # Calls the actions in the scheduler's place, if they are logged.
        self.performer: Callable[[Action], Awaitable[None] | None] | None = None
        # Does what is due in its place, where several servers share one run.
        self.driver: Driver | None = None
        clock.listeners.append(self._wake)

    def __len__(self) -> int:
        """How many actions wait for their moment."""
        return len(self._queue)

    @property
    def in_flight(self) -> int:
        """How many actions are in progress."""
        return len(self._running)

    @property
    def next_due(self) -> float | None:
        """The moment of the next action, or None."""
        return self._queue[0][0] if self._queue else None

    def at(self, moment: float, action: Action) -> None:
        """Run `action` when the clock reaches `moment`; as soon as the clock runs, if it has passed."""
        heapq.heappush(self._queue, (moment, next(self._numbers), action))
        if self._queue[0][2] is action:
            self._wake()

    def adopt(self, queue: Queue) -> None:
        """Have what `queue_of` made beside what waits already, at once, however much it is."""
        others, self._queue = self._queue, queue
        self._numbers = count(len(queue))
        for moment, _, action in sorted(others, key=lambda entry: entry[:2]):
            heapq.heappush(queue, (moment, next(self._numbers), action))
        self._wake()

    def start(self) -> None:
        """Make sure that due actions are run on the running event loop; cheap when they already are."""
        loop, runner = asyncio.get_running_loop(), self._runner
        if self._loop is loop and runner is not None and not runner.done():
            return
        if self.driver is not None:
            self._loop = loop
            return
        self._wake()  # the runner of another loop ends
        self._loop = loop
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()
        self._running = set()
        self._runner = loop.create_task(self._run(self._changed, self._turn), name="mockreel-scheduler")

    def belong_to(self, loop: asyncio.AbstractEventLoop) -> None:
        """Bind external calls to this loop from now on; the scheduler starts there when it is first needed."""
        self._loop = loop

    def pending(self) -> list[Entry]:
        """What waits for its moment, in order."""
        return sorted(self._queue, key=lambda entry: entry[:2])

    def take(self, fits: Callable[[Action], bool]) -> Entry | None:
        """Take out the next entry whose action fits, due or not; None where there is none."""
        others: list[Entry] = []
        found = None
        while found is None and self._queue:
            entry = heapq.heappop(self._queue)
            if fits(entry[2]):
                found = entry
            else:
                others.append(entry)
        for entry in others:
            heapq.heappush(self._queue, entry)
        return found

    def due(self, until: float, fits: Callable[[Action], bool], *, most: int = AT_ONCE) -> list[Entry]:
        """The next entries whose actions fit, up to a moment; they stay what they are."""
        found: list[Entry] = []
        popped: list[Entry] = []
        while self._queue and self._queue[0][0] <= until and len(found) < most:
            entry = heapq.heappop(self._queue)
            popped.append(entry)
            if fits(entry[2]):
                found.append(entry)
        for entry in popped:
            heapq.heappush(self._queue, entry)
        return found

    def take_first(self, until: float, fits: Callable[[Action], bool]) -> Action | None:
        """Take out what is due first, if it is due by a moment and fits."""
        if self._queue and self._queue[0][0] <= until and fits(self._queue[0][2]):
            return heapq.heappop(self._queue)[2]
        return None

    def restore(self, entry: Entry) -> None:
        """Have an entry again that was taken out."""
        heapq.heappush(self._queue, entry)
        self._wake()

    def clear(self) -> Queue:
        """Forget what is due and break off what is under way, for a simulator that resets; on the scheduler's loop.

        Returns:
            What was due.
        """
        self._era += 1
        forgotten, self._queue = self._queue, []
        self._numbers = count()
        for task in (self._runner, *self._running):
            if task is not None and not task.get_loop().is_closed():
                task.cancel()
        was_running, self._running, self._runner = self._runner is not None, set(), None
        if was_running:
            self.start()
        return forgotten

    async def stop(self) -> None:
        """End the runner and whatever it began."""
        loop = asyncio.get_running_loop()
        known = [task for task in (self._runner, *self._running) if task is not None and not task.done()]
        tasks = [task for task in known if task.get_loop() is loop]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._runner = None
        self._loop = None

    async def advance(self, seconds: float) -> int:
        """Move the clock by `seconds`, running everything that falls due, in order; returns how many ran.

        Returns when it is settled: what the actions began has ended, and nothing due is left.

        Raises:
            OptionError: `seconds` is negative or no number.
        """
        if not 0 <= seconds < float("inf"):
            raise OptionError("seconds", seconds, ["a number from 0 up"], then="The clock never runs backwards.")
        if self._clock.now() + seconds > LATEST:
            most = f"a number from 0 to {LATEST - self._clock.now():.0f}"
            raise OptionError("seconds", seconds, [most], then="The clock ends with the year 9999.")
        if self.driver is not None:
            return await self.driver.advance(seconds)
        self.start()
        assert self._turn is not None
        async with self._turn:
            return await self._advance_to(self._clock.now() + seconds)

    def advance_from_outside(self, seconds: float) -> "Future[int]":
        """The same for a thread that has not this scheduler's loop; wait for what it gives.

        Raises:
            MockServerClosed: no loop runs it (any more).
        """
        return self.run_from_outside(self.advance(seconds), what="advance")

    def run_from_outside(self, work: Coroutine[Any, Any, T], *, what: str) -> "Future[T]":
        """Run something on this scheduler's loop for a thread that has another, or none.

        Raises:
            MockServerClosed: no loop runs it (any more).
        """
        if self._loop is None or self._loop.is_closed():
            work.close()
            raise MockServerClosed(what)
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _advance_to(self, target: float) -> int:
        ran, era = 0, self._era
        await self._join()
        while era == self._era and self._queue and self._queue[0][0] <= target:
            entry = heapq.heappop(self._queue)
            self._clock.advance_to(entry[0])
            try:
                await self._perform(entry[2])
            except asyncio.CancelledError:
                if era == self._era:
                    heapq.heappush(self._queue, entry)
                raise
            ran += 1
            if ran % AT_ONCE == 0:  # what is due may be much, and nothing that waits
                await asyncio.sleep(0)
        if era == self._era:
            self._clock.advance_to(target)
        return ran

    async def settle(self) -> None:
        """Run what is due now and wait until everything that was begun has ended; time does not move."""
        await self.advance(0)

    async def _join(self) -> None:
        while self._running:
            await asyncio.wait(set(self._running))

    async def _run(self, changed: asyncio.Event, turn: asyncio.Lock) -> None:
        while self._changed is changed:  # until another event loop has taken over
            changed.clear()
            async with turn:
                self._begin_due()
            await self._sleep(changed)

    def _begin_due(self) -> None:
        """Begin what is due, but not so much at once that requests would feel it; the rest has its turn after them."""
        now, began = self._clock.now(), real_seconds()
        for _ in range(AT_ONCE):
            if not self._queue or self._queue[0][0] > now or self._clock.held:
                return
            self._begin(heapq.heappop(self._queue))
            if real_seconds() - began > LONGEST_TURN:
                return

    def _begin(self, entry: Entry) -> None:
        """Begin an action; only one that waits has a task."""
        outcome = self._called(entry[2])
        if outcome is None:
            return
        running, era, task = self._running, self._era, asyncio.ensure_future(outcome)
        running.add(task)

        def ended(task: asyncio.Future[None]) -> None:
            running.discard(task)
            if not task.cancelled():
                problem = task.exception()
                if isinstance(problem, Exception):
                    self._on_error(problem)
            elif era == self._era:  # its event loop was ended under it: it is due again on the next
                heapq.heappush(self._queue, entry)

        task.add_done_callback(ended)

    async def _perform(self, action: Action) -> None:
        outcome = self._called(action)
        try:
            if outcome is not None:
                await outcome
        except Exception as problem:
            self._on_error(problem)

    def _called(self, action: Action) -> Awaitable[None] | None:
        try:
            return action() if self.performer is None else self.performer(action)
        except Exception as problem:
            self._on_error(problem)
            return None

    async def _sleep(self, changed: asyncio.Event) -> None:
        due = self.next_due
        seconds = None if due is None else self._clock.real_seconds_until(due)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if seconds is None else min(seconds, LONGEST_SLEEP)):
                await changed.wait()

    def _wake(self) -> None:
        if self.driver is not None:
            self.driver.wake()
        if self._changed is None or self._loop is None or self._loop.is_closed():
            return
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is self._loop:
            self._changed.set()
            return
        with contextlib.suppress(RuntimeError):  # the loop was closed in the meantime
            self._loop.call_soon_threadsafe(self._changed.set)

"""Runs due actions for all servers of a run while this one holds the lease, and reports that it is alive."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

from mockreel.engine.clock import real_seconds
from mockreel.errors import StateError
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.storage.due_action import is_recorded, named
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.shared.checkpoint_keeper import CheckpointKeeper
from mockreel.simulator.storage.shared.entry_sequencer import EntrySequencer, Outdated
from mockreel.simulator.storage.shared.member import Member
from mockreel.simulator.storage.shared.replica import Advance, Replica, Sending
from mockreel.webhooks.transport import NOT_SENT, Outcome

# A server that is away for so many beats has ended.
AWAY = 5


class LeaseHolder:
    """One server's share of what no request causes.

    Args:
        member: the server.
    """

    def __init__(
        self,
        simulator: Simulator,
        member: Member,
        sequencer: EntrySequencer,
        replica: Replica,
        keeper: CheckpointKeeper,
    ) -> None:
        self._simulator = simulator
        self._member = member
        self._sequencer = sequencer
        self._replica = replica
        self._keeper = keeper
        self._changed = asyncio.Event()
        self._fence = ""
        self._holds_until = 0.0
        self._missing_since: float | None = None
        self._away: dict[str, int] = {}
        self._reported_number = -1
        self._failure = ""  # what is wrong with the log, until a beat succeeds again
        self._report_due = asyncio.Event()
        self._tasks: set[asyncio.Task[object]] = set()

    @property
    def fence(self) -> str:
        """The fencing number of this server's lease; empty where it has none."""
        return self._fence if real_seconds() < self._holds_until else ""

    @property
    def trouble(self) -> str:
        """What is wrong with the log; empty where nothing is."""
        return self._failure

    # The interface of the scheduler

    def wake(self) -> None:
        """Something may be due."""
        self._changed.set()

    async def advance(self, seconds: float) -> int:
        """Move the clock of all servers; gives how much was done."""
        begun = await self._sequencer.propose(Entry("advance", 0.0, {"seconds": seconds}))
        ran: int = await asyncio.shield(begun.result)
        await self._sequencer.caught_up()  # the others are there too
        return ran

    # What runs beside the requests

    def grown(self) -> None:
        """Something was applied."""
        self._changed.set()
        self._report_due.set()

    async def run(self) -> None:
        """Do this server's part until it is cancelled."""
        parts = (self._beat, self._do_due, self._follow, self._receive, self._report, self._keep)
        try:
            async with asyncio.TaskGroup() as group:
                for part in parts:
                    group.create_task(self._over_and_over(part))
        finally:
            ending = [*self._tasks, *self._sequencer.end()]
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            await self._member.log.leave(self._member.id)
            await self._member.log.hang_up()

    async def _over_and_over(self, part: Callable[[], Awaitable[None]]) -> None:
        """Run a part again and again, even when the log is unreachable for a while."""
        while not _is_cancelled():
            try:
                await part()
            except Outdated:
                self._holds_until = 0.0
            except StateError as lost:
                if str(lost) != self._failure:
                    logging.getLogger("mockreel").warning("%s", lost)
                self._failure = str(lost)
                await asyncio.sleep(self._member.timing.again)

    async def _beat(self) -> None:
        """Report that this server is alive, and take or renew the lease."""
        reported_at = real_seconds()
        moment, fence, held = await self._member.log.beat(
            self._member.id,
            reads=self._member.timing.reads,
            lease=self._member.timing.lease,
            takes=self._may_hold(reported_at),
        )
        self._member.time.synchronize(moment)
        self._missing_since = None if held else self._missing_since or reported_at
        self._holds_until = reported_at + self._member.timing.safe_lease if fence else 0.0
        if fence and fence != self._fence:
            await self._sequencer.propose(Entry("taken", 0.0, {"server": self._member.id, "f": fence}), fence=fence)
            self._fence = fence
        await self._sequencer.caught_up()
        self._sequencer.reads_from(reported_at)
        self._failure = ""
        self._report_due.set()
        if self.fence:
            await self._bury()
        self._changed.set()
        await asyncio.sleep(max(0.0, self._member.timing.beat - (real_seconds() - reported_at)))

    def _may_hold(self, now: float) -> bool:
        if self._replica.lease_holder in ("", self._member.id):
            return True
        return self._missing_since is not None and now - self._missing_since >= self._member.timing.grace

    async def _bury(self) -> None:
        """See which servers have ended whose clients waited for something."""
        for server in self._replica.waiting_servers() - {self._member.id}:
            self._away[server] = 0 if server in self._sequencer.others else self._away.get(server, 0) + 1
            if self._away[server] >= AWAY:
                await self._sequencer.propose(Entry("left", 0.0, {"server": server}), fence=self.fence)

    async def _follow(self) -> None:
        """Apply what other servers append."""
        await self._member.log.grown(self._replica.number)
        await self._sequencer.caught_up()

    async def _receive(self) -> None:
        async with contextlib.aclosing(self._member.log.announcements()) as reports:
            async for one in reports:
                if one is not None:
                    await self._sequencer.on_report(*one)
                if _is_cancelled():
                    return

    async def _report(self) -> None:
        """Report how far this server is, if others wait for it."""
        await self._report_due.wait()
        self._report_due.clear()
        if self._sequencer.others and self._reported_number != self._replica.number:
            number = self._replica.number
            await self._member.log.have(self._member.id, number)
            self._reported_number = number

    async def _keep(self) -> None:
        """Make a checkpoint, where one is due and this server has the lease, or nobody has it yet.

        So servers that are killed one after the other, each before it gets the lease, do not start ever more slowly.
        """
        await asyncio.sleep(self._member.timing.beat / 2)
        if (self.fence or self._missing_since is not None) and self._keeper.is_due():
            await self._keeper.keep(lambda: self.fence)

    async def _do_due(self) -> None:
        """Begin what is due, and sleep until something is."""
        self._changed.clear()
        while await self._begin():
            pass
        moment = self._simulator.scheduler.next_due
        seconds = None if moment is None else self._simulator.clock.real_seconds_until(moment)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if seconds is None else max(seconds, 0.001)):
                await self._changed.wait()

    async def _begin(self) -> bool:
        """Begin what is due now; whether there may be more."""
        scheduler, clock, replica = self._simulator.scheduler, self._simulator.clock, self._replica
        advance = replica.advances[0] if replica.advances else None
        own = scheduler.take_first(clock.now(), lambda action: not is_recorded(action))
        if own is not None:  # only wakes who waits here
            own()
            return True
        if clock.held and advance is None:
            return False
        fence = self.fence
        if advance is None:
            return bool(fence) and await self._propose(scheduler.due(clock.now(), is_recorded), fence)
        return bool(fence) and not replica.under_way_count and await self._move(advance, fence)

    async def _move(self, advance: Advance, fence: str) -> bool:
        """Begin the next action while the clock is moved by hand, or report that it has arrived."""
        found = self._simulator.scheduler.due(advance.target, is_recorded, most=1)
        if found:
            return await self._propose(found, fence)
        await self._sequencer.propose(Entry("advanced", 0.0, {"of": advance.number}), fence=fence)
        return True

    async def _propose(self, found: list[Any], fence: str) -> bool:
        """Have all servers begin what is due; returns whether there was anything."""
        providers = self._simulator.providers
        entries = [Entry("due", 0.0, {**named(one[2], providers), "f": fence}) for one in found]
        begun = await asyncio.gather(*[self._sequencer.propose(entry, fence=fence) for entry in entries])
        return any(one.result for one in begun)

    # Webhooks

    def send(self, sending: Sending) -> None:
        """Send an attempt, if it was this server that began it."""
        if sending.fence.partition(":")[0] == self._member.id:
            self.later(self._deliver(sending))

    async def _deliver(self, sending: Sending) -> None:
        """Send an attempt, and log its outcome."""
        delivery = self._simulator.provider(sending.provider).deliveries.get(sending.delivery)
        number = 1 + (0 if delivery is None else len(delivery.attempts))
        outcome = await self._outcome(sending)
        if outcome is None:
            return
        fields = {
            "p": sending.provider,
            "id": sending.delivery,
            "f": sending.fence,
            "number": number,
            "status": outcome.status,
            "response": outcome.response,
            "error": outcome.error,
            "detail": outcome.detail,
        }
        while self._replica.is_under_way(sending) and not _is_cancelled():
            try:
                await self._sequencer.propose(Entry("attempt", 0.0, fields))
            except StateError:
                await asyncio.sleep(self._member.timing.again)

    async def _outcome(self, sending: Sending) -> Outcome | None:
        """Send an attempt when its turn comes; None if another server makes it by then.

        A server that stood still may have lost its lease meanwhile: it waits until it knows.
        """
        message = replace(sending.message, allowed=lambda: bool(self.fence))
        while self._replica.is_under_way(sending) and not _is_cancelled():
            outcome = await self._replica.sender(sending.provider).send(message)
            if outcome is not NOT_SENT:
                return outcome
            await asyncio.sleep(self._member.timing.again)
        return None

    def later(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something beside, as long as this server does its part."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_cancelled() -> bool:
    """Whether this task is to end: the client library may lose a cancellation."""
    task = asyncio.current_task()
    return task is not None and bool(task.cancelling())

"""Appends the entries of one server to a shared log, and applies all entries of the log in order."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from mockreel.engine.clock import real_seconds
from mockreel.errors import LogMisfit, StateError
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.shared.member import Member
from mockreel.simulator.storage.shared.redis_log import Exchanged
from mockreel.simulator.storage.shared.replica import Replica


class Applied(NamedTuple):
    """An entry to be appended: its number, and its result."""

    number: int
    result: Any


class Outdated(Exception):
    """An entry was not appended: another server has the lease."""


class _Proposal(NamedTuple):
    fence: str
    entry: Entry
    done: "asyncio.Future[Applied]"


class EntrySequencer:
    """Appends entries and applies all of them in order, on one event loop.

    Args:
        member: the server.
        grown: is called when something was applied.
    """

    def __init__(self, member: Member, replica: Replica, *, grown: Callable[[], None]) -> None:
        self._member = member
        self._replica = replica
        self._grown = grown
        self._proposals: list[_Proposal] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._task: asyncio.Task[None] | None = None
        self._open = 0  # entries of this server that are not answered for yet
        self._settling: set[asyncio.Task[None]] = set()
        self._reads_until = 0.0
        self._seen: dict[str, int] = {}
        self._reported = asyncio.Condition()
        self.others: Mapping[str, int] = {}
        self.broken: StateError | None = None  # why nothing is applied any more
        self.unusable: StateError | None = None  # the same, where that is no end of the server

    async def propose(self, entry: Entry, *, fence: str = "") -> Applied:
        """Have an entry appended, and applied by every server; gives what has come of it here.

        Raises:
            StateError: the log cannot be reached; the entry may have been appended all the same.
            Refused: its fencing number is old.
        """
        self._see_that_it_works()
        done: asyncio.Future[Applied] = asyncio.get_running_loop().create_future()
        self._proposals.append(_Proposal(fence, entry, done))
        self._open += 1
        done.add_done_callback(self._closed)
        self._start()
        return await done

    async def caught_up(self) -> None:
        """Wait until all is applied here that was appended before now.

        Raises:
            StateError: the log cannot be reached.
        """
        self._see_that_it_works()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self._start()
        await done
        if self._settling:
            await asyncio.wait(set(self._settling))

    @property
    def has_all(self) -> bool:
        """Whether this server may answer a read by itself, at once."""
        busy = self._open or self._settling or self._member.time.is_frozen or self.broken is not None
        return not busy and real_seconds() < self._reads_until

    def reads_from(self, exchanged: float) -> None:
        """All entries are applied that were appended before the server reported itself at a moment."""
        self._reads_until = exchanged + self._member.timing.safe_reads

    def end(self) -> "list[asyncio.Task[None]]":
        """Begin nothing more; gives what is under way."""
        self.broken = StateError(f"{self._member.log.where} has been left: the server is ending.")
        return [*self._settling, *(() if self._task is None else (self._task,))]

    @property
    def trouble(self) -> str:
        """Why nothing is applied any more; empty where it is."""
        return "" if self.broken is None else str(self.broken)

    def _see_that_it_works(self) -> None:
        if self.broken is not None:
            raise self.broken

    def _closed(self, _: object) -> None:
        self._open -= 1

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._go_on(), name="mockreel-log")

    async def _go_on(self) -> None:
        """One exchange after the other, each with all that has come meanwhile."""
        while self._proposals or self._waiting:
            proposals, self._proposals = self._proposals, []
            waiting_reads, self._waiting = self._waiting, []
            try:
                self._see_that_it_works()
                await self._exchange(proposals)
            except Exception as problem:
                lost = problem
                if not isinstance(problem, StateError) or isinstance(problem, LogMisfit):
                    lost = self.broken = self.unusable = StateError(
                        f"The shared run cannot go on at this server: {problem}"
                    )
                waiting: list[asyncio.Future[Any]] = [*waiting_reads, *(one.done for one in proposals)]
                for future in waiting:
                    if not future.done():
                        future.set_exception(lost)
                continue
            for waiting_read in waiting_reads:
                if not waiting_read.done():
                    waiting_read.set_result(None)

    async def _exchange(self, proposals: list[_Proposal]) -> None:
        exchanged = await self._exchange_caught_up([(one.fence, one.entry) for one in proposals])
        assert exchanged.numbers is not None
        own = dict(zip(exchanged.numbers, proposals, strict=True))
        for one in [one for number, one in zip(exchanged.numbers, proposals, strict=True) if not number]:
            _fail(one, Outdated())
        applied: list[tuple[_Proposal, Applied]] = []
        last, found = exchanged.last, exchanged
        while True:
            await self._member.log.fetch(found.entries)
            for number, entry in found.entries:
                if number <= self._replica.number:
                    continue
                result = await self._replica.apply(number, entry)
                if number in own:
                    applied.append((own[number], Applied(number, result)))
            if self._replica.number >= last:
                break
            found = await self._send([])
        if not exchanged.entries:
            return
        self._grown()
        if exchanged.others:
            self._later(self._settled(applied, exchanged))
        else:
            _finish(applied)

    async def _exchange_caught_up(self, entries: list[tuple[str, Entry]]) -> Exchanged:
        """An exchange, behind all that has left the log before this server has applied it."""
        while (found := await self._send(entries)).numbers is None:
            await self._member.log.fetch(found.entries)
            for number, entry in found.entries:
                await self._replica.apply(number, entry)
        return found

    async def _send(self, entries: list[tuple[str, Entry]]) -> Exchanged:
        replica = self._replica
        exchanged = await self._member.log.exchange(
            replica.number, replica.moment, server=self._member.id, entries=entries
        )
        self._member.time.synchronize(exchanged.moment)
        self.others = exchanged.others
        await self._note(exchanged.others)
        return exchanged

    # Reads of other servers

    async def _settled(self, applied: list[tuple[_Proposal, Applied]], exchanged: Exchanged) -> None:
        """Answer once every server that may answer reads by itself has the entries, or may no longer."""
        number, over = self._replica.number, real_seconds() + self._member.timing.reads

        def all_have_it() -> bool:
            return all(server not in self.others or self._seen.get(server, 0) >= number for server in exchanged.others)

        while not all_have_it() and (left := over - real_seconds()) > 0:
            try:
                async with asyncio.timeout(min(left, self._member.timing.beat)), self._reported:
                    await self._reported.wait_for(all_have_it)
            except TimeoutError:  # a report may be lost, and a server that has ended sends none
                self._look_again()
        _finish(applied)

    def _look_again(self) -> None:
        waiting_read: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting_read.add_done_callback(_ignore)
        self._waiting.append(waiting_read)
        self._start()

    async def on_report(self, server: str, number: int | None) -> None:
        """Another server has reported how far it is, or that it has left (None)."""
        await self._note({server: sys.maxsize if number is None else number})

    async def _note(self, have: Mapping[str, int]) -> None:
        """Note how far other servers are, for who waits for that."""
        self._seen.update({server: max(number, self._seen.get(server, 0)) for server, number in have.items()})
        async with self._reported:
            self._reported.notify_all()

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)


def _ignore(waiting_read: "asyncio.Future[None]") -> None:
    """Nothing waits for it; a failure is reported elsewhere."""
    if not waiting_read.cancelled():
        waiting_read.exception()


def _fail(proposal: _Proposal, problem: Exception) -> None:
    if not proposal.done.done():
        proposal.done.set_exception(problem)


def _finish(applied: list[tuple[_Proposal, Applied]]) -> None:
    for proposal, result in applied:
        if not proposal.done.done():
            proposal.done.set_result(result)

"""Puts the entries of one server into the log that it shares, and applies all entries of the log in their order."""

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
    """An entry that this server wanted appended: its number, and what has come of it."""

    number: int
    result: Any


class Refused(Exception):
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
        self._asking: list[asyncio.Future[None]] = []
        self._task: asyncio.Task[None] | None = None
        self._open = 0  # entries of this server that are not answered for yet
        self._settling: set[asyncio.Task[None]] = set()
        self._reads_until = 0.0
        self._seen: dict[str, int] = {}
        self._told = asyncio.Condition()
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
        self._asking.append(done)
        self._start()
        await done
        if self._settling:
            await asyncio.wait(set(self._settling))

    @property
    def has_all(self) -> bool:
        """Whether this server may answer a read by itself, at once."""
        busy = self._open or self._settling or self._member.time.stands or self.broken is not None
        return not busy and real_seconds() < self._reads_until

    def reads_from(self, said: float) -> None:
        """All is applied that was appended before the server has said, at a moment, that it is there."""
        self._reads_until = said + self._member.timing.safe_reads

    def end(self) -> "list[asyncio.Task[None]]":
        """Begin nothing more; gives what is under way."""
        self.broken = StateError(f"{self._member.log.where} has been left: the server is ending.")
        return [*self._settling, *(() if self._task is None else (self._task,))]

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
        while self._proposals or self._asking:
            proposals, self._proposals = self._proposals, []
            asking, self._asking = self._asking, []
            try:
                self._see_that_it_works()
                await self._exchange(proposals)
            except Exception as problem:
                lost = problem
                if not isinstance(problem, StateError) or isinstance(problem, LogMisfit):
                    lost = self.broken = self.unusable = StateError(
                        f"The shared run cannot go on at this server: {problem}"
                    )
                waiting: list[asyncio.Future[Any]] = [*asking, *(one.done for one in proposals)]
                for future in waiting:
                    if not future.done():
                        future.set_exception(lost)
                continue
            for asked in asking:
                if not asked.done():
                    asked.set_result(None)

    async def _exchange(self, proposals: list[_Proposal]) -> None:
        said = await self._asked([(one.fence, one.entry) for one in proposals])
        assert said.numbers is not None
        own = dict(zip(said.numbers, proposals, strict=True))
        for one in [one for number, one in zip(said.numbers, proposals, strict=True) if not number]:
            _fail(one, Refused())
        applied: list[tuple[_Proposal, Applied]] = []
        last, found = said.last, said
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
            found = await self._ask([])
        if not said.entries:
            return
        self._grown()
        if said.others:
            self._later(self._settled(applied, said))
        else:
            _finish(applied)

    async def _asked(self, entries: list[tuple[str, Entry]]) -> Exchanged:
        """An exchange, behind all that has left the log before this server has applied it."""
        while (said := await self._ask(entries)).numbers is None:
            await self._member.log.fetch(said.entries)
            for number, entry in said.entries:
                await self._replica.apply(number, entry)
        return said

    async def _ask(self, entries: list[tuple[str, Entry]]) -> Exchanged:
        replica = self._replica
        said = await self._member.log.exchange(replica.number, replica.moment, server=self._member.id, entries=entries)
        self._member.time.heard(said.moment)
        self.others = said.others
        await self._note(said.others)
        return said

    # Reads of other servers

    async def _settled(self, applied: list[tuple[_Proposal, Applied]], said: Exchanged) -> None:
        """Answer once every server that may answer reads by itself has the entries, or may no longer."""
        number, over = self._replica.number, real_seconds() + self._member.timing.reads

        def all_have_it() -> bool:
            return all(server not in self.others or self._seen.get(server, 0) >= number for server in said.others)

        while not all_have_it() and (left := over - real_seconds()) > 0:
            try:
                async with asyncio.timeout(min(left, self._member.timing.beat)), self._told:
                    await self._told.wait_for(all_have_it)
            except TimeoutError:  # what was said may have been lost, and a server that has ended says nothing
                self._look_again()
        _finish(applied)

    def _look_again(self) -> None:
        asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asked.add_done_callback(_unheard)
        self._asking.append(asked)
        self._start()

    async def told(self, server: str, number: int | None) -> None:
        """Another server has said how far it is, or that it has left (None)."""
        await self._note({server: sys.maxsize if number is None else number})

    async def _note(self, have: Mapping[str, int]) -> None:
        """Note how far other servers are, for who waits for that."""
        self._seen.update({server: max(number, self._seen.get(server, 0)) for server, number in have.items()})
        async with self._told:
            self._told.notify_all()

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)


def _unheard(asked: "asyncio.Future[None]") -> None:
    """Nobody waits for it; where it failed, others are told."""
    if not asked.cancelled():
        asked.exception()


def _fail(proposal: _Proposal, problem: Exception) -> None:
    if not proposal.done.done():
        proposal.done.set_exception(problem)


def _finish(applied: list[tuple[_Proposal, Applied]]) -> None:
    for proposal, result in applied:
        if not proposal.done.done():
            proposal.done.set_result(result)

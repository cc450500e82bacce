"""The run as it was at a moment, for the pages: its simulator, what came before and next, and where else to look."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nsmallest
from typing import NamedTuple

from mockreel.errors import Conflict
from mockreel.server.admin.state.state_routes import moment_of
from mockreel.server.dashboard.table_rows import short_id
from mockreel.simulator.simulator import Simulator

# So much of what came next is shown.
MOST_NEXT = 25
# The moment that was looked at last is at hand for so many real seconds.
KEPT = 60.0


class Happening(NamedTuple):
    """Something that happened to the run at a moment; `text` says what."""

    at: float
    provider: str
    text: str
    job: str = ""

    @property
    def short(self) -> str:
        return short_id(self.job)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a run, from `opened` to `now`: the last event before it, and those after it in order."""

    moment: float
    opened: float
    now: float
    earlier: float | None
    later: tuple[Happening, ...]


class LookBack:
    """The past of a mock server. It is made from the log; the run itself is not touched."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._kept: tuple[float, Simulator] | None = None
        self._lock = asyncio.Lock()

    async def at(self, text: str) -> tuple[Simulator, Moment]:
        """The simulator as it was at a moment, and what is around that.

        Raises:
            Conflict: no log is kept.
            OptionError: it is no moment, or has not come yet.
            StateError: the log cannot be applied.
        """
        moment = self.moment(text)
        async with self._lock:
            past = await self._made(moment)
        return past, await asyncio.to_thread(self._around, moment)

    def moment(self, text: str) -> float:
        """A moment as it may be written; takes and raises what `at` does."""
        if self._simulator.past is None:
            raise Conflict(
                "This server keeps no log, so it cannot look back. Start it with --state FILE or --record-run DIR."
            )
        return moment_of(text, now=self._simulator.clock.now())

    async def _made(self, moment: float) -> Simulator:
        if self._kept is not None and self._kept[0] == moment:
            return self._kept[1]
        self._kept = None
        assert self._simulator.past is not None
        past = await asyncio.to_thread(self._simulator.past, moment)
        if moment < self._simulator.clock.now():  # nothing more comes to it
            self._kept = kept = (moment, past)
            asyncio.get_running_loop().call_later(KEPT, self._forget, kept)
        return past

    def _forget(self, kept: tuple[float, Simulator]) -> None:
        if self._kept is kept:
            self._kept = None

    def _around(self, moment: float) -> Moment:
        simulator = self._simulator
        now = simulator.clock.now()
        earlier: float | None = None
        later: list[Happening] = []
        for one in happenings(simulator, now):
            if one.at > moment:
                later.append(one)
            elif one.at < moment and (earlier is None or one.at > earlier):
                earlier = one.at
        opened = min(provider.ledger.opened for provider in simulator.providers.values())
        found = nsmallest(MOST_NEXT, later, key=lambda one: one.at)
        return Moment(moment, min(opened, moment), now, earlier, tuple(found))


def happenings(simulator: Simulator, now: float) -> Iterator[Happening]:
    """Requests, job states and webhook attempts, unordered."""
    for entry in tuple(simulator.journal):
        text = f"{entry.method} {entry.path}: {entry.status or 'no response'}"
        yield Happening(entry.at, entry.provider, text, entry.job or "")
    for provider in simulator.providers.values():
        for job in list(provider.jobs):
            for state, at in job.passed(now):
                yield Happening(at, provider.name, f"the job is {state.word}", job.id)
        for delivery in list(provider.deliveries):
            for tried in delivery.attempts:
                text = f"webhook {delivery.event}: {tried.outcome.status or 'no response'}"
                yield Happening(tried.at, provider.name, text, delivery.subject)

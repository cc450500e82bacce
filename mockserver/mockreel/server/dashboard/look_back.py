"""The run as it was at a moment, for the pages: its simulator, what came before and next, and where else to look."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import NamedTuple

from mockreel.engine.moment import Moment, Stretch, read_moment
from mockreel.server.admin.state.state_routes import history_of
from mockreel.server.dashboard.table_rows import short_id
from mockreel.simulator.run_recorder import History, View
from mockreel.simulator.simulator import Simulator

# So much of what came next is shown.
MOST_NEXT = 25
# The moments that were looked at last are at hand for so many real seconds, and so many of them.
KEPT, MOST_KEPT = 60.0, 2
# What ends a part of the run, in words.
_ENDED = {"reset": "the run was reset", "restore": "a snapshot was restored"}


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
class Shown:
    """A moment of a run that is shown, in a part of it from `opened` to `now`: what came before and behind it there.

    `behind` is what the address of a moment of this part ends with: empty for the newest part. `before_reset` is the
    address of the end of the part before, `after_reset` that of the beginning of the next; None where there is none.
    """

    moment: float
    name: str
    opened: float
    now: float
    behind: str
    earlier: float | None
    later: tuple[Happening, ...]
    before_reset: str | None
    after_reset: str | None


class LookBack:
    """The past of a mock server. It is made from the log; the run itself is not touched."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._kept: dict[Moment, View] = {}
        self._lock = asyncio.Lock()

    async def at(self, text: str) -> tuple[Simulator, Shown]:
        """The simulator as it was at a moment, and what is around that.

        Raises:
            Conflict: no log is kept.
            OptionError: it is no moment, or has not come yet.
            StateError: the log cannot be applied.
        """
        moment, history = self.moment(text), history_of(self._simulator)
        async with self._lock:
            parts = await asyncio.to_thread(history.stretches)
            seen = await self._made(history, moment)
            part = seen.stretch
            whole = self._simulator
            if part.by:  # what happened there is not in the simulator that is served any more
                whole = (await self._made(history, Moment(part.ended, part.last))).simulator
        return seen.simulator, await asyncio.to_thread(_around, moment, seen, whole, parts)

    def moment(self, text: str) -> Moment:
        """A moment as it may be written.

        Raises:
            Conflict: no log is kept.
            OptionError: it is no moment.
        """
        history_of(self._simulator)
        return read_moment(text, now=self._simulator.clock.now())

    async def _made(self, history: History, moment: Moment) -> View:
        if moment in self._kept:
            return self._kept[moment]
        view = await asyncio.to_thread(history.view, moment)
        if view.stretch.by or view.at < self._simulator.clock.now():  # nothing more comes to it
            while len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[moment] = view
            asyncio.get_running_loop().call_later(KEPT, self._forget, moment, view)
        return view

    def _forget(self, moment: Moment, view: View) -> None:
        if self._kept.get(moment) is view:
            del self._kept[moment]


def _around(moment: Moment, seen: View, whole: Simulator, parts: Sequence[Stretch]) -> Shown:
    """What is around a moment, by a simulator that has all that happened in its part of the run."""
    at, part = seen.at, seen.stretch
    now = part.ended if part.by else whole.clock.now()
    earlier: float | None = None
    later: list[Happening] = []
    for one in happenings(whole, now):
        if one.at > at:
            later.append(one)
        elif one.at < at and (earlier is None or one.at > earlier):
            earlier = one.at
    before = next((one for one in reversed(parts) if one.last < part.first), None)
    after = next((one for one in parts if one.first > part.last), None)
    return Shown(
        at,
        str(moment),
        min(part.begun, at),
        now,
        f"@{part.last}" if part.by else "",
        earlier,
        (*nsmallest(MOST_NEXT, later, key=lambda one: one.at), *_ended(part, room=len(later) < MOST_NEXT)),
        None if before is None else str(Moment(before.ended, before.last)),
        None if after is None else str(Moment(after.begun, after.last if after.by else None)),
    )


def _ended(part: Stretch, *, room: bool) -> Iterator[Happening]:
    """What ended a part of the run, as the last thing that came next."""
    if part.by and room:
        yield Happening(part.ended, "", _ENDED[part.by])


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

"""Look back on a run that several servers share.

Its entries have the moments of the Redis' clock; which moment of the run each was is known once they are applied.
"""

from collections.abc import Callable, Iterator
from itertools import takewhile

from mockreel.engine.moment import Moment, Stretch, not_then, stretch_of
from mockreel.simulator.run_recorder import View
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.storage.checkpoints.checkpoint import Load
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.playback import run_to_end
from mockreel.simulator.storage.shared.redis_log import RedisLog
from mockreel.simulator.storage.shared.redis_time import SharedTime
from mockreel.simulator.storage.shared.replica import Perform, Replica

# What puts the clock back: the end of a control request's path.
_BACK = ("reset", "restore")


class SharedHistory:
    """The past that is in a shared log; `History` says what can be done with it.

    Args:
        fresh: makes a simulator of the run as it was before its first entry.
        opened: when the run began.
        now: gives the moment up to which it has come.
    """

    def __init__(
        self,
        log: RedisLog,
        fresh: Callable[[], Simulator],
        *,
        load: Load,
        perform: Perform,
        opened: float,
        now: Callable[[], float],
    ) -> None:
        self._log = log
        self._fresh = fresh
        self._load = load
        self._perform = perform
        self._opened = opened
        self._now = now
        # The entries that may have put the clock back, the parts that they ended, and where the newest one begins.
        self._known: tuple[tuple[int, ...], list[Stretch], float] = ((), [], opened)

    def stretches(self) -> list[Stretch]:
        """Where nothing was reset since, the ones before are known; otherwise the whole log is applied."""
        last = 0
        back: list[int] = []
        for last, entry in self._log.entries():
            if _puts_back(entry):
                back.append(last)
        if self._known[0] != tuple(back):
            self._known = (tuple(back), *self._ended(back[-1]))
        _, ended, begun = self._known
        first = ended[-1].last + 1 if ended else 1
        return [*ended, Stretch(first, last, begun, max(begun, self._now()))]

    def _ended(self, last: int) -> tuple[list[Stretch], float]:
        """The parts that have ended, up to an entry, and where the next one begins."""
        found: list[Stretch] = []
        first, begun = 1, self._opened
        replica, _ = self._replica()

        async def apply() -> None:
            nonlocal first, begun
            for number, entry in self._entries(last):
                ended = replica.moment_at(entry)
                done = await replica.apply(number, entry)
                if _puts_back(entry) and done.status_code == 200:  # a snapshot may have been rejected
                    by = str(entry.fields["path"]).rpartition("/")[2]
                    found.append(Stretch(first, number - 1, begun, ended, by))
                    first, begun = number, replica.moment_at(entry)

        run_to_end(apply())
        return found, begun

    def view(self, moment: Moment) -> View:
        stretch = stretch_of(moment, self.stretches())
        newest = stretch.last if moment.entry is None else moment.entry
        replica, simulator = self._replica()
        at = moment.at

        async def apply() -> None:
            nonlocal at
            for number, entry in self._entries(stretch.last):
                then = replica.moment_at(entry)
                if number > newest:
                    if at is not None and then < at:
                        raise not_then(moment, stretch.begun, then)
                    return
                # The first entry of a later part is what has put the clock back.
                if at is not None and then > at and number > (stretch.first if stretch.first > 1 else 0):
                    return
                await replica.apply(number, entry)
                if at is None and number == newest:
                    at = replica.moment_at(entry)
                    return

        run_to_end(apply())
        assert at is not None, "the entry is there"
        at = max(at, self._opened)
        simulator.clock.begin_at(at, held=True, speed=1.0)
        return View(simulator, at, stretch)

    def _entries(self, last: int) -> Iterator[tuple[int, Entry]]:
        return takewhile(lambda pair: pair[0] <= last, self._log.entries())

    def _replica(self) -> tuple[Replica, Simulator]:
        """A replica that has applied nothing."""
        time, simulator = SharedTime(), self._fresh()
        start, held, speed, wall = (self._log.head or {})["clock"]
        with time.frozen_at(wall):
            simulator.clock.follow(time, (start, held, speed), opened=self._opened)
        return Replica(simulator, self._log, load=self._load, time=time, perform=self._perform), simulator


def _puts_back(entry: Entry) -> bool:
    if entry.kind != "control" or entry.fields["m"] != "POST":
        return False
    return str(entry.fields["path"]).rpartition("/")[2] in _BACK

"""Look back on a run that one server keeps or has recorded."""

from collections.abc import Callable, Iterator
from itertools import takewhile

from mockreel.engine.moment import Moment, Stretch, not_then, stretch_of
from mockreel.simulator.run_recorder import View
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.storage.checkpoints.checkpoint import Load
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.logs.run_log import RunLog
from mockreel.simulator.storage.playback import Playback, apply_log

# What puts the clock back, in a user's words.
_BACK = {"reset": "reset", "restored": "restore"}


class LogHistory:
    """The past that is in a log; `History` says what can be done with it.

    Args:
        fresh: makes a simulator of the run as it was before its first entry.
        opened: when the run began.
        now: gives the moment up to which it has come.
    """

    def __init__(
        self, log: RunLog, fresh: Callable[[], Simulator], *, load: Load, opened: float, now: Callable[[], float]
    ) -> None:
        self._log = log
        self._fresh = fresh
        self._load = load
        self._opened = opened
        self._now = now

    def stretches(self) -> list[Stretch]:
        found: list[Stretch] = []
        first, last, begun, latest = 1, 0, self._opened, self._opened
        for last, entry in self._log.entries():
            if entry.kind == "restored" and found and last == first + 1:  # the simulator was reset for it
                found[-1] = found[-1]._replace(by=_BACK[entry.kind])
                begun = latest = entry.at
            elif entry.kind in _BACK:
                ended = entry.fields.get("before", latest)
                found.append(Stretch(first, last - 1, begun, ended, _BACK[entry.kind]))
                first, begun, latest = last, entry.at, entry.at
            else:
                latest = max(latest, entry.at)
        return [*found, Stretch(first, last, begun, max(begun, self._now()))]

    def view(self, moment: Moment) -> View:
        stretch = stretch_of(moment, self.stretches())
        at, newest = self._place(moment, stretch)
        simulator = self._fresh()
        playback = Playback(simulator, self._log, load=self._load)
        apply_log(playback, takewhile(lambda pair: pair[0] <= newest, self._log.entries()))
        at = max(at, self._opened)
        simulator.clock.begin_at(at, held=True, speed=1.0)
        return View(simulator, at, stretch)

    def _place(self, moment: Moment, stretch: Stretch) -> tuple[float, int]:
        """When a moment was, and the number of the newest entry then."""
        last = stretch.last if moment.entry is None else moment.entry
        newest, at = stretch.first - 1, stretch.begun
        for number, entry in self._of(stretch):
            if number > last:
                if moment.at is not None and entry.at < moment.at:
                    raise not_then(moment, stretch.begun, entry.at)
                break
            if moment.at is None or entry.at <= moment.at:
                newest, at = number, entry.at
        return at if moment.at is None else moment.at, newest

    def _of(self, stretch: Stretch) -> Iterator[tuple[int, Entry]]:
        return takewhile(lambda pair: pair[0] <= stretch.last, self._log.entries(after=stretch.first - 1))

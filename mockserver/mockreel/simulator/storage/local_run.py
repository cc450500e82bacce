"""A run that is kept in a log: taken up where it was left, recorded while it is served, and looked back on."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from pathlib import Path
from threading import Thread
from typing import Any

from mockreel.engine.clock import Clock
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.storage.checkpoints import checkpoint
from mockreel.simulator.storage.checkpoints.checkpoint import Load
from mockreel.simulator.storage.checkpoints.process_fork import CAN_FORK, beside
from mockreel.simulator.storage.log_recorder import Recorder
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.logs.run_log import RunLog
from mockreel.simulator.storage.playback import Playback
from mockreel.simulator.storage.run_head import new_head, read_head

# Entries that say how the clock goes on from their moment.
_OF_CLOCK = frozenset({"clock", "reset", "resumed"})
# Behind so many entries without a checkpoint one is made when the run is taken up or left.
WORTH_IT = 2_000
# While it is served, one is made behind so many entries, and a quarter as many as there are jobs.
OFTEN = 20_000


class LocalRun:
    """One run and its log.

    Args:
        log: a new one, or that of the run.
        settings: the options that the same entries give the same state with.
        contracts: the version of each provider's contract.
        clock: how the simulator's clock begins; a run that goes on has its own.
        checkpoints: the file beside the log where checkpoints are kept; None keeps none.
        wall: gives the real time in seconds since the epoch.
        responses: record every request, and what was answered.

    Raises:
        StateError: the run was begun with other settings, by another version, or the log cannot be read.
    """

    def __init__(
        self,
        log: RunLog,
        *,
        settings: Mapping[str, Any],
        contracts: Mapping[str, str],
        clock: Clock,
        load: Load,
        checkpoints: Path | None = None,
        wall: Callable[[], float] = time.time,
        responses: bool = False,
    ) -> None:
        self.log = log
        self._load = load
        self._wall = wall
        self._responses = responses
        self._checkpoints = checkpoints
        self.taken = 0  # the entry behind which the last checkpoint was taken
        self._child: Thread | None = None  # waits for the process that makes a checkpoint
        self.recorder: Recorder | None = None
        self.is_new = log.head is None
        if log.head is None:
            self.head = new_head(settings, contracts, opened=clock.now())
            log.begin(self.head.row())
        else:
            self.head = read_head(log.head, where=log.where)
            self.head.check(settings, contracts, where=log.where)
        clock.begin_at(self.head.opened, held=clock.held, speed=clock.speed)

    @property
    def beside(self) -> Sequence[Callable[[Simulator], Coroutine[None, None, None]]]:
        """What runs beside the requests."""
        return ()

    def end_recording(self) -> None:
        """What comes from now on is no part of the run."""
        if self.recorder is not None:
            self.recorder.catch_up()
            self.recorder.detach()

    def see_that_it_worked(self) -> None:
        """It has worked, or has said at the start what was wrong."""

    def take_up(self, simulator: Simulator) -> None:
        """Put a fresh simulator to where the run was left, and record it from now on.

        Raises:
            StateError: the log cannot be applied.
        """
        recorder = Recorder(simulator, self.log, wall=self._wall, responses=self._responses)
        if self.is_new:
            kind, held, speed = "clock", simulator.clock.held, simulator.clock.speed
        else:
            playback = self._played(simulator)
            kind, (held, speed) = "resumed", self._go_on(simulator, playback)
            recorder = Recorder(simulator, self.log, wall=self._wall, responses=self._responses)
        self.log.append([Entry(kind, simulator.clock.now(), {"held": held, "speed": speed, "wall": self._wall()})])
        recorder.attach()
        self.recorder = recorder
        recorder.watcher = lambda number: self._watch(simulator, number)
        if self.log.last - self.taken > WORTH_IT and not self.is_new:
            self.keep_checkpoint(simulator)

    def _played(self, simulator: Simulator) -> Playback:
        found = self._checkpoint(simulator)
        playback = Playback(simulator, self.log, load=self._load)
        if found is not None:
            playback.clock = found.clock
            playback.under_way = found.under_way
            self.taken = found.number
        play(playback, self.log.entries(after=self.taken))
        return playback

    def _checkpoint(self, simulator: Simulator) -> checkpoint.Checkpoint | None:
        if self._checkpoints is None:
            return None
        found = checkpoint.find(self._checkpoints, run=self.head.id, last=self.log.last)
        return found if found is not None and checkpoint.put_back(simulator, found, load=self._load) else None

    def _go_on(self, simulator: Simulator, playback: Playback) -> tuple[bool, float]:
        """Let the clock go on: one that ran has run on meanwhile, as a provider's does while nobody looks."""
        last = simulator.clock.now()
        held, speed = simulator.clock.held, simulator.clock.speed
        now = last
        if playback.clock is not None:
            at, row = playback.clock
            held, speed = row["held"], row["speed"]
            now = last if held else max(last, at + (self._wall() - row["wall"]) * speed)
        playback.resume()
        simulator.clock.begin_at(now, held=held, speed=speed)
        return held, speed

    # Checkpoints

    def _watch(self, simulator: Simulator, number: int) -> None:
        """See whether enough has been written for a checkpoint; it is made when nothing is half done."""
        if number - self.taken < OFTEN or not CAN_FORK:
            return
        with contextlib.suppress(RuntimeError):  # no loop runs here
            asyncio.get_running_loop().call_soon(self._fork, simulator)

    def _fork(self, simulator: Simulator) -> None:
        """Make a checkpoint beside the requests, in a process of its own."""
        number = self.log.last
        jobs = sum(len(provider.jobs) for provider in simulator.providers.values())
        if number - self.taken < max(OFTEN, jobs // 4) or self._child is not None:
            return
        if self._checkpoints is None or any(provider.waits for provider in simulator.providers.values()):
            return
        path, taken = self._checkpoints, self.taken
        self.taken = number

        def done(kept: bool) -> None:
            self._child = None
            self.taken = self.taken if kept else taken

        self._child = beside(lambda: checkpoint.keep(path, self._data(simulator, number)), done)

    def keep_checkpoint(self, simulator: Simulator) -> None:
        """Make a checkpoint, so that what is in it need not be applied again; where that fails, the log is enough."""
        if self._checkpoints is None or any(provider.waits for provider in simulator.providers.values()):
            return
        try:
            checkpoint.keep(self._checkpoints, self._data(simulator, self.log.last))
        except OSError:
            return
        self.taken = self.log.last

    def _data(self, simulator: Simulator, number: int) -> bytes:
        clock = simulator.clock
        row = {"held": clock.held, "speed": clock.speed, "wall": self._wall()}
        under_way = [] if self.recorder is None else self.recorder.under_way()
        return checkpoint.take(
            simulator, run=self.head.id, number=number, clock=(clock.now(), row), under_way=under_way
        )

    def leave(self, simulator: Simulator) -> None:
        """The server is ending: all is written, and the log is closed."""
        if self._child is not None:
            self._child.join()
        if self.recorder is not None:
            self.recorder.catch_up()
        if self.log.last - self.taken > WORTH_IT:
            self.keep_checkpoint(simulator)
        self.log.close()

    # Looking back

    def past(self, fresh: Simulator, moment: float) -> Simulator:
        """A fresh simulator as the run was at a moment; its clock stands there.

        Raises:
            StateError: the log cannot be applied.
        """
        playback = Playback(fresh, self.log, load=self._load)
        play(playback, until(self.log, moment))
        fresh.clock.begin_at(max(moment, self.head.opened), held=True, speed=1.0)
        return fresh


def until(log: RunLog, moment: float) -> Iterator[tuple[int, Entry]]:
    """The entries up to a moment: to the last time that it was, as a reset may have put the clock back."""
    last = max((number for number, entry in log.entries() if entry.at <= moment), default=0)
    return takewhile(lambda pair: pair[0] <= last, log.entries())


def play(playback: Playback, entries: Iterable[tuple[int, Entry]]) -> None:
    """Apply entries on an event loop of their own, whatever loop runs here.

    Raises:
        StateError: one does not fit what came before it.
    """
    play_on_a_loop(playback.play(entries))


def play_on_a_loop(playing: Coroutine[Any, Any, None]) -> None:
    """Run something to its end on an event loop of its own, whatever loop runs here."""
    with ThreadPoolExecutor(1, thread_name_prefix="mockreel-playback") as thread:
        thread.submit(asyncio.run, playing).result()

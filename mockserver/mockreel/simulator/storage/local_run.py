"""A run that one server keeps in a log: resumed where it ended, recorded while it is served, and read back."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

from mockreel.engine.clock import Clock
from mockreel.errors import StateError
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.storage.checkpoints import checkpoint
from mockreel.simulator.storage.checkpoints.checkpoint import Load
from mockreel.simulator.storage.checkpoints.process_fork import CAN_FORK, beside
from mockreel.simulator.storage.log_history import LogHistory
from mockreel.simulator.storage.log_recorder import Recorder
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.logs.run_log import RunLog
from mockreel.simulator.storage.playback import Playback, apply_log
from mockreel.simulator.storage.run_head import new_head, read_head

# Entries that define how the clock continues from their moment.
_OF_CLOCK = frozenset({"clock", "reset", "resumed"})
# After this many entries without a checkpoint, one is taken when the run is resumed or closed.
WORTH_IT = 2_000
# While it is served, one is made behind so many entries, and a fifth as many as there are jobs: to apply those takes a
# second of a start at most. One that could not be made is tried again so many entries later.
OFTEN, JOBS, AGAIN = 20_000, 5, 1_000


class LocalRun:
    """One run and its log.

    Args:
        log: a new one, or that of the run.
        settings: the options that the state depends on besides the entries.
        contracts: the version of each provider's contract.
        clock: how the simulator's clock begins; a resumed run has its own.
        checkpoints: the file beside the log for checkpoints; None takes none.
        wall: gives the real time in seconds since the epoch.
        responses: record every request, and its response.

    Raises:
        StateError: the run has other settings or another version, or the log cannot be read.
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
        self.last_checkpoint = 0  # the entry behind which the last checkpoint was taken
        self._due_at = OFTEN  # the entry behind which to look whether one is worth it
        self._is_owed = False  # one was worth it when the run was resumed
        self._child: Thread | None = None  # waits for the process that makes a checkpoint
        self.recorder: Recorder | None = None
        self.is_new = log.head is None
        if log.head is None:
            self.head = new_head(settings, contracts, opened=clock.now())
            log.begin(self.head.row())
        else:
            self.head = read_head(log.head, where=log.where)
            self.head.check(settings, contracts, where=self.title)
        clock.begin_at(self.head.opened, held=clock.held, speed=clock.speed)

    @property
    def title(self) -> str:
        """What it is called in a message."""
        return f"The run in {self.log.where}"

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
        """Raises what was reported as wrong at the start."""

    def resume(self, simulator: Simulator) -> None:
        """Bring a fresh simulator to where the run ended, and record it from now on.

        Raises:
            StateError: the log cannot be applied.
        """
        recorder = Recorder(simulator, self.log, wall=self._wall, responses=self._responses)
        if self.is_new:
            kind, held, speed = "clock", simulator.clock.held, simulator.clock.speed
        else:
            playback = self._resumed_playback(simulator)
            kind, (held, speed) = "resumed", self._go_on(simulator, playback)
            recorder = Recorder(simulator, self.log, wall=self._wall, responses=self._responses)
        self.log.append([Entry(kind, simulator.clock.now(), {"held": held, "speed": speed, "wall": self._wall()})])
        recorder.attach()
        self.recorder = recorder
        recorder.watcher = partial(self._watch, simulator)
        self._is_owed = self.log.last - self.last_checkpoint > WORTH_IT and not self.is_new
        self._due_at = 0 if self._is_owed else self.last_checkpoint + OFTEN
        if self._is_owed and not CAN_FORK:
            self.keep_checkpoint(simulator)

    def _resumed_playback(self, simulator: Simulator) -> Playback:
        found = self._checkpoint(simulator)
        playback = Playback(simulator, self.log, load=self._load)
        if found is not None:
            playback.clock = found.clock
            playback.under_way = found.under_way
            self.last_checkpoint = found.number
        apply_log(playback, self.log.entries(after=self.last_checkpoint))
        return playback

    def _checkpoint(self, simulator: Simulator) -> checkpoint.Checkpoint | None:
        if self._checkpoints is None:
            return None
        checkpoint.forget_halves(self._checkpoints)
        found = checkpoint.find(self._checkpoints, run=self.head.id)
        if found is not None and found.number > self.log.last:
            raise StateError(
                f"{self.log.where} has lost its newest entries: {self._checkpoints} has {found.number}, and "
                f"{self.log.last} are there. Take a copy that is whole; to go on with those {self.log.last}, delete "
                f"{self._checkpoints.name}."
            )
        return found if found is not None and checkpoint.restore(simulator, found, load=self._load) else None

    def _go_on(self, simulator: Simulator, playback: Playback) -> tuple[bool, float]:
        """Resume the clock: one that was running has run on in between, as a provider's would."""
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
        if number < self._due_at or not CAN_FORK:
            return
        self._due_at = number + AGAIN
        with contextlib.suppress(RuntimeError):  # no loop runs here
            asyncio.get_running_loop().call_soon(self._fork, simulator)

    def _fork(self, simulator: Simulator) -> None:
        """Take a checkpoint in another process, while requests are served."""
        number = self.log.last
        jobs = sum(len(provider.jobs) for provider in simulator.providers.values())
        often = max(OFTEN, jobs // JOBS)
        wanted = WORTH_IT if self._is_owed else often
        if number - self.last_checkpoint < wanted:
            self._due_at = self.last_checkpoint + wanted
            return
        if self._child is not None:
            return
        if self._checkpoints is None or any(provider.waits for provider in simulator.providers.values()):
            return
        try:
            stored = None if self.recorder is None else self.recorder.stored()
        except StateError:
            return
        path, last_checkpoint, half = self._checkpoints, self.last_checkpoint, checkpoint.half_of(self._checkpoints)
        self.last_checkpoint = number
        self._is_owed, self._due_at = False, number + often

        def done(is_made: bool) -> None:
            """It takes its place once the log has all that is in it."""
            if not (is_made and _is_stored(stored) and _moved(half, path)):
                half.unlink(missing_ok=True)
                self.last_checkpoint = last_checkpoint
            self._child = None

        self._child = beside(lambda: checkpoint.write(half, self._data(simulator, number)), done)

    def keep_checkpoint(self, simulator: Simulator) -> None:
        """Make a checkpoint, so that what is in it need not be applied again; where that fails, the log is enough."""
        if self._checkpoints is None or any(provider.waits for provider in simulator.providers.values()):
            return
        try:
            if self.recorder is not None and not _is_stored(self.recorder.stored()):
                return
            checkpoint.keep(self._checkpoints, self._data(simulator, self.log.last))
        except (OSError, StateError):
            return
        self.last_checkpoint = self.log.last

    def _data(self, simulator: Simulator, number: int) -> bytes:
        clock = simulator.clock
        row = {"held": clock.held, "speed": clock.speed, "wall": self._wall()}
        under_way = [] if self.recorder is None else self.recorder.under_way()
        return checkpoint.take(
            simulator, run=self.head.id, number=number, clock=(clock.now(), row), under_way=under_way
        )

    def close(self, simulator: Simulator) -> None:
        """The server is ending: all is written, and the log is closed."""
        if self._child is not None:
            self._child.join()
        if self.recorder is not None:
            self.recorder.catch_up()
        if self.log.last - self.last_checkpoint > WORTH_IT:
            self.keep_checkpoint(simulator)
        self.log.close()

    def history(self, fresh: Callable[[], Simulator], *, now: Callable[[], float]) -> LogHistory:
        """What can be looked back on; the parameters are those of `LogHistory`."""
        return LogHistory(self.log, fresh, load=self._load, opened=self.head.opened, now=now)


def _is_stored(stored: "Future[None] | None") -> bool:
    """Wait until the log has what it was given; whether it has."""
    return stored is None or stored.exception() is None


def _moved(half: Path, path: Path) -> bool:
    try:
        half.replace(path)
    except OSError:
        return False
    return True

"""Applies the log of a run that several servers share, to the simulator of one of them, while that answers.

Every server applies the same entries in the same order, each at the moment at which the log took it; what comes of an
entry is what its server answers with.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from mockreel.contract.messages.message import Response
from mockreel.engine.accounts.keyring import Admission
from mockreel.engine.clock import LATEST
from mockreel.engine.jobs.job import Job
from mockreel.engine.scheduler import Action
from mockreel.errors import AccountsFull, LogMisfit
from mockreel.simulator import pipeline
from mockreel.simulator.jobs.job_end import JobEnd
from mockreel.simulator.provider import Provider, Reaching
from mockreel.simulator.request_context import RequestContext
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.storage.checkpoints import checkpoint
from mockreel.simulator.storage.checkpoints.checkpoint import Checkpoint, Load
from mockreel.simulator.storage.due_action import is_recorded, named
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.logs.run_log import RunLog
from mockreel.simulator.storage.playback import Playback
from mockreel.simulator.storage.request_record import alias_of, request_of
from mockreel.simulator.storage.shared.redis_time import SharedTime
from mockreel.webhooks import Outgoing, Sender

# Performs a control request: from the fields of its entry to its response.
Perform = Callable[[Simulator, Mapping[str, Any]], Awaitable[Any]]
# The number of the entry that a request is applied for.
_ENTRY: ContextVar[int] = ContextVar("entry")
# What the holder of the lease guesses to be due may be so much ahead of the log's moment: its float has no more digits.
_ROUNDING = 0.001
# Steps of the event loop until a task that waits for another one goes on.
_TURNS = 5


class Waiting(NamedTuple):
    """A request that waits for a job: what it waits for, and what ends it."""

    job: Job
    moment: float | None
    reached: Reaching
    over: "asyncio.Future[bool]"


class Sending(NamedTuple):
    """An attempt to be sent, and the fencing number under which it began."""

    provider: str
    delivery: str
    fence: str
    message: Outgoing


@dataclass(slots=True, eq=False)
class Advance:
    """The clock is being moved to a moment by hand."""

    number: int
    target: float
    done: "asyncio.Future[int]"
    ran: int = field(default=0)


class Replica(Playback):
    """One simulator, and how far it has applied the log.

    Args:
        simulator: a fresh simulator, whose clock follows `time`.
        perform: performs a control request.
        send: receives every attempt that begins; None if nothing is sent.
    """

    def __init__(
        self,
        simulator: Simulator,
        log: RunLog,
        *,
        load: Load,
        time: SharedTime,
        perform: Perform,
        send: Callable[[Sending], None] | None = None,
    ) -> None:
        super().__init__(simulator, log, load=load)
        self.number = 0  # of the last entry that was applied
        self.moment = 0.0
        self.lease_holder = ""  # the server that has the lease
        self.advances: deque[Advance] = deque()
        self.waits: dict[int, Waiting] = {}
        self._applying = False
        self._time = time
        self._perform = perform
        self._send = send
        self._fences: dict[tuple[str, str], str] = {}
        self._servers: dict[int, str] = {}  # by entry, whose request waits
        self._shared: Mapping[str, Callable[[int, Entry], Any]] = {
            "request": self._requested,
            "answered": self._answer,
            "control": self._controlled,
            "due": self._begun,
            "attempt": self._ended,
            "advance": self._advance,
            "advanced": self._advanced,
            "taken": self._on_taken,
            "left": self._on_left,
        }
        self._script()
        for provider in simulator.providers.values():
            provider.reach_through(partial(self._reaching, provider))

    def moment_at(self, entry: Entry) -> float:
        """The moment of the run at an entry, by the clock as it is now."""
        with self._time.frozen_at(entry.at):
            return self._simulator.clock.now()

    async def apply(self, number: int, entry: Entry) -> Any:
        """Apply the next entry; gives what comes of it.

        Raises:
            LogMisfit: it cannot be applied.
        """
        if number != self.number + 1:
            raise self._misfit(number, entry, f"entry {self.number + 1} is missing")
        self.number, self.moment, self._applying = number, entry.at, True
        with self._time.frozen_at(entry.at):
            try:
                found = self._shared[entry.kind](number, entry)
                found = await found if asyncio.iscoroutine(found) else found
            except LogMisfit:
                raise
            except Exception as problem:
                raise self._misfit(number, entry, f"{type(problem).__name__}: {problem}") from problem
        self._applying = False
        return found

    # Checkpoints

    @property
    def is_settled(self) -> bool:
        """Whether no entry is being applied, or was broken off, and nothing waits for another one but deliveries."""
        return not (self._applying or self._waiting or self.waits or self.advances)

    def checkpoint(self, *, run: str) -> bytes:
        """All that has come to be behind the last entry, for another server of the run."""
        clock = self._simulator.clock
        with self._time.frozen_at(self.moment):
            pin = clock.pin()
            clock.unpin(pin)
            return checkpoint.take(
                self._simulator,
                run=run,
                number=self.number,
                clock=(self.moment, {"pin": pin, "speed": clock.speed}),
                under_way=[(*name, one.due[0], one.began) for name, one in self._under_way.items()],
                more={
                    "lease_holder": self.lease_holder,
                    "fences": [(*name, self._fences[name]) for name in self._under_way],
                },
            )

    def begin_behind(self, found: Checkpoint) -> bool:
        """Begin with what a checkpoint has; whether it fits. Where it does not, the simulator is as it was."""
        moment, row = found.clock
        clock, more = self._simulator.clock, found.document["more"]
        with self._time.frozen_at(moment):
            if not checkpoint.restore(self._simulator, found, load=self._load):
                return False
            origin, since, held = row["pin"]
            clock.begin_at(origin, held=held, speed=row["speed"])
            clock.unpin((origin, since, held))
            for provider in self._simulator.providers.values():
                provider.keyring.forget_aliases()
            self.lease_holder = more["lease_holder"]
            self._fences = {(provider, id_): fence for provider, id_, fence in more["fences"]}
            self.number, self.moment, self.under_way = found.number, moment, found.under_way
            self._begin_under_way()
        return True

    # Requests

    async def _requested(self, number: int, entry: Entry) -> "Response | asyncio.Future[Response]":
        row = entry.fields
        provider = self._simulator.provider(row["p"])
        if row["k"] is not None:
            key = Admission(0, **row["k"])
            with suppress(AccountsFull):  # the provider reports it
                provider.keyring.introduce(key, alias=alias_of(key.key))
        context = RequestContext(provider, request_of(row, self._log), provider.clock.now())
        before = _ENTRY.set(number)
        try:
            answer = pipeline.respond(context)
            if isinstance(answer, Response):
                return answer
            task = asyncio.ensure_future(answer)
        finally:
            _ENTRY.reset(before)
        self._waiting[number], self._servers[number] = task, row["by"]
        task.add_done_callback(lambda _: (self._waiting.pop(number, None), self._servers.pop(number, None)))
        turns = 0
        while not task.done() and number not in self.waits and (context.in_steps or turns < _TURNS):
            turns += 1
            await asyncio.sleep(0)
        return task

    def _reaching(self, provider: Provider, inner: Reaching) -> Reaching:
        """Waits for a job until the log says that the wait is over; requests outside the log wait as usual."""

        async def reached(job: Job, moment: float | None) -> bool:
            number = _ENTRY.get(0)
            if not number:
                return await inner(job, moment)
            base_url = provider.base_url
            waiting = Waiting(job, moment, inner, asyncio.get_running_loop().create_future())
            self.waits[number] = waiting
            try:
                return await waiting.over
            finally:
                provider.base_url = base_url  # other requests may have set it
                self.waits.pop(number, None)

        return reached

    async def _answer(self, _: int, entry: Entry) -> None:
        """What a request waited for is over: its job has ended, it took too long, or its client has left."""
        of, over = entry.fields["of"], entry.fields["over"]
        waiting, task = self.waits.get(of), self._waiting.get(of)
        if waiting is not None and not waiting.over.done():
            waiting.over.cancel() if over is None else waiting.over.set_result(over)
        if task is not None:
            for _ in range(_TURNS):
                await asyncio.sleep(0)

    async def _on_left(self, _: int, entry: Entry) -> None:
        """A server has ended: nothing waits for its requests any more."""
        for number, server in list(self._servers.items()):
            if server == entry.fields["server"]:
                self._waiting[number].cancel()
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    async def _controlled(self, _: int, entry: Entry) -> Any:
        return await self._perform(self._simulator, entry.fields)

    # What is due

    def _begun(self, _: int, entry: Entry) -> bool:
        """Begin what the entry calls due; returns whether it was there."""
        due = {name: entry.fields[name] for name in ("what", "provider", "id")}
        scheduler, clock, providers = self._simulator.scheduler, self._simulator.clock, self._simulator.providers

        def matches(action: Action) -> bool:
            return is_recorded(action) and named(action, providers) == due

        found = scheduler.take(matches)
        if found is None:
            return False
        advance = self.advances[0] if self.advances else None
        if found[0] > (clock.now() + _ROUNDING if advance is None else advance.target):
            scheduler.restore(found)
            return False
        if advance is not None:
            advance.ran += 1
        if found[0] > clock.now():
            clock.advance_to(found[0])
        action = found[2]
        if isinstance(action, JobEnd):
            action.provider.base_url = action.job.account.base_url or action.provider.base_url
        outcome = action()
        if outcome is not None:
            self._fences[due["provider"], due["id"]] = entry.fields["f"]
            self._begin((due["provider"], due["id"]), outcome, found, clock.now())
        return True

    def _sending(self, name: tuple[str, str], message: Outgoing) -> None:
        if self._send is not None:
            self._send(Sending(*name, self._fences[name], message))

    def sender(self, provider: str) -> Sender:
        """How the webhooks of a provider are sent."""
        return self._senders[provider]

    def waiting_servers(self) -> set[str]:
        """The servers whose clients wait for something."""
        return set(self._servers.values())

    def is_under_way(self, sending: Sending) -> bool:
        """Whether the outcome of an attempt is unknown."""
        name = (sending.provider, sending.delivery)
        return name in self._under_way and self._fences.get(name) == sending.fence

    @property
    def under_way_count(self) -> int:
        """How many attempts are in progress."""
        return len(self._under_way)

    def _ended(self, number: int, entry: Entry) -> None:
        """The outcome of an attempt, unless another server has begun it again meanwhile."""
        row = entry.fields
        name = (row["p"], row["id"])
        delivery = self._simulator.provider(row["p"]).deliveries.get(row["id"])
        current = delivery is None or len(delivery.attempts) + 1 == row["number"]
        if name in self._under_way and self._fences.get(name) == row["f"] and current:
            self._attempt(number, entry)

    def _on_taken(self, _: int, entry: Entry) -> None:
        """Another server does from now on what is due: it makes again what was under way."""
        if entry.fields["server"] != self.lease_holder:
            self.lease_holder = entry.fields["server"]
            self.resume()

    # Time by hand

    def _advance(self, number: int, entry: Entry) -> "asyncio.Future[int]":
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        target = min(LATEST, self._simulator.clock.now() + entry.fields["seconds"])
        self.advances.append(Advance(number, target, done))
        return done

    def _advanced(self, _: int, entry: Entry) -> None:
        if self.advances and self.advances[0].number == entry.fields["of"]:
            advance = self.advances.popleft()
            self._simulator.clock.advance_to(advance.target)
            if not advance.done.done():
                advance.done.set_result(advance.ran)

    def forget(self) -> None:
        """Everything was forgotten, or is another run's: what was under way ends unseen."""
        self._forget()
        self._fences.clear()
        for advance in self.advances:
            if not advance.done.done():
                advance.done.set_result(advance.ran)
        self.advances.clear()

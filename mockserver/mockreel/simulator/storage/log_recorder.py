"""Writes the log of a run while it is served: every change of a simulator in the order in which it happened."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from dataclasses import asdict
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from mockreel.contract.messages.message import Request, Response, problem
from mockreel.engine.accounts.account import Account, Caller
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.engine.scheduler import Action
from mockreel.errors import StateError
from mockreel.simulator import pipeline
from mockreel.simulator.pipeline import OWN_PATHS
from mockreel.simulator.provider import Provider
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.snapshots.snapshot_writer import intervention_row, rule_row
from mockreel.simulator.storage.checkpoints.checkpoint import UnderWay
from mockreel.simulator.storage.due_action import is_recorded, named
from mockreel.simulator.storage.key_list import listed_row
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.logs.run_log import RunLog
from mockreel.simulator.storage.request_record import UNKNOWN_KEY, alias, write
from mockreel.webhooks import Attempt, Delivery
from mockreel.webhooks.dispatcher import AttemptDue, Observer

# Called after entries were written, with their count.
Watcher = Callable[[int], None]


class Recorder:
    """Records a simulator from the moment it is attached.

    A request that changes nothing is not recorded, unless `responses` are compared later: then each one is, with its
    response's hash.

    Args:
        wall: gives the real time in seconds since the epoch, from which a running clock is resumed later.
        responses: record every request and its response.
    """

    def __init__(
        self, simulator: Simulator, log: RunLog, *, wall: Callable[[], float], responses: bool = False
    ) -> None:
        self.log = log
        self.watcher: Watcher | None = None
        self._simulator = simulator
        self._wall = wall
        self._responses = responses
        self._inside = False  # what happens is the effect of an entry that is being made
        self._backlog: list[Entry] = []  # what has happened and could not be written
        self._lost = StateError("")  # why it could not
        self._clock_changed = False
        self._last: Future[None] | None = None
        self._begun: dict[tuple[str, str], tuple[float, float]] = {}  # attempts that are under way
        self._aliases: dict[int, tuple[Caller, str]] = {}
        self._admitted = {name: self._keys(provider) for name, provider in simulator.providers.items()}
        self._rules = self._rule_ids()

    def attach(self) -> None:
        """Begin to record."""
        simulator = self._simulator
        simulator.recorder = self
        simulator.scheduler.performer = self.perform
        simulator.clock.listeners.append(self._on_clock)
        for provider in simulator.providers.values():
            provider.recorder = self
            provider.deliveries.observer = self._observing(provider, provider.deliveries.observer)

    def detach(self) -> None:
        """Record nothing any more, as what comes is no part of the run."""
        self._simulator.recorder = None
        self._simulator.scheduler.performer = None
        for provider in self._simulator.providers.values():
            provider.recorder = None

    # Requests

    def answer(self, provider: Provider, request: Request) -> Answer:
        """Answer a request, and record it if it has changed something."""
        rules = self._simulator.rules
        behind = (self._backlog or self._clock_changed or rules.all or self._rules) and self._needs_writing()
        if behind and not self._recovered() and not is_read(provider, request):
            return _not_stored(self._lost)
        clock, body, keyring = provider.clock, request.body, provider.keyring
        before = provider.touches + keyring.admitted + (self._met() if rules.all else 0)
        pin, self._inside = clock.pin(), True
        try:
            context = RequestContext(provider, request, clock.now())
            answer = pipeline.respond(context)
        finally:
            self._inside = False
            clock.unpin(pin)
        touched = provider.touches + keyring.admitted + (self._met() if rules.all else 0) != before
        if not (touched or self._responses or _changes(context)):
            return answer
        return self._recorded(context, answer, unpacked=request.body is not body)

    def _recorded(self, context: RequestContext, answer: Answer, *, unpacked: bool) -> Answer:
        entries = self._new_keys(context)
        key = UNKNOWN_KEY if context.caller is None or not context.key else self._alias(context, context.caller)
        fields = write(context, key=key, unpacked=unpacked, files=self.log)
        if self._responses and isinstance(answer, Response):
            fields["a"] = response_digest(answer)
        entries.append(Entry("request", context.now, fields))
        done = self._write(entries)
        if self._backlog:
            if not isinstance(answer, Response):
                _forget(answer)
            return _not_stored(self._lost)
        if isinstance(answer, Response):
            return answer if done is None else self._once_stored(answer, done)
        return self._waiting(self.log.last, context, answer, done)

    def _alias(self, context: RequestContext, caller: Caller) -> str:
        """The alias of a caller's key; there is one caller object for each key."""
        known = self._aliases.get(id(caller))
        if known is not None and known[0] is caller:
            return known[1]
        provider, key = context.provider, context.key or ""
        found = alias(self._admitted[provider.name][provider.keyring.hash_of(key)])
        self._aliases[id(caller)] = caller, found
        return found

    def _new_keys(self, context: RequestContext) -> list[Entry]:
        """Entries for keys that were found for the first time."""
        provider = context.provider
        known = self._admitted[provider.name]
        if provider.keyring.admitted == len(known):
            return []
        found = []
        for one in provider.keyring.admissions():
            if one.key not in known:
                known[one.key] = one.number
                row = listed_row(provider.keyring.list_entry(one.key))
                found.append(Entry("key", context.now, {"p": provider.name, **asdict(one), "listed": row}))
        return found

    @staticmethod
    async def _once_stored(answer: Response, done: "Future[None]") -> Response:
        """Send a response once its entry is stored."""
        try:
            await asyncio.wrap_future(done)
        except StateError as lost:
            return _not_stored(lost)
        return answer

    async def _waiting(
        self, number: int, context: RequestContext, answer: Awaitable[Response], done: "Future[None] | None"
    ) -> Response:
        """A response that waits for a job; its arrival is an entry of its own."""
        if done is not None:
            await asyncio.wrap_future(done)
        response = await answer
        fields = {"of": number, "p": context.provider.name, "job": context.job}
        if self._responses:
            fields["a"] = response_digest(response)
        done = self._write([Entry("answered", context.provider.clock.now(), fields)])
        if self._backlog:
            return _not_stored(self._lost)
        return response if done is None else await self._once_stored(response, done)

    # What happens by the clock

    def perform(self, action: Action) -> Awaitable[None] | None:
        """Do what is due, and record it."""
        if not is_recorded(action):
            return action()
        clock = self._simulator.clock
        pin, self._inside = clock.pin(), True
        try:
            now = clock.now()
            entry = Entry("due", now, named(action, self._simulator.providers))
            if isinstance(action, AttemptDue):
                due = action.delivery.next_at
                self._begun[entry.fields["provider"], action.delivery.id] = (now if due is None else due, now)
            outcome = action()
        finally:
            self._inside = False
            clock.unpin(pin)
        self._write([*self._changes(), entry] if self._is_behind() else [entry])
        return outcome

    def _observing(self, provider: Provider, observer: Observer | None) -> Observer:
        def observe(delivery: Delivery, attempt: Attempt) -> None:
            one = attempt.outcome
            self._begun.pop((provider.name, delivery.id), None)
            fields = {
                "p": provider.name,
                "id": delivery.id,
                "number": attempt.number,
                "status": one.status,
                "response": one.response,
                "error": one.error,
                "detail": one.detail,
            }
            if self._responses:
                fields["a"] = blake2b(delivery.body, digest_size=16).hexdigest()
            self._write([Entry("attempt", attempt.ended, fields)])
            if observer is not None:
                observer(delivery, attempt)

        return observe

    def under_way(self) -> list[UnderWay]:
        """The attempts in progress."""
        found = []
        for (name, id_), moments in self._begun.items():
            deliveries = self._simulator.providers[name].deliveries
            delivery = deliveries.get(id_)
            if delivery is not None and deliveries.is_under_way(delivery):
                found.append((name, id_, *moments))
        return found

    # What is done by hand

    def changing(self) -> None:
        """Whatever is changed is recorded."""

    def intervened(self, provider: Provider, job: Job, intervention: Intervention) -> None:
        """A job's plan was changed; what an entry has done is no other."""
        if not self._inside:
            fields = {"p": provider.name, "id": job.id, "u": provider.base_url, **intervention_row(intervention)}
            self._write([*self._changes(), Entry("intervention", provider.clock.now(), fields)])

    def contract_switched(self, provider: Provider) -> None:
        """Another contract is served from now on: other readings."""
        fields = {"p": provider.name, "readings": dict(provider.contract.chosen)}
        self._write([*self._changes(), Entry("readings", provider.clock.now(), fields)])

    def balance_set(self, provider: Provider, account: Account, amount: Decimal | None) -> None:
        """A balance was set by hand."""
        stated = None if amount is None else str(amount)
        fields = {"p": provider.name, "account": account.number, "amount": stated}
        self._write([*self._changes(), Entry("balance", provider.clock.now(), fields)])

    def redelivered(self, provider: Provider, delivery: Delivery) -> None:
        """A delivery was sent again by hand."""
        fields = {"p": provider.name, "id": delivery.id, "u": provider.base_url}
        self._write([*self._changes(), Entry("redelivery", provider.clock.now(), fields)])

    def reset(self, *, before: float) -> None:
        """Everything was forgotten; the rules are those of the beginning again."""
        for known in self._admitted.values():
            known.clear()
        self._aliases.clear()
        self._begun.clear()
        self._clock_changed = False
        self._rules = ()  # the initial ones are recorded again
        clock = self._clock("reset")
        self._write([clock._replace(fields={**clock.fields, "before": before})])

    def restored(self, document: Any) -> None:
        """A snapshot replaced everything."""
        self._clock_changed = False
        self._rules = self._rule_ids()
        self._write([Entry("restored", self._simulator.clock.now(), {"document": document}), self._clock("clock")])

    def stored(self) -> "Future[None] | None":
        """What to wait for until the log has all that has happened so far; None if it has that.

        Raises:
            StateError: it could not be written.
        """
        if self._backlog or self._is_behind():
            raise self._lost
        return self._last

    async def settled(self) -> None:
        """Record what was changed by hand, and wait until all of it is stored.

        Raises:
            StateError: it cannot be stored.
        """
        self.catch_up()
        if self._backlog:
            raise StateError(f"{self._lost} What was changed is lost if the server ends now.")
        if self._last is not None:
            await asyncio.wrap_future(self._last)

    def trouble(self) -> str:
        """Why nothing can be written; what could not be is tried again, as this may be all that is asked meanwhile."""
        self.catch_up()
        if self._backlog:
            return str(self._lost)
        lost = self._last.exception() if self._last is not None and self._last.done() else None
        return "" if lost is None else str(lost)

    def catch_up(self) -> None:
        """Write what was changed by hand, and what could not be written."""
        if self._backlog or self._is_behind():
            self._recovered()

    # These are compared, as their changes are not reported

    def _needs_writing(self) -> bool:
        """Whether something has happened that is not in the log yet."""
        return bool(self._backlog) or self._is_behind()

    def _is_behind(self) -> bool:
        """Whether the clock or the rules are not as the log has them."""
        return self._clock_changed or self._rules != self._rule_ids()

    def _changes(self) -> list[Entry]:
        found: list[Entry] = []
        now = self._simulator.clock.now()
        if self._clock_changed:
            self._clock_changed = False
            found.append(self._clock("clock"))
        if self._rules != self._rule_ids():
            self._rules = self._rule_ids()
            found.append(Entry("rules", now, {"rules": [rule_row(rule) for rule in self._simulator.rules.all]}))
        return found

    def _clock(self, kind: str) -> Entry:
        clock = self._simulator.clock
        return Entry(kind, clock.now(), {"held": clock.held, "speed": clock.speed, "wall": self._wall()})

    def _on_clock(self) -> None:
        self._clock_changed = True

    def _rule_ids(self) -> tuple[int, ...]:
        return tuple([rule.id for rule in self._simulator.rules.all])

    def _met(self) -> int:
        """How often a rule has matched so far."""
        every = self._simulator.rules.all
        return sum([rule.seen for rule in every]) if every else 0

    @staticmethod
    def _keys(provider: Provider) -> dict[str, int]:
        return {one.key: one.number for one in provider.keyring.admissions()}

    # Writing

    def _write(self, entries: list[Entry]) -> "Future[None] | None":
        """Write entries behind all that happened before; what cannot be written waits."""
        self._backlog += entries
        try:
            done = self.log.append(self._backlog)
        except StateError as lost:
            self._lost = lost
            logging.getLogger("mockreel").error("%s Requests that change something are refused until it can.", lost)
            return None
        self._backlog = []
        if done is not None:
            self._last = done
        if self.watcher is not None:
            self.watcher(self.log.last)
        return done

    def _recovered(self) -> bool:
        """Whether all that has happened is written now."""
        self._write(self._changes())
        return not self._backlog


def response_digest(response: Response) -> list[Any]:
    """What a response is compared by: its status, and a hash of its body."""
    return [response.status, blake2b(response.body, digest_size=16).hexdigest()]


def _changes(context: RequestContext) -> bool:
    """Whether a request may have changed something: it was handled, and is no read."""
    request, operation = context.request, context.known_operation
    if request.method in ("GET", "HEAD"):
        return context.job is not None
    if operation is None:
        return request.path.startswith(OWN_PATHS)
    return context.handled and operation.id not in context.provider.contract.conversation.reads


def is_read(provider: Provider, request: Request) -> bool:
    if request.method in ("GET", "HEAD"):
        return True
    found = provider.contract.router.find(request.path)
    operation = found.methods.get(request.method) if found else None
    return operation is not None and operation.id in provider.contract.conversation.reads


def _not_stored(lost: StateError) -> Response:
    return problem(503, "Not stored", f"{lost} The request is not confirmed; send it again once it can be stored.")


def _forget(answer: Awaitable[Response]) -> None:
    """Cancel an answer that has no receiver any more; it begins before, or what it is to await would stay unawaited."""
    if isinstance(answer, asyncio.Future):
        answer.cancel()
    if not isinstance(answer, Coroutine):
        return
    with contextlib.suppress(StopIteration, RuntimeError):  # it ends at once, or no loop runs here
        answer.send(None)
    answer.close()

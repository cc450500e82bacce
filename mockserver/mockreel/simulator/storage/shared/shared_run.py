"""A run that several servers share: requests are entries of its log first, and what comes of them is the answer."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from mockreel.contract.messages.message import Request, Response, problem
from mockreel.engine.accounts.account import Account
from mockreel.engine.clock import Clock
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.errors import StateError
from mockreel.simulator import pipeline
from mockreel.simulator.provider import OnlyReads, Provider
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.storage.checkpoints.checkpoint import Load
from mockreel.simulator.storage.log_recorder import is_read
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.logs.run_log import file_name
from mockreel.simulator.storage.request_record import UNKNOWN_KEY, alias_of, write
from mockreel.simulator.storage.run_head import new_head, read_head
from mockreel.simulator.storage.shared.checkpoint_keeper import CheckpointKeeper
from mockreel.simulator.storage.shared.entry_sequencer import Applied, EntrySequencer
from mockreel.simulator.storage.shared.lease_holder import LeaseHolder
from mockreel.simulator.storage.shared.member import Member, Timing
from mockreel.simulator.storage.shared.redis_log import RedisLog
from mockreel.simulator.storage.shared.redis_time import SharedTime
from mockreel.simulator.storage.shared.replica import Perform, Replica
from mockreel.simulator.storage.shared.shared_history import SharedHistory
from mockreel.webhooks import Delivery

_ELSEWHERE = "under another name (?run=NAME)"


class SharedRun:
    """One server's part in a shared run.

    Args:
        log: the run's log, or an empty one.
        settings: the options that the state depends on besides the entries.
        contracts: the version of each provider's contract.
        clock: how the clock begins, if the run does.
        perform: performs a control request.
        timing: how long servers trust each other.

    Raises:
        StateError: the run has other settings or another version, or the log is unreachable.
    """

    def __init__(
        self,
        log: RedisLog,
        *,
        settings: Mapping[str, Any],
        contracts: Mapping[str, str],
        clock: Clock,
        load: Load,
        perform: Perform,
        timing: Timing = Timing(),  # noqa: B008  (it is frozen)
    ) -> None:
        self.log = log
        self.recorder: SharedRun | None = None
        self._member = Member(secrets.token_hex(6), log, SharedTime(), timing)
        self._load = load
        self._perform = perform
        self._simulator: Simulator | None = None
        self._member.time.synchronize(log.time())
        self.is_new = log.head is None
        if log.head is None:
            start = clock.first
            opened = self._member.time() if start[0] is None else clock.now()
            head = new_head(settings, contracts, opened=opened)
            log.begin({**head.row(), "clock": [*start, self._member.time()]})
        assert log.head is not None
        then = f"Serve it with the version that wrote it, or keep this run {_ELSEWHERE}."
        self.head = read_head(log.head, where=log.where, then=then)
        self.head.check(settings, contracts, where=log.where, elsewhere=_ELSEWHERE)
        self._begin_clock(clock)

    def _begin_clock(self, clock: Clock) -> None:
        assert self.log.head is not None
        start, held, speed, wall = self.log.head["clock"]
        with self._member.time.frozen_at(wall):
            clock.follow(self._member.time, (start, held, speed), opened=self.head.opened)

    def resume(self, simulator: Simulator) -> None:
        """Let a fresh simulator share the run from now on; it catches up with the log first.

        Raises:
            StateError: the log is unreachable.
        """
        self._simulator = simulator
        self.replica = Replica(
            simulator, self.log, load=self._load, time=self._member.time, perform=self._perform, send=self._send
        )
        self.sequencer = EntrySequencer(self._member, self.replica, grown=self._grown)
        self.keeper = CheckpointKeeper(self._member, self.replica, run=self.head.id)
        self._lease_holder = LeaseHolder(simulator, self._member, self.sequencer, self.replica, self.keeper)
        self.keeper.begin_behind_newest()
        simulator.recorder = simulator.shared = self.recorder = self
        for provider in simulator.providers.values():
            provider.recorder = self
        simulator.scheduler.driver = self._lease_holder

    def _send(self, sending: Any) -> None:
        self._lease_holder.send(sending)

    def _grown(self) -> None:
        self._lease_holder.grown()

    @property
    def title(self) -> str:
        """What it is called in a message."""
        return self.log.where

    @property
    def beside(self) -> Sequence[Callable[[Simulator], Coroutine[None, None, None]]]:
        """What runs beside the requests as long as this server does."""
        return (lambda _: self._lease_holder.run(),)

    @property
    def id(self) -> str:
        """The name of this server for the others."""
        return self._member.id

    @property
    def fence(self) -> str:
        """The fencing number of this server's lease; empty where it has none."""
        return self._lease_holder.fence

    def end_recording(self) -> None:
        """Nothing is recorded but by the log itself."""

    def see_that_it_worked(self) -> None:
        """Raise why the log could not be applied, if so.

        Raises:
            StateError: an entry does not fit.
        """
        if self.sequencer.unusable is not None:
            raise self.sequencer.unusable

    def close(self, _: Simulator) -> None:
        """The server has ended."""
        self.log.close()

    def history(self, fresh: Callable[[], Simulator], *, now: Callable[[], float]) -> SharedHistory:
        """What can be looked back on; the parameters are those of `SharedHistory`."""
        return SharedHistory(self.log, fresh, load=self._load, perform=self._perform, opened=self.head.opened, now=now)

    # Requests

    def answer(self, provider: Provider, request: Request) -> Answer:
        """Answer a request: by itself where it reads, and what the others have answered for is here; else with all."""
        if self.sequencer.has_all and (found := self._tried(provider, request)) is not None:
            return found
        return self._respond(provider, request)

    def _tried(self, provider: Provider, request: Request) -> Answer | None:
        """The answer to a read that changes nothing; None where it is none."""
        if provider.rules.all or not is_read(provider, request):
            return None
        body = request.body
        try:
            with _Reading(provider):
                answer = pipeline.answer(provider, request)
        except OnlyReads:
            request.body = body  # it may have been unpacked
            return None
        return answer if isinstance(answer, Response) else self._read_on(provider, request, answer)

    async def _read_on(self, provider: Provider, request: Request, answer: Awaitable[Response]) -> Response:
        """A read that takes several turns, and may change something in none of them."""
        try:
            return await _Steps(provider, answer)
        except OnlyReads:
            return await self._respond(provider, request)

    async def _respond(self, provider: Provider, request: Request) -> Response:
        try:
            if is_read(provider, request) and not provider.rules.all:
                await self.sequencer.caught_up()
                answer = self._tried(provider, request)
                if answer is not None:
                    return answer if isinstance(answer, Response) else await answer
            return await self._shared(provider, request)
        except StateError as lost:
            return problem(503, "Not shared", str(lost))

    async def _shared(self, provider: Provider, request: Request) -> Response:
        """The answer to a request that is an entry."""
        context = RequestContext(provider, request, 0.0)
        body = request.body
        pipeline.look(context)
        key = None if context.key is None else provider.keyring.admission_of(context.key)
        named = None if key is None else {name: value for name, value in asdict(key).items() if name != "number"}
        alias = UNKNOWN_KEY if key is None else alias_of(key.key)
        files = _Files()
        written = write(context, key=alias, unpacked=request.body is not body, files=files)
        for name, data in files.kept.items():
            await self.log.keep(name, data)
        applied = await self.sequencer.propose(Entry("request", 0.0, {"by": self._member.id, "k": named, **written}))
        answer: Answer = applied.result
        return answer if isinstance(answer, Response) else await self._waited(applied)

    async def _waited(self, applied: Applied) -> Response:
        """A response that waits for a job: by this server's clock, and the end of it is an entry."""
        waiting = self.replica.waits.get(applied.number)
        task: asyncio.Future[Response] = applied.result
        if waiting is not None:
            over: bool | None = None
            try:
                over = await waiting.reached(waiting.job, waiting.moment)
            finally:
                ended = self.sequencer.propose(Entry("answered", 0.0, {"of": applied.number, "over": over}))
                if over is None:  # the client has left
                    self._lease_holder.later(ended)
                else:
                    await ended
        answer = await asyncio.shield(task)
        if waiting is None:  # it was applied with the response to another request
            await self.sequencer.caught_up()
        return answer

    # What is done by hand

    async def join(self) -> None:
        await self.sequencer.caught_up()
        if self.keeper.is_overdue:
            await self.keeper.keep(lambda: self.fence)
        self.log.is_served = True

    async def caught_up(self) -> None:
        if not self.sequencer.has_all:
            await self.sequencer.caught_up()

    async def by_hand(self, fields: Mapping[str, Any]) -> Any:
        assert self._simulator is not None
        urls = {name: provider.base_url for name, provider in self._simulator.providers.items()}
        return (await self.sequencer.propose(Entry("control", 0.0, {**fields, "u": urls}))).result

    def changing(self) -> None:
        if not self._member.time.is_frozen:
            raise StateError(
                f"{self.log.where} is shared by several servers: use the control API, which changes all of them."
            )

    def intervened(self, provider: Provider, job: Job, intervention: Intervention) -> None:
        """It is the effect of an entry."""

    def contract_switched(self, provider: Provider) -> None:
        """It is the effect of an entry."""

    def balance_set(self, provider: Provider, account: Account, amount: Decimal | None) -> None:
        """It is the effect of an entry."""

    def redelivered(self, provider: Provider, delivery: Delivery) -> None:
        """It is the effect of an entry."""

    def reset(self, *, before: float) -> None:
        self.replica.forget()

    def restored(self, document: Any) -> None:
        self.replica.forget()

    def trouble(self) -> str:
        """Why the log cannot be used now; empty where it can."""
        return self.sequencer.trouble or self._lease_holder.trouble

    async def settled(self) -> None:
        """All that was done by hand is an entry."""


class _Reading:
    """Within the block a provider changes nothing: what would raises `OnlyReads`."""

    __slots__ = ("_provider",)

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def __enter__(self) -> None:
        self._provider.only_reads = True
        self._provider.keyring.closed = OnlyReads

    def __exit__(self, *_: object) -> None:
        self._provider.only_reads = False
        self._provider.keyring.closed = None


class _Steps:
    """Awaits something, with each of its steps in a `_Reading`."""

    def __init__(self, provider: Provider, inner: Awaitable[Response]) -> None:
        self._provider = provider
        self._inner = inner

    def __await__(self) -> Generator[Any, Any, Response]:
        steps = self._inner.__await__()
        received: Any = None
        while True:
            try:
                with _Reading(self._provider):
                    waits = steps.send(received)
            except StopIteration as done:
                found: Response = done.value
                return found
            received = yield waits


class _Files:
    """Long bodies of a request that is being written down."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def keep_file(self, data: bytes) -> str:
        """Note a body; gives its name."""
        name = file_name(data)
        self.kept[name] = data
        return name

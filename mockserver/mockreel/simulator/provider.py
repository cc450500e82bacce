"""A provider on the simulator: its contract, its accounts and jobs, and the way of a request through them."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from mockreel.contract import Contract, Model
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Request, Response
from mockreel.contract.pricing import Cost
from mockreel.engine.accounts.account import Account
from mockreel.engine.accounts.keyring import Keyring
from mockreel.engine.artifacts.artifact import Clips
from mockreel.engine.artifacts.uploads import Uploads
from mockreel.engine.billing import Ledger
from mockreel.engine.clock import Clock
from mockreel.engine.faults import NO_FAULTS
from mockreel.engine.jobs.job import Intervention, Job, JobStore, MemoryJobs
from mockreel.engine.jobs.job_views import JobViews
from mockreel.engine.jobs.lifecycle import PlanTemplate
from mockreel.engine.jobs.shared_requests import SharedRequests
from mockreel.engine.journal.journal import Journal
from mockreel.engine.randomness import digest
from mockreel.engine.scenarios.rules import Rules
from mockreel.engine.scheduler import Scheduler
from mockreel.simulator import pipeline
from mockreel.simulator.compiled_contract import CompiledContract, Rewording, compile_contract
from mockreel.simulator.jobs.job_end import JobEnd, Reckoning
from mockreel.simulator.jobs.job_waits import JobWaits
from mockreel.simulator.path_hints import Hints
from mockreel.simulator.provider_adapter import Answer, ProviderAdapter
from mockreel.simulator.request_context import RequestContext
from mockreel.simulator.run_recorder import RunRecorder
from mockreel.simulator.settings import Settings
from mockreel.webhooks import Deliveries, Delivery, Signing


class OnlyReads(BaseException):
    """A request that was tried as a read would change something. No handler on the way may catch it."""


# Waits until the clock reaches a moment of a job, as `Provider.reached` does.
Reaching = Callable[[Job, float | None], Awaitable[bool]]


class Provider:
    def __init__(
        self,
        contract: Contract,
        adapter: ProviderAdapter,
        *,
        clock: Clock,
        scheduler: Scheduler,
        journal: Journal,
        rules: Rules,
        keyring: Keyring,
        deliveries: Deliveries,
        settings: Settings,
        assumed: Decimal | None = None,
    ) -> None:
        self.name = contract.provider
        self.clock = clock
        self.scheduler = scheduler
        self.journal = journal
        self.rules = rules
        self.keyring = keyring
        self.deliveries = deliveries
        deliveries.signing = self._signing
        self.settings = settings
        self.assumed = assumed  # the price of a job without a known one; the contract's if None
        self._use(compile_contract(contract, adapter, pace=settings.pace))
        self.hints: Hints | None = None  # for paths that nothing is found at
        self.waits = JobWaits()
        self.observer: Callable[[Provider, Job], None] | None = None  # called with every job that begins or changes
        self.recorder: RunRecorder | None = None  # keeps a log of what changes, if anybody does
        self.touches = 0  # how often something was changed that is no job: a read that does so is recorded
        self.only_reads = False  # a request is tried as a read; one that would change something is logged first
        self.base_url = ""  # as last seen; what is sent without a request (a callback) uses it
        self._open()

    def _use(self, compiled: CompiledContract) -> None:
        self.contract, self.adapter = compiled.contract, compiled.adapter
        self.templates, self.default_template = compiled.templates, compiled.default_template
        self.default, self.queries, self.capture = compiled.default, compiled.queries, compiled.capture
        self.keyring.prefixes = compiled.prefixes
        self.views = JobViews()

    def switch_contract(self, compiled: CompiledContract, state: Any) -> None:
        """Serve another contract from now on; existing state stays, and is reported in its terms."""
        rewording = Rewording(self.contract, compiled.contract)
        self._use(compiled)
        self.state: Any = state
        self.clips = Clips(self)
        if rewording.is_needed:
            for job in list(self.jobs):
                rewording.apply(job)
        self.ledger.read(compiled.contract)
        if self.recorder is not None:
            self.recorder.contract_switched(self)

    def _open(self) -> None:
        """Create the state of the provider, as it is at the start."""
        self.jobs: JobStore = MemoryJobs(limit=self.settings.max_jobs, forgetting=self._count_in)
        self.views = JobViews()
        self.requests = SharedRequests()
        self.queries.known.forget()
        self.uploads = Uploads()
        self.clips = Clips(self)
        self.numbers: dict[str, int] = {}
        self.ledger = Ledger(
            self.contract,
            opened=self.clock.now(),
            accounts=self._accounts,
            assumed=self.assumed,
            changed=self._balance_changed,
        )
        self.state = self.adapter.new_state(self)

    def _accounts(self) -> Iterable[Account]:
        return self.keyring.accounts.values()

    def _count_in(self, job: Job) -> None:
        """A job is about to be forgotten: what it costs stays in the sums of its account."""
        self.ledger.release(job, self.clock.now())

    def reset(self) -> list[Any]:
        """Drop every account, job, upload and delivery; requests that wait for a job get its current state.

        Returns:
            What the jobs were in.
        """
        forgotten = [*(account.jobs for account in self.keyring.accounts.values()), *self.jobs.containers()]
        self.keyring.reset()
        self.deliveries.clear()
        self._open()
        self.waits.wake_all()
        return forgotten

    def answer(self, request: Request) -> Answer:
        """The response to one request, or an awaitable of it where the answer must wait for the clock."""
        if self.recorder is not None:
            return self.recorder.answer(self, request)
        return pipeline.answer(self, request)

    def view(
        self,
        context: RequestContext,
        job: Job,
        make: Callable[[RequestContext, Job], Response],
        *facts: Any,
    ) -> Response:
        """The response for a job that a request reads; cached until the job changes.

        Args:
            facts: what the response depends on besides the job, the address and the operation.
        """
        context.polled = job.id
        request = (self.base_url, context.operation.id, *facts)
        return self.views.response(context, job, make, now=context.now, request=request)

    def reach_through(self, wrap: "Callable[[Reaching], Reaching]") -> None:
        """Wait for moments of jobs from now on through something else, made of the present way."""
        self.__dict__["reached"] = wrap(self.reached)

    def answer_through(self, wrap: Callable[[Callable[[Request], Answer]], Callable[[Request], Answer]]) -> None:
        """Answer from now on through something else, made of the present way; costs nothing where it is not used."""
        self.__dict__["answer"] = wrap(self.answer)

    def draw(self, purpose: str, *key: str | int, size: int = 64) -> bytes:
        """Drawn bytes for a purpose; the same purpose and key always give the same."""
        return digest(self.settings.seed, self.name, purpose, *key, size=size)

    def touch(self) -> None:
        """Something that is no job is about to be changed.

        Raises:
            OnlyReads: nothing may be changed now.
        """
        if self.only_reads:
            raise OnlyReads
        self.touches += 1

    def count(self, what: str) -> int:
        """The next number of a kind of record, from 1."""
        self.touch()
        number = self.numbers[what] = self.numbers.get(what, 0) + 1
        return number

    def begin(
        self,
        context: RequestContext,
        make_id: Any,
        *,
        request: bytes = b"",
        callback_url: str | None = None,
        extra: Any = None,
        tell: bool = False,
    ) -> Job:
        """Begin a job for a request: draw its plan, store it, and schedule its end if a receiver is notified.

        Args:
            make_id: `(now, drawn bytes) -> id` in the provider's form.
            request: what the provider echoes or needs later; stored as exact bytes.
            callback_url: notified when it ends.
            tell: call `adapter.job_ended` at its end even without a callback URL.

        Raises:
            ErrorResponse: the account's balance is too low.
        """
        cost = self.ledger.cost(context.model, context.fields)
        self.ledger.admit(context.account, cost, context.now)
        job = self.begin_for(
            context.account,
            context.template or self.default_template,
            make_id,
            now=context.now,
            kind=context.operation.id,
            model=context.model,
            cost=cost,
            request=request,
            callback_url=callback_url,
            extra=extra,
            tell=tell,
        )
        context.job = job.id
        if context.faults is not NO_FAULTS:
            self.damage(context, job.id)
        return job

    def _signing(self, delivery: Delivery) -> Signing | None:
        signature = self.contract.callbacks.signature
        return None if signature is None else Signing(signature, self.adapter.secrets(self, delivery))

    def damage(self, context: RequestContext, subject: str) -> None:
        """Apply the fault of its request to the webhooks about a subject, if there is one."""
        if context.faults is not None and context.faults.callback is not None:
            self.deliveries.damage(subject, context.faults.callback)

    def begin_for(
        self,
        account: Account,
        template: PlanTemplate,
        make_id: Any,
        *,
        now: float,
        kind: str,
        model: Model | None = None,
        cost: Cost | None = None,
        request: bytes = b"",
        callback_url: str | None = None,
        extra: Any = None,
        tell: bool = False,
    ) -> Job:
        """Begin a job outside a call (an item of a batch), whose account can pay; `cost` of None is unknown."""
        if self.only_reads:
            raise OnlyReads
        number = account.next_number()
        account.base_url = self.base_url
        block = digest(self.settings.seed, self.name, account.number, number)
        plan = template.plan(block)
        job = Job(
            self._unused(make_id, now, block),
            number,
            account,
            model,
            now,
            plan,
            self.requests.of(request),
            kind,
            callback_url,
            extra=extra,
            cost=cost,
        )
        self.jobs.add(job)
        if self.observer is not None:
            self.observer(self, job)
        if callback_url is not None or tell:
            self.watch(job)
        if self.ledger.money.stops is not None and self.ledger.is_limited(account):
            self._reckon(job)
        return job

    def _unused(self, make_id: Any, now: float, block: bytes) -> str:
        """An id that no job has yet: where a form has few random digits, it is drawn again."""
        for turn in range(100):
            found: str = make_id(now, block[32:] if not turn else digest(turn, block.hex()))
            if self.jobs.get(found) is None:
                return found
        raise RuntimeError(f"{make_id} returns ids that are in use; the last was {found!r}")

    def watch(self, job: Job) -> None:
        """Note a job's end on the scheduler, so that `adapter.job_ended` is called then."""
        end = job.ends
        if end is not None:
            self.scheduler.at(end, JobEnd(self, job, end))

    @contextmanager
    def _change_by_hand(self) -> "Iterator[RunRecorder | None]":
        """One moment of the clock for a change, and the recorder that keeps it, if there is one."""
        if self.recorder is not None:
            self.recorder.changing()
        with self.clock.frozen():
            yield self.recorder

    def intervene(self, job: Job, intervention: Intervention) -> None:
        """Change a job's plan: cancel, complete or fail it, from now on."""
        if self.only_reads:
            raise OnlyReads
        with self._change_by_hand() as recorder:
            self._change(job, intervention)
            if recorder is not None:
                recorder.intervened(self, job, intervention)

    def _change(self, job: Job, intervention: Intervention) -> None:
        with self.ledger.changing(job, self.clock.now()):
            job.intervention = intervention
            job.cost = self.ledger.cost_of_end(job, intervention.state, intervention.at)
        if self.observer is not None:
            self.observer(self, job)
        self.watch(job)
        if self.ledger.money.stops is not None and self.ledger.is_limited(job.account):
            self._reckon(job)
        self.waits.wake(job.id)

    def _reckon(self, job: Job) -> None:
        """See at a job's end whether the others can still be paid."""
        if job.ends is not None:
            self.scheduler.at(job.ends, Reckoning(self, job.account))

    def set_balance(self, account: Account, amount: Decimal | None) -> None:
        """Set the reported balance to this amount, from now on; None removes the limit."""
        with self._change_by_hand() as recorder:
            self.ledger.set_balance(account, amount, self.clock.now())
            if recorder is not None:
                recorder.balance_set(self, account, amount)

    def redeliver(self, delivery: Delivery) -> Delivery:
        """Deliver again by hand, as the provider would; returns what is being delivered now.

        Raises:
            Conflict: it cannot be delivered again in its state.
        """
        with self._change_by_hand() as recorder:
            found = self.adapter.redeliver(self, delivery)
            if recorder is not None:
                recorder.redelivered(self, delivery)
        return found

    def _balance_changed(self, account: Account, now: float) -> None:
        """The balance was changed by hand; where it matters to jobs in flight, see to them."""
        if self.ledger.money.stops is None:
            return
        self.stop_unpaid(account, now)
        for job in account.jobs:
            if not job.state(now).terminal:
                self._reckon(job)

    def stop_unpaid(self, account: Account, now: float) -> None:
        """Fail the running jobs of an account without balance, if the provider's row says so."""
        name = self.ledger.money.stops
        if name is None or not self.ledger.is_empty(account, now):
            return
        failed = next(state for state in self.contract.lifecycle.states.values() if state.kind == "failed")
        for job in list(account.jobs):
            if not job.state(now).terminal:
                self.intervene(job, Intervention(now, failed, self.contract.failures[name]))

    async def wait_for(self, job: Job) -> bool:
        """Wait until a job has ended by the clock; False if `settings.wait_timeout` real seconds pass first."""
        if job.state(self.clock.now()).terminal:
            return True
        return await self.reached(job, job.ends) and self.jobs.get(job.id) is job

    async def reached(self, job: Job, moment: float | None) -> bool:
        """Wait until the clock reaches a moment of a job, or the job is changed or forgotten.

        Returns:
            False if that took longer than `settings.wait_timeout` real seconds.
        """
        requested = self.base_url

        def begin(wake: Callable[[], None]) -> None:
            if moment is not None:
                self.scheduler.at(moment, wake)

        try:
            return await self.waits.wait(job.id, self.settings.wait_timeout, begin)
        finally:
            self.base_url = requested  # other requests may have set it

    def job_of(self, account: Account, id: str | None, *, row: str = "unknown-job") -> Job:  # noqa: A002
        """A job of this account.

        Raises:
            ErrorResponse: there is none, or it is another account's; the two look the same.
        """
        job = self.jobs.get(id) if id else None
        if job is None or job.account is not account:
            raise ErrorResponse(row, values={"id": id})
        return job

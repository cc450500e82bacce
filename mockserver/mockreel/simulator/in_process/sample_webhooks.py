"""Sample webhooks of a provider, made by a simulator, byte for byte the provider's."""

import asyncio
import time
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from mockreel.contract import Contract, Failure, State
from mockreel.contract.conversation.demo_jobs import read_script
from mockreel.contract.data.webhook_rows import DeliveryPolicy
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.request_builder import Requests, placed
from mockreel.contract.messages.message import Request, Response
from mockreel.engine.clock import Clock
from mockreel.engine.jobs.job import Intervention
from mockreel.errors import OptionError
from mockreel.simulator.provider import Provider
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import build_simulator
from mockreel.webhooks import MemorySender, Outgoing
from mockreel.webhooks.payloads import Documented, documented

# A webhook URL on the simulator; the samples are sent elsewhere.
NOWHERE = "http://127.0.0.1:9/"
# Where the results of a job that never ran would lie.
RESULTS = "https://mockreel.invalid"
RUN_SECONDS = 4.0
# Jobs begin this far apart, as some ids contain a time.
APART_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Happening:
    """One webhook as it would be sent: the event's name, the operation that began the job, and how it ended.

    `subject` is the id of its job or batch.
    """

    word: str
    subject: str
    callback: Documented
    state: str
    policy: DeliveryPolicy
    body: bytes
    headers: tuple[tuple[str, str], ...]

    @property
    def operation(self) -> str:
        return self.callback.operation.id


def happening(
    contract: Contract,
    event: str,
    *,
    state: str | None = None,
    operation: str | None = None,
    seed: int = 0,
    root: Path | None = None,
) -> Happening:
    """The first callback that fits: by the event's word or our name for it, the state, and the operation.

    Raises:
        OptionError: the provider documents no callback, or none that fits; the message lists what there is.
    """
    if not contract.callbacks.events:
        raise OptionError("provider", contract.provider, then=f"{contract.title} documents no callback for its jobs.")
    named = contract.callbacks.events.get(event)
    event_word = (named.word if named else event).lower()
    found: list[Happening] = []
    for one in happenings(contract, seed=seed, root=root):
        if one.word.lower() == event_word and state in (None, one.state) and operation in (None, one.operation):
            return one
        found.append(one)
    fitting = [one for one in found if one.word.lower() == event_word]
    if not fitting:
        raise OptionError("event", event, sorted({one.word for one in found}))
    if state is not None and state not in {one.state for one in fitting}:
        raise OptionError("state", state, sorted({one.state for one in fitting}))
    raise OptionError("operation", operation, sorted({one.operation for one in fitting}))


def happenings(
    contract: Contract, *, seed: int = 0, root: Path | None = None, moment: float | None = None
) -> Iterator[Happening]:
    """Every webhook that the mock server can send: for each operation that accepts a webhook URL, and each end.

    Args:
        moment: when the newest of them is sent, in seconds since the epoch; now if None. Each has its own job; the
            jobs begin a moment apart.
    """
    submits = _Submits(contract, root)
    sent = time.time() if moment is None else moment
    starts = (sent - 2 * RUN_SECONDS - number * APART_SECONDS for number in count())
    for callback in documented(contract):
        request = submits.of(callback)
        for state in contract.lifecycle.states.values():
            if state.terminal:
                yield from _sent_by(
                    contract, callback, request, [state], Clock(start=next(starts), held=True), seed=seed
                )
        ends = [state for state in contract.lifecycle.states.values() if state.kind in ("succeeded", "failed")]
        samples = _sent_by(contract, callback, request, ends, Clock(start=next(starts), held=True), seed=seed)
        yield from (one for one in samples if one.state == "several")


class _Submits:
    """A request for each operation: the demo's where it has one, else the smallest."""

    def __init__(self, contract: Contract, root: Path | None) -> None:
        self._contract = contract
        self._requests = Requests(contract)
        self._acts = read_script(contract.provider, root=root).acts

    def of(self, callback: Documented) -> SentRequest:
        operation = callback.operation
        for act in self._acts:
            found = self._contract.router.find(act.submit.path)
            if found is not None and found.methods.get(act.submit.method) is operation:
                request = SentRequest(act.submit.method, act.submit.path, headers={"content-type": "application/json"})
                return request.with_json(placed(act.submit.body, callback.place, NOWHERE))
        request = self._requests.good(operation)
        return request.with_json(placed(request.json, callback.place, NOWHERE))


def _sent_by(
    contract: Contract, callback: Documented, request: SentRequest, ends: list[State], clock: Clock, *, seed: int
) -> Iterator[Happening]:
    """Send the request to a simulator, end its jobs in these states, and yield what is sent."""
    sender = MemorySender()
    settings = Settings(seed=seed)
    simulator = build_simulator(
        {contract.provider: contract}, clock=clock, accept_any_key=True, settings=settings, sender=sender
    )
    provider = simulator.provider(contract.provider)
    if not _starts_job(provider, request):
        return
    jobs = list(provider.jobs)
    if len(jobs) < len(ends):
        return
    failure = contract.failures.get("default")
    for number, job in enumerate(jobs):
        provider.intervene(job, _end(clock.now() + RUN_SECONDS, ends[number % len(ends)], failure))
    asyncio.run(_finish(simulator.advance(2 * RUN_SECONDS)))
    state = ends[0].name if len(ends) == 1 else "several"
    for delivery in provider.deliveries:
        message = next(one for one in sender.sent if one.body == delivery.body)
        headers = _plain(contract, message)
        yield Happening(delivery.event, delivery.subject, callback, state, delivery.policy, delivery.body, headers)


def _starts_job(provider: Provider, request: SentRequest) -> bool:
    headers = [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
    headers.append((b"authorization", f"Bearer {provider.contract.example_key}".encode()))
    answer = provider.answer(
        Request(request.method, request.path, headers, request.query.encode(), request.body, RESULTS)
    )
    return isinstance(answer, Response) and len(provider.jobs) > 0


def _end(at: float, state: State, failure: Failure | None) -> Intervention:
    return Intervention(at, state, failure if state.kind == "failed" else None)


async def _finish(advancing: Awaitable[int]) -> None:
    await advancing


def _plain(contract: Contract, message: Outgoing) -> tuple[tuple[str, str], ...]:
    """Its headers without a signature: the sender signs it."""
    signature = contract.callbacks.signature
    name = signature.header.lower() if signature else ""
    return tuple((key, value) for key, value in message.headers if key.lower() != name)

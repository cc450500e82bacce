"""The trace of a batch: begun with a callback URL, polled until it ends, with every webhook received."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockreel.conformance.jobs.task_queue import Task
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.memory_receiver import Arrival
from mockreel.simulator.in_process.mock_target import NotApplicable

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext


@dataclass
class BatchTrace:
    """One batch from its submit on; `whole` is true if it was watched to its end."""

    row: Places
    request: SentRequest
    response: ReceivedResponse
    poll: SentRequest | None = None
    last: ReceivedResponse | None = None
    callback_url: str | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    whole: bool = False
    stopped: str = ""


def trace_batch(context: "CheckContext", row: Places, found: list[BatchTrace]) -> Task:
    """Begin a batch and watch it, and wait for its webhook.

    Raises:
        Skipped: it must not be submitted here.
        NotApplicable: the contract has no example of one that is well-formed under its reading.
    """
    operation = context.contract.operation(str(row.given["operation"]))
    request, url = batch_request(context, row), None
    if context.request_checker.judge(request).row is not None:
        raise NotApplicable("the contract has no example of a body that is well-formed under this reading")
    if context.target.receiver is not None and context.webhooks.of(operation) is not None:
        request, url = context.with_callback(request, (200,))
    context.secret()
    trace = BatchTrace(row, request, context.send(request), callback_url=url)
    found.append(trace)
    link = context.links.find(operation, trace.response, str(row.given["read"]))
    if context.error_detector.refused(trace.response) or link is None:
        return
    trace.poll = context.links.follow(link, request, trace.response)
    try:
        yield from _watch(context, trace, trace.poll)
        trace.whole = True
    except MockreelError as reason:
        trace.stopped = str(reason)
    finally:
        trace.arrivals = context.receiver.of(url) if url else []


def batch_request(context: "CheckContext", row: Places) -> SentRequest:
    """The request that begins the batch: of a model with a known price where there is one."""
    operation = context.contract.operation(str(row.given["operation"]))
    return _priced(context, row, operation) or context.requests.good(operation)


def _priced(context: "CheckContext", row: Places, operation: Operation) -> SentRequest | None:
    """The request for the cheapest model whose price is known, so that the batch has a cost; None without one."""
    good, place = context.requests.good(operation), str(row.given["sent"])
    talk = next(one for one in context.contract.conversation.jobs.values() if one.poll == row.given["list"]["poll"])
    submit, items = context.contract.operation(talk.submits[0]), pointers.value(good.json, place)
    known = {one.id: one for one in context.contract.names_at.get(submit.id, {}).values() if context.wants(one)}
    each = operation.raw["x-mockreel"].get("each")
    wrapped = context.contract.wire[each["form"]]["wrapped"] if each else None  # where an item has its input, if so
    priced = [one for one in known.values() if one.price.amount and one.price.certainty == "exact"]
    for model in sorted(priced, key=lambda one: (one.price.amount or 0, one.id)) if isinstance(items, list) else ():
        single = context.requests.good(submit, model)
        own = pointers.value(single.json, submit.input)
        own = {wrapped: own} if wrapped else own
        beside = [{name: one[name] for name in row.given.get("beside", ()) if name in one} for one in items]
        whole = context.requests.good(operation, params=dict.fromkeys(operation.many, model.id))
        whole = whole.with_json(pointers.placed(whole.json, place, [{**own, **one} for one in beside]))
        if context.request_checker.judge(whole).row is None:
            return whole
    return None


def is_over(context: "CheckContext", row: Places, response: ReceivedResponse | None) -> bool:
    """Whether a batch has ended."""
    word = pointers.value(response.json, row.at[0]) if response else None
    return any(state.terminal for state in context.states(word))


def _watch(context: "CheckContext", trace: BatchTrace, poll: SentRequest) -> Task:
    start = context.target.now()
    while not is_over(context, trace.row, trace.last):
        age = context.target.now() - start
        if age > context.waits.wait_timeout:
            return
        yield context.waits.step(age)
        trace.last = context.send(poll)
    until = context.target.now() + context.waits.grace
    while trace.callback_url and not context.receiver.of(trace.callback_url) and context.target.now() < until:
        yield 0.5
    yield 1.5  # a second one would come soon after the first

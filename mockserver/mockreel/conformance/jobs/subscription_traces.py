"""The trace of a webhook subscription: made before a job, with what it was sent and what is kept of it afterwards."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.conformance.jobs.task_queue import Task
from mockreel.conformance.list_reader import longest
from mockreel.contract import DeliveryPolicy, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.simulator.in_process.memory_receiver import Arrival, Behaviour

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext

# The first attempt of all fails, so that one is made again.
ANSWERS: tuple[Behaviour, ...] = (500, 200)
# So many seconds after the last attempt another one would have come.
LAST = 2.5
# So many seconds after the first attempt at a job's webhook all others have come.
LATE = 10.0
# What the subscription signs with.
SECRET = "a secret of the check, 32 bytes!"


@dataclass
class SubscriptionTrace:
    """One subscription and one job; `deliveries` is what the provider has kept of it."""

    row: Places
    request: SentRequest
    response: ReceivedResponse
    job: JobTrace
    arrivals: list[Arrival] = field(default_factory=list)
    read: SentRequest | None = None
    deliveries: ReceivedResponse | None = None
    below: list[tuple[SentRequest, ReceivedResponse]] = field(default_factory=list)
    looked_at: float = 0.0
    # The attempts about the job at a subscription that takes none, and at one that was silenced; None where that is not
    # known, as it could not be silenced, or somebody else has subscribed to the same address.
    failing: tuple[Arrival, ...] | None = None
    silenced: tuple[Arrival, ...] | None = None
    beside: list[tuple[str, SentRequest, ReceivedResponse]] = field(default_factory=list)
    # The same at the former and the new address of one that was moved.
    moved: tuple[tuple[Arrival, ...], tuple[Arrival, ...]] | None = None

    def by_job(self) -> dict[Any, list[Arrival]]:
        """The attempts about each job: some are of jobs that were under way too, and one of those may fail first."""
        found: defaultdict[Any, list[Arrival]] = defaultdict(list)
        for arrival in self.arrivals:
            found[pointers.value(_body(arrival), str(self.row.given["job"]))].append(arrival)
        over = {job: every for job, every in found.items() if every[-1].answered == 200 or self._is_late(every[0])}
        return {self.job.id: found.get(self.job.id, []), **over}

    def _is_late(self, arrival: Arrival) -> bool:
        """Whether whatever follows an attempt has come by now; another job may just have ended."""
        return self.looked_at - arrival.at > LATE


def _body(arrival: Arrival) -> Any:
    return ReceivedResponse(200, {}, arrival.body).json


def trace_subscription(context: "CheckContext", row: Places, found: list[SubscriptionTrace]) -> Task:
    """Subscribe, run one job to its end, wait for its webhook, read what is kept, and unsubscribe.

    Raises:
        Skipped: it must not be done here, or nothing can be reached.
    """
    url = context.receiver.expect(*ANSWERS)
    operation = context.contract.operation(str(row.given["operation"]))
    request = context.requests.good(operation).with_json(_filled(row.given["body"], {"$url": url, "$secret": SECRET}))
    made = context.send(request)
    beside = [_beside(context, row, answers) for answers in ((500,), (200,))]
    is_silent = _silence(context, *beside[-1][1:])
    moved_to = _move(context, row, beside)
    talk, submit = next(one for one in context.submits() if context.model_selection.leads(one[1]))
    trace = SubscriptionTrace(
        row, request, made, context.job_traces.begin(talk, submit, context.model_selection.leads(submit)[0])
    )
    trace.beside = beside
    found.append(trace)
    age = 0.0
    while not trace.job.ended and age <= context.waits.wait_timeout:
        context.job_traces.look(trace.job)
        age = context.target.now() - trace.job.started_at
        yield context.waits.step(age)
    until = context.target.now() + context.waits.grace
    policy = context.contract.callbacks.policies[str(row.given["policy"])]
    until += sum(policy.delays)
    while context.target.now() < until and not (_is_over(context, trace, url) and _has_failed(context, trace, policy)):
        yield 0.5
    listed = _subscriptions(context, trace)
    seen = [_about(context, trace, url) if listed.count(f'"{url}"') < 2 else None for url, _, _ in beside]
    trace.failing, trace.silenced = seen[0], seen[1] if is_silent else None
    if moved_to is not None and seen[-1] is not None:
        trace.moved = seen[-1], _about(context, trace, moved_to)
    _read(context, trace)


def _beside(
    context: "CheckContext", row: Places, answers: tuple[Behaviour, ...]
) -> tuple[str, SentRequest, ReceivedResponse]:
    """Another subscription, whose attempts are answered so: its address, the request that makes it, the response."""
    url = context.receiver.expect(*answers)
    good = context.requests.good(context.contract.operation(str(row.given["operation"])))
    request = good.with_json(_filled(row.given["body"], {"$url": url, "$secret": SECRET}))
    return url, request, context.send(request)


def _silence(context: "CheckContext", request: SentRequest, made: ReceivedResponse) -> bool:
    """Silence a subscription; whether that is known to be possible, and was taken."""
    row = context.contract.conversation.silenced
    link = None
    if row is not None and request.operation is not None:
        link = context.links.find(request.operation, made, str(row.given["operation"]))
    if row is None or link is None:
        return False
    fields = {name: pointers.value(made.json, place) for name, place in row.given["fields"].items()}
    change = context.links.follow(link, request, made).with_json(fields)
    return not context.error_detector.refused(context.send(change))


def _move(context: "CheckContext", row: Places, beside: list[tuple[str, SentRequest, ReceivedResponse]]) -> str | None:
    """Make one more subscription beside and change its address; the new one, None where that cannot be done."""
    change = row.given.get("moved")
    if change is None:
        return None
    beside.append(_beside(context, row, (200,)))
    _, request, made = beside[-1]
    link = context.links.find(request.operation, made, str(change["operation"])) if request.operation else None
    if link is None:
        return None
    url = context.receiver.expect(200)
    body = _filled(change["body"], {"$url": url})
    response = context.send(context.links.follow(link, request, made).with_json(body))
    return None if context.error_detector.refused(response) else url


def _subscriptions(context: "CheckContext", trace: SubscriptionTrace) -> str:
    """What the account has subscribed to, as a text; empty where no operation lists it."""
    made = trace.request.operation
    for one in context.contract.operations:
        if made is not None and one.path == made.path and one.method == "GET":
            request = context.requests.good(one)
            if any(parameter.name == "limit" for parameter in one.query):
                request = replace(request, query=urlencode({"limit": longest(one, "limit")}))
            return context.send(request).body.decode("utf-8", "replace")
    return ""


def _about(context: "CheckContext", trace: SubscriptionTrace, url: str) -> tuple[Arrival, ...]:
    """The attempts about the job at another subscription."""
    place = str(trace.row.given["job"])
    return tuple(one for one in context.receiver.of(url) if pointers.value(_body(one), place) == trace.job.id)


def _has_failed(context: "CheckContext", trace: SubscriptionTrace, policy: DeliveryPolicy) -> bool:
    """Whether all attempts at the subscription that takes none have come, and a further one would have."""
    seen = _about(context, trace, trace.beside[0][0])
    return len(seen) >= policy.attempts and context.target.now() - seen[-1].at > context.waits.after(policy, len(seen))


def _is_over(context: "CheckContext", trace: SubscriptionTrace, url: str) -> bool:
    """Whether the job's webhook was taken, some time ago: another attempt would come soon after."""
    trace.arrivals, trace.looked_at = context.receiver.of(url), context.target.now()
    own = trace.by_job()[trace.job.id]
    if not own or own[-1].answered != 200 or trace.looked_at - own[-1].at < LAST:
        return False
    first = trace.arrivals[0]  # the only one that fails; it is sent again
    again = any(one.body == first.body for one in trace.arrivals[1:])
    return again or trace.looked_at - first.at > LATE


def _read(context: "CheckContext", trace: SubscriptionTrace) -> None:
    """Read the deliveries, and remove the subscription."""
    operation = trace.request.operation
    for _, made_by, made in trace.beside:
        link = context.links.find(operation, made, str(trace.row.given["remove"])) if operation is not None else None
        if link is not None:
            context.send(context.links.follow(link, made_by, made))
    for name in (str(trace.row.given["deliveries"]), str(trace.row.given["remove"])) if operation is not None else ():
        link = context.links.find(operation, trace.response, name) if operation is not None else None
        if link is None:
            continue
        further = context.links.follow(link, trace.request, trace.response)
        if any(one.name == "limit" for one in link.to.query):
            further = replace(further, query=urlencode({"limit": longest(link.to, "limit")}))
        response = context.send(further)
        if name == trace.row.given["deliveries"]:
            trace.read, trace.deliveries = further, response
            trace.below = [(one, context.send(one)) for one in _below(context, trace, further, response)]


def _below(
    context: "CheckContext", trace: SubscriptionTrace, read: SentRequest, deliveries: ReceivedResponse
) -> Iterator[SentRequest]:
    """The reads below the list of deliveries, of its last entry: the delivery alone, its attempts, one of them."""
    given, operation = trace.row.given, read.operation
    entry = pointers.value(deliveries.json, f"{given['entries']}/*")
    attempt = pointers.value(entry, f"{given['attempts']}/*")
    ids = [pointers.value(entry, trace.row.at[0]), pointers.value(attempt, trace.row.at[0])]
    for one in context.contract.operations if operation is not None else ():
        below = one.path.removeprefix(operation.path) if operation is not None else ""
        if one.method == "GET" and below != one.path and below:
            steps, left = [], list(ids)
            for step in below.split("/"):
                steps.append(str(left.pop(0)) if step.startswith("{") and left else step)
            if entry is not None and "None" not in steps:
                yield replace(read, path=read.path + "/".join(steps), query="", operation=one)


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(one, variables) for name, one in value.items()}
    return variables.get(value, value) if isinstance(value, str) else value

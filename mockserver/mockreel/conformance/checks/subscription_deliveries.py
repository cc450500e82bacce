"""A webhook subscription tells of each job that ends, signed, and what is kept of it is what was sent."""

from collections.abc import Iterator, Sequence
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.consistency.catalogue_entries import objects
from mockreel.conformance.checks.job_records import alike
from mockreel.conformance.jobs.job_groups import SUBSCRIBED
from mockreel.conformance.jobs.subscription_traces import SECRET, SubscriptionTrace
from mockreel.contract import pointers
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.memory_receiver import Arrival, Behaviour
from mockreel.simulator.in_process.mock_target import Skipped
from mockreel.webhooks import sign

# Why nothing can be said of what comes to an address.
SHARED = "somebody else has subscribed to the same address"


def _has_subscriptions(context: CheckContext) -> bool:
    return context.contract.conversation.subscription is not None


def _fact(context: CheckContext, trace: SubscriptionTrace, says: str) -> Fact:
    return context.facts.fact(says, "conversation.yaml subscription", trace.row.evidence)


def _traces(context: CheckContext) -> Iterator[SubscriptionTrace]:
    if context.target.receiver is None:
        raise Skipped("there is no receiver that the target could reach; give --callback-url")
    for trace in context.jobs.subscriptions():
        if context.excused(trace.response, trace.request.operation):
            continue
        states = context.states(trace.job.last.word if trace.job.last else None)
        if trace.job.ended and any(state.kind == "succeeded" for state in states):  # what was subscribed to
            yield trace
        else:
            context.skip("the job of a subscription was not seen to succeed")


@check(
    "subscription.tells", "A webhook subscription is told of a job that has ended, signed, until it is taken.",
    level="jobs", uses=(SUBSCRIBED,), known=_has_subscriptions,
)  # fmt: skip
def is_told(context: CheckContext) -> Iterator[Problem]:
    for trace in _traces(context):
        name = str(trace.row.given["operation"])
        for job, attempts in trace.by_job().items():
            answers = [one.answered for one in attempts]
            context.judged()
            if 200 not in answers:  # somebody else may have subscribed to the same address
                fact = _told_fact(context, trace, answers)
                yield Problem(fact, f"{job}, until it is taken", f"attempts answered {answers}", trace.request, name)
        for arrival in trace.by_job()[trace.job.id]:
            for expected, actual in _wrong(context, trace, arrival):
                fact = _fact(context, trace, "a subscription is told what the record says, signed with its secret")
                yield Problem(fact, expected, actual[:300], trace.request, name)


def _told_fact(context: CheckContext, trace: SubscriptionTrace, answers: Sequence[Behaviour]) -> Fact:
    """That it is told rests on the documents, how often it is tried on the policy."""
    if not answers:
        return _fact(context, trace, "a subscription is told of each job")
    policy = context.contract.callbacks.policies[str(trace.row.given["policy"])]
    return context.facts.fact("a webhook is sent until it is taken", "callbacks.yaml policy", policy.evidence)


def _wrong(context: CheckContext, trace: SubscriptionTrace, arrival: Arrival) -> Iterator[tuple[str, str]]:
    """What an attempt should have, and has not."""
    body = ReceivedResponse(200, {}, arrival.body).json
    word = pointers.value(body, str(trace.row.given["event"]))
    last = trace.job.last
    states = {state.name for state in context.states(last.word if last else None)}
    events = {event.word for event in context.contract.callbacks.events.values() if states & set(event.on)}
    if events and word not in events:
        yield f"the event {', '.join(sorted(events))}", f"{word!r}"
    signature = context.contract.callbacks.signature
    signs = signature is not None and context.contract.wire.get("webhook_signed", True)
    shown = arrival.headers.get(signature.header.lower(), "") if signature is not None else ""
    if signature is not None and signs and shown != sign(signature, SECRET, arrival.body):
        yield f"{signature.header} of these bytes by the secret of the subscription", shown or "no signature"


@check(
    "subscription.kept", "What is kept of a subscription's deliveries is what has arrived.", level="jobs",
    uses=(SUBSCRIBED,), known=_has_subscriptions,
)  # fmt: skip
def deliveries_are_true(context: CheckContext) -> Iterator[Problem]:
    for trace in _traces(context):
        response, request = trace.deliveries, trace.read
        if response is None or request is None or context.excused(response, request.operation):
            continue
        context.judged()
        attempts = trace.by_job().items()
        for expected, actual in (wrong for one in attempts for wrong in _wrong_entries(trace, response, *one)):
            fact = _fact(context, trace, "a delivery is kept with every attempt and what it was answered with")
            subject = request.operation.id if request.operation else request.path
            yield Problem(fact, expected, actual[:300], request, subject)
        for below, shown in trace.below:
            context.judged()
            for expected, actual in _others(context, response, shown):
                fact = _fact(context, trace, "a delivery and its attempts are alone as in the list")
                yield Problem(fact, expected[:300], actual[:300], below, below.operation.id if below.operation else "")


def _others(context: CheckContext, listed: ReceivedResponse, shown: ReceivedResponse) -> Iterator[tuple[str, str]]:
    """What is shown below a list of deliveries otherwise than in it."""
    if context.error_detector.refused(shown):
        yield "what the list shows, alone", shown.shown()
        return
    known = {str(one["id"]): one for one in objects(listed.json) if one.get("id")}
    for one in objects(shown.json):
        before = known.get(str(one.get("id")), {})  # one without an id is nobody's
        for name, value in one.items():
            if value is not None and before.get(name) is not None and not _agree(value, before[name]):
                yield f"{name}: {before[name]!r}", f"{value!r}"


def _agree(alone: Any, listed: Any) -> bool:
    """Whether two values are the same; of lists the length, as their entries are compared by id, in any order."""
    if isinstance(alone, list) and isinstance(listed, list):
        return len(alone) == len(listed)
    return alike(alone, listed)


def _wrong_entries(
    trace: SubscriptionTrace, response: ReceivedResponse, job: Any, own: Sequence[Arrival]
) -> Iterator[tuple[str, str]]:
    """What is kept of the deliveries about a job otherwise than its attempts came, as (expected, shown)."""
    given = trace.row.given
    entries: list[Any] = pointers.values(response.json, f"{given['entries']}/*")
    about = [one for one in entries if pointers.value(one, given["payload"] + given["job"]) == job]
    if len(about) != 1:
        yield f"one delivery about {job}", f"{len(about)} of {len(entries)}"
        return
    attempts: list[Any] = pointers.value(about[0], given["attempts"]) or []
    body = ReceivedResponse(200, {}, own[0].body).json if own else None
    if own and not alike(pointers.value(about[0], given["payload"]), body):
        yield f"{body}", f"{pointers.value(about[0], given['payload'])}"
    ordered = sorted(attempts, key=lambda one: str(pointers.value(one, given["number"])))
    answers = [one.answered for one in own if isinstance(one.answered, int)]
    for number, attempt in enumerate(ordered, 1):
        shown = tuple(pointers.value(attempt, given[name]) for name in ("number", "status", "succeeded"))
        status = answers.pop(answers.index(shown[1])) if shown[1] in answers else None
        expected = (number, status, status is not None and status < 300)
        if shown != expected:
            places = ", ".join(str(given[name]) for name in ("number", "status", "succeeded"))
            yield f"{places}: {expected}, as it was answered {[one.answered for one in own]}", f"{shown}"


@check(
    "subscription.tries", "A webhook of a subscription that is never taken is tried as often as the policy says.",
    level="jobs", uses=(SUBSCRIBED,), known=_has_subscriptions,
)  # fmt: skip
def is_tried_as_often(context: CheckContext) -> Iterator[Problem]:
    for trace in _traces(context):
        policy = context.contract.callbacks.policies[str(trace.row.given["policy"])]
        if trace.failing is None:
            context.skip(SHARED)
            continue
        context.judged()
        if len(trace.failing) != policy.attempts:
            says = f"a webhook that is never taken is tried {policy.attempts} times in all"
            fact = context.facts.fact(says, "callbacks.yaml policy", policy.evidence_of("attempts"))
            name, actual = str(trace.row.given["operation"]), f"{len(trace.failing)} attempts"
            yield Problem(fact, f"{policy.attempts} attempts", actual, trace.request, name)


@check(
    "subscription.silenced", "A subscription that was silenced is told of nothing.", level="jobs", uses=(SUBSCRIBED,),
    known=lambda context: _has_subscriptions(context) and context.contract.conversation.silenced is not None,
)  # fmt: skip
def is_silent(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.silenced
    assert row is not None
    for trace in _traces(context):
        if trace.silenced is None:
            context.skip(f"a subscription could not be silenced, or {SHARED}")
            continue
        context.judged()
        if trace.silenced:
            name = str(row.given["operation"])
            fact = context.facts.fact(f"{name} silences a subscription", "conversation.yaml silenced", row.evidence)
            yield Problem(fact, "no webhook", f"{len(trace.silenced)} of them", trace.request, name)


@check(
    "subscription.moved", "A subscription whose address was changed is told at the new one alone.", level="jobs",
    uses=(SUBSCRIBED,),
    known=lambda context: "moved" in getattr(context.contract.conversation.subscription, "given", {}),
)  # fmt: skip
def is_told_at_the_new_address(context: CheckContext) -> Iterator[Problem]:
    for trace in _traces(context):
        if trace.moved is None:
            context.skip(f"a subscription could not be moved, or {SHARED}")
            continue
        context.judged()
        former, new = map(len, trace.moved)
        if former or not new:
            name = str(trace.row.given["moved"]["operation"])
            fact = _fact(context, trace, f"{name} changes the address of a subscription")
            actual = f"{former} at the former address, {new} at the new one"
            yield Problem(
                fact, "the webhook of a job that ended after it at the new address", actual, trace.request, name
            )


CHECKS: tuple[Check, ...] = (is_told, deliveries_are_true, is_tried_as_often, is_silent, is_told_at_the_new_address)

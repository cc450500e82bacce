"""Webhooks that are not accepted are retried as documented: how often, how late, with the same bytes."""

from collections.abc import Iterator
from itertools import pairwise

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.webhook_deliveries import attempt_faults, callback_fact, jobs_with_webhook, tells
from mockreel.conformance.jobs.job_groups import ANSWERS, PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.conformance.jobs.wait_times import attempts_after
from mockreel.contract import DeliveryPolicy
from mockreel.contract.conversation.conversation import WebhookTalk
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.memory_receiver import Arrival, Behaviour, moved

# How far an attempt may be from its moment, in seconds: on the mock next to nothing, over a network half a second.
SLACK_OWN = 0.01
SLACK = 0.5
# Over a network an attempt may be later by so many seconds, this part of its pause, and twice our own lateness: a busy
# machine delays both sides.
LATER, LATER_PART = 1.0, 0.25
# The groups of jobs whose attempts are timed.
SPACED = ("500", "500-200")


def policy_of(context: CheckContext, trace: JobTrace) -> DeliveryPolicy:
    assert trace.talk.webhook is not None
    return context.contract.callbacks.policies[trace.talk.webhook.policy]


def retried_jobs(context: CheckContext, name: str) -> Iterator[JobTrace]:
    """The job traces of a group whose callbacks are all answered so; what was not seen to its end is not judged."""
    for trace in jobs_with_webhook(context, name):
        if trace.whole and trace.arrivals:
            yield trace
        elif trace.whole:
            context.skip("no callback came at all, see callback.comes")
        else:
            context.skip(f"its attempts were not seen to the end: {trace.stopped or 'its job did not end'}")


def _counting(name: str, behaviours: tuple[Behaviour, ...]) -> Check:
    """How many attempts come where each is answered in one way."""

    def count(context: CheckContext) -> Iterator[Problem]:
        for trace in retried_jobs(context, name):
            context.judged()
            policy = policy_of(context, trace)
            expected = attempts_after(policy, behaviours)
            if len(trace.arrivals) != expected:
                says = f"a callback that is answered with {name} is tried {expected} times in all"
                fact = context.facts.fact(
                    says, "callbacks.yaml policy", policy.evidence_of(_what(behaviours[0], expected))
                )
                yield Problem(
                    fact, f"{expected} attempts", f"{len(trace.arrivals)} attempts", trace.request, trace.subject
                )

    says = f"A callback whose attempts are answered with {name} is tried as often as documented."
    return Check(f"callback.tries-{name}", says, "jobs", count, (name,), lambda context: _can_time(context, name))


def _can_time(context: CheckContext, name: str) -> bool:
    """A receiver that answers late is not to be had on the mock, where no time passes while it answers."""
    return tells(context) and (name != "slow" or not context.own)


def _what(answer: Behaviour, expected: int) -> str:
    """The number of the policy that defines the attempts."""
    if answer == "slow" or (isinstance(answer, int) and answer < 300):
        return "success"
    return "attempts" if expected > 1 and isinstance(answer, int) else "retry"


@check(
    "callback.spacing", "The attempts at a callback are as far apart as documented.", level="jobs", uses=SPACED,
    known=tells,
)  # fmt: skip
def are_spaced(context: CheckContext) -> Iterator[Problem]:
    traces = [trace for group in SPACED for trace in retried_jobs(context, group)]
    for trace in traces:
        policy = policy_of(context, trace)
        for number, (gap, planned) in enumerate(zip(_gaps(trace), policy.delays, strict=False), 2):
            context.judged()
            # A machine that is busy for a moment makes one attempt late; a server whose delay is longer, every one.
            least = min(_gaps(one)[number - 2] for one in traces if len(_gaps(one)) > number - 2)
            late = least - planned if gap > planned else gap - planned
            if not _is_near(context, late - min(_on_its_way(traces), max(0.0, late)), planned):
                says = f"the attempts are {', '.join(f'{delay:g}' for delay in policy.delays)} s apart"
                fact = context.facts.fact(says, "callbacks.yaml policy delays", policy.evidence_of("delays"))
                expected = f"attempt {number} after {planned:g} s"
                yield Problem(fact, expected, f"after {gap:.2f} s", trace.request, trace.subject)


def _on_its_way(traces: list[JobTrace]) -> float:
    """How long the first attempts took to come, at least: so long the others may be on their way too."""
    delays = [one.arrivals[0].at - one.ended_at for one in traces if one.arrivals and one.ended_at is not None]
    return max(0.0, min(delays, default=0.0))


def _gaps(trace: JobTrace) -> list[float]:
    """Seconds between each attempt and the next."""
    return [later.at - earlier.at for earlier, later in pairwise(trace.arrivals)]


def _is_near(context: CheckContext, late: float, expected: float) -> bool:
    """Whether an attempt that is so late (early, if negative) is close enough to its moment."""
    if context.target.own:
        return abs(late) <= SLACK_OWN
    ours = float(getattr(context.target, "lateness", 0.0))
    return -(SLACK + 0.1 * expected + ours) <= late <= LATER + LATER_PART * expected + 2 * ours


@check(
    "callback.same-bytes", "Every attempt at a callback sends the same bytes.", level="jobs", uses=("500",), known=tells
)
def repeat_themselves(context: CheckContext) -> Iterator[Problem]:
    for trace in retried_jobs(context, "500"):
        context.judged()
        if len({arrival.body for arrival in trace.arrivals}) > 1:
            fact = callback_fact(context, trace, "an attempt repeats the callback")
            bodies = [arrival.body.decode("utf-8", "replace")[:150] for arrival in trace.arrivals]
            yield Problem(fact, "the same bytes each time", " | ".join(bodies), trace.request, trace.subject)


@check(
    "callback.taken", "A callback that was taken at a later attempt is not sent again.", level="jobs",
    uses=("500-200",), known=tells,
)  # fmt: skip
def stops_when_taken(context: CheckContext) -> Iterator[Problem]:
    for trace in retried_jobs(context, "500-200"):
        context.judged()
        count, policy = len(trace.arrivals), policy_of(context, trace)
        if count != 2:
            fact = context.facts.fact(
                "a 2xx ends the attempts", "callbacks.yaml policy success", policy.evidence_of("success")
            )
            yield Problem(
                fact, "two attempts, as the second was taken", f"{count} attempts", trace.request, trace.subject
            )


@check(
    "callback.redirected", "A callback that is redirected goes nowhere else.", level="jobs",
    uses=("302-200", "307-200"), known=tells,
)  # fmt: skip
def stays_where_it_was_sent(context: CheckContext) -> Iterator[Problem]:
    for trace in (one for group in ("302-200", "307-200") for one in jobs_with_webhook(context, group)):
        if not trace.arrivals or trace.callback_url is None:
            context.skip("no callback came that could be redirected, see callback.comes")
            continue
        context.judged()
        followed = context.receiver.of(moved(trace.callback_url))
        if followed:
            policy = policy_of(context, trace)
            says = "a redirect is not followed"
            fact = context.facts.fact(says, "callbacks.yaml policy redirects", policy.evidence_of("redirects"))
            actual = f"{len(followed)} requests at the address of the redirect"
            yield Problem(fact, "none", actual, trace.request, trace.subject)


def _redelivers(context: CheckContext) -> bool:
    talks = context.contract.conversation.jobs.values()
    return any(talk.webhook is not None and talk.webhook.redeliver is not None for talk in talks)


@check(
    "callback.redelivered", "A callback can be asked for again, and comes again.", level="jobs", uses=(PLAIN,),
    known=_redelivers,
)  # fmt: skip
def comes_again(context: CheckContext) -> Iterator[Problem]:
    elsewhere = set[str]()
    for trace in jobs_with_webhook(context):
        webhook = trace.talk.webhook
        if webhook is None or webhook.redeliver is None or trace.scenario is not None or not trace.whole:
            continue
        request = _redelivery(context, trace, webhook)
        if request is None or request.operation is None:
            continue
        context.signing().promote()  # others of the account may have promoted theirs since
        reply = context.send(request)
        actual = _since(context, trace.callback_url or "", len(trace.arrivals))
        context.judged()
        if (
            context.error_detector.refused(reply)
            or len(actual) != 1
            or context.webhooks.problems(trace.submit, actual[0].body)
        ):
            fact = context.facts.operation(f"{webhook.redeliver} sends the callback again", request.operation)
            yield Problem(
                fact, "one more valid callback", f"{len(actual)} came; {reply.shown()}", request, trace.subject
            )
        for expected, shown in (one for arrival in actual for one in attempt_faults(context, trace, arrival)):
            fact = context.facts.operation(f"{webhook.redeliver} sends a callback like the first", request.operation)
            yield Problem(fact, expected, shown, request, trace.subject)
        if trace.talk.name not in elsewhere:
            elsewhere.add(trace.talk.name)
            yield from _elsewhere(context, trace, request)


def _elsewhere(context: CheckContext, trace: JobTrace, request: SentRequest) -> Iterator[Problem]:
    """A redelivery that names its receiver goes to the one that it names, and to no other."""
    places = [name for name, value in (request.json or {}).items() if value == trace.callback_url]
    if not places or request.operation is None:
        return
    url, before = context.receiver.expect(200), len(context.receiver.of(trace.callback_url or ""))
    asked = request.with_json({**request.json, **dict.fromkeys(places, url)})
    reply = context.send(asked)
    found = _since(context, url, 0)
    more = len(context.receiver.of(trace.callback_url or "")) - before
    context.send(request)  # what is kept of it names the first address again
    _since(context, trace.callback_url or "", before + more)
    context.judged()
    if len(found) != 1 or more:
        fact = context.facts.operation(f"{request.operation.id} sends to {places[0]}", request.operation)
        actual = f"{len(found)} came there, {more} at the first address; {reply.shown()}"
        yield Problem(fact, f"one callback at the address in {places[0]}", actual, asked, trace.subject)


def _since(context: CheckContext, url: str, count: int) -> list[Arrival]:
    """The attempts at an address after so many earlier ones; waits for them as long as for the first."""
    until = context.budget.until(1 if context.own else context.waits.grace)
    while True:
        later = context.receiver.of(url)[count:]
        if context.own or later or context.target.now() >= until:
            break
        context.target.wait(0.25)
    context.target.wait(1.0)
    return context.receiver.of(url)[count:]


def _redelivery(context: CheckContext, trace: JobTrace, webhook: WebhookTalk) -> SentRequest | None:
    """The request for a redelivery: linked from the submit, directly or through another operation."""
    operation, request, reply = trace.submit, trace.request, trace.response
    for name in (webhook.via, webhook.redeliver):
        if name is None:
            continue
        link = context.links.find(operation, reply, name)
        if link is None:
            return None
        operation, request = link.to, context.links.follow(link, request, reply)
        if name == webhook.via:
            reply = context.send(request)
    return request


CHECKS: tuple[Check, ...] = (
    *(_counting(name, behaviours) for name, behaviours in ANSWERS.items() if len(behaviours) == 1),
    are_spaced,
    repeat_themselves,
    stops_when_taken,
    stays_where_it_was_sent,
    comes_again,
)

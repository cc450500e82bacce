"""What the provider keeps of its webhook attempts is what has arrived."""

from collections.abc import Iterator
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import alike
from mockreel.conformance.checks.webhook_deliveries import called
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem

GROUPS = (PLAIN, "500")


def _has_history(context: CheckContext) -> bool:
    talks = context.contract.conversation.jobs.values()
    return any(talk.webhook is not None and talk.webhook.history is not None for talk in talks)


@check(
    "callback.history", "What is kept of a callback's attempts is what has arrived.", level="jobs", uses=GROUPS,
    known=_has_history,
)  # fmt: skip
def history_is_true(context: CheckContext) -> Iterator[Problem]:
    for group in GROUPS:
        for trace in called(context, group)[:3]:
            row = trace.talk.webhook.history if trace.talk.webhook else None
            if row is None or not trace.whole or not trace.arrivals:
                continue
            found = _asked(context, trace, row)
            if found is None:
                continue
            request, response = found
            context.judged()
            for expected, came in _wrong(context, trace, row, response):
                says = f"{row.given['operation']} tells of every attempt"
                fact = context.facts.fact(says, f"conversation.yaml {trace.talk.name} webhook history", row.evidence)
                yield Problem(fact, expected, came[:300], request, trace.subject)


def _asked(context: CheckContext, trace: JobTrace, row: Places) -> tuple[SentRequest, ReceivedResponse] | None:
    link = context.links.find(trace.submit, trace.response, str(row.given["operation"]))
    if link is None:
        return None
    request = context.links.follow(link, trace.asked, trace.response)
    response = context.try_send(request)
    return (request, response) if response is not None and not context.excused(response, link.to) else None


def _wrong(
    context: CheckContext, trace: JobTrace, row: Places, response: ReceivedResponse
) -> Iterator[tuple[str, str]]:
    """What of a delivery is not as it arrived: what was expected, what came."""
    entries = pointers.value(response.json, row.at[0]) if row.at[0] else response.json
    if not isinstance(entries, list) or not entries:
        yield "an entry for the callback", response.shown()
        return
    entry, came = entries[-1], len(trace.arrivals)
    attempts = pointers.value(entry, str(row.given["attempts"]))
    kept = attempts if isinstance(attempts, list) else []
    if len(kept) != came or pointers.value(entry, str(row.given["count"])) != came:
        yield f"{came} attempts", f"{len(kept)} attempts, counted {pointers.value(entry, str(row.given['count']))!r}"
    statuses = [pointers.value(one, str(row.given["status"])) for one in kept]
    answered = [arrival.answered for arrival in trace.arrivals]
    if statuses != answered:
        yield f"answered {answered}", f"{statuses}"
    assert trace.talk.webhook is not None
    policy = context.contract.callbacks.policies[trace.talk.webhook.policy]
    if pointers.value(entry, str(row.given["most"])) != policy.attempts:
        yield f"at most {policy.attempts} attempts", f"{pointers.value(entry, str(row.given['most']))!r}"
    yield from _entry(context, trace, row, entry)


def _entry(context: CheckContext, trace: JobTrace, row: Places, entry: Any) -> Iterator[tuple[str, str]]:
    pending = row.given["pending"]
    if pointers.value(entry, pending["at"]) in pending["words"]:
        yield "a delivery that is over", f"{pointers.value(entry, pending['at'])!r}"
    payload = pointers.value(entry, str(row.given["payload"]))
    if not alike(payload, context.webhooks.payload(trace.arrivals[-1].body)):
        yield "the payload that arrived", f"{payload!r}"


CHECKS: tuple[Check, ...] = (history_is_true,)

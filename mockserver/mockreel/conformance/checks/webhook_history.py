"""What the provider keeps of its webhook attempts is what has arrived."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import alike
from mockreel.conformance.checks.webhook_deliveries import jobs_with_webhook
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import DeliveryPolicy, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.memory_receiver import Arrival

GROUPS = (PLAIN, "500", "refused")
# The number of webhooks of each group whose history is read.
MOST = 3


def _has_history(context: CheckContext) -> bool:
    talks = context.contract.conversation.jobs.values()
    return any(talk.webhook is not None and talk.webhook.history is not None for talk in talks)


@check(
    "callback.history", "What is kept of a callback's attempts is what has arrived.", level="jobs", uses=GROUPS,
    known=_has_history,
)  # fmt: skip
def history_is_true(context: CheckContext) -> Iterator[Problem]:
    for group in GROUPS:
        called_back = [
            trace for trace in jobs_with_webhook(context, group) if trace.talk.webhook and trace.talk.webhook.history
        ]
        for trace in called_back[:MOST]:
            row = trace.talk.webhook.history if trace.talk.webhook else None
            if row is None or not trace.whole or not trace.arrivals:
                continue
            found = _history_exchange(context, trace, row)
            if found is None:
                continue
            request, response = found
            context.judged()
            assert trace.talk.webhook is not None
            policy = context.contract.callbacks.policies[trace.talk.webhook.policy]
            wrong = wrong_entries(row, response, trace.arrivals, policy, id_=trace.id, url=trace.callback_url)
            for expected, actual in wrong:
                says = f"{row.given['operation']} tells of every attempt"
                fact = context.facts.fact(says, f"conversation.yaml {trace.talk.name} webhook history", row.evidence)
                yield Problem(fact, expected, actual[:300], request, trace.subject)


def _history_exchange(
    context: CheckContext, trace: JobTrace, row: Places
) -> tuple[SentRequest, ReceivedResponse] | None:
    link = context.links.find(trace.submit, trace.response, str(row.given["operation"]))
    if link is None:
        return None
    request = context.links.follow(link, trace.request, trace.response)
    response = context.try_send(request)
    return (request, response) if response is not None and not context.excused(response, link.to) else None


def wrong_entries(
    row: Places,
    response: ReceivedResponse,
    arrivals: Sequence[Arrival],
    policy: DeliveryPolicy,
    *,
    id_: Any,
    url: str | None,
) -> Iterator[tuple[str, str]]:
    """The differences between a delivery record and the attempts: expected, received. A row names the places."""
    found = pointers.value(response.json, row.at[0]) if row.at[0] else response.json
    entries = [found] if isinstance(found, dict) else found
    if not isinstance(entries, list) or not entries:
        yield "an entry for the callback", response.shown()
        return
    entry, places = entries[-1], row.given
    tries = {"count": len(arrivals), "retries": len(arrivals) - 1, "most": policy.attempts}
    own = {"job": str(id_), "url": url, **tries}
    for name, expected in own.items():
        if name in places and pointers.value(entry, places[name]) not in (expected, str(expected)):
            yield f"{expected} at {places[name]}", f"{pointers.value(entry, places[name])!r}"
    failed = places.get("failed")
    if failed is not None and arrivals[-1].answered == "refused":
        text = pointers.value(entry, failed["at"])
        if not re.fullmatch(failed["form"], str(text)):
            yield f"{failed['form']} at {failed['at']}, as nobody could be reached", f"{text!r}"
    pending = places["pending"]
    if pointers.value(entry, pending["at"]) in pending["words"]:
        yield "a delivery that is over", f"{pointers.value(entry, pending['at'])!r}"
    payload, sent = pointers.value(entry, places["payload"]), _json_value(arrivals[-1].body)
    if not alike(_json_value(payload), _json_value(pointers.value(sent, places.get("part", "")))):
        yield "the payload that arrived", f"{payload!r}"
    text = pointers.value(entry, places["bytes"]) if "bytes" in places else None
    if isinstance(text, str) and text.encode() != arrivals[-1].body:
        yield f"the bytes that arrived at {places['bytes']}", f"{text!r}"
    if "attempts" in places:
        yield from _attempts(places, entry, arrivals)


def _attempts(places: Mapping[str, Any], entry: Any, arrivals: Sequence[Arrival]) -> Iterator[tuple[str, str]]:
    """What of the single attempts is not as they arrived: how many, how answered, how numbered."""
    value = pointers.value(entry, places["attempts"])
    attempts = value if isinstance(value, list) else []
    columns = {"status": _statuses(arrivals), "number": list(range(1, len(arrivals) + 1))}
    if len(attempts) != len(arrivals):
        yield f"{len(arrivals)} attempts", f"{len(attempts)} attempts"
    for name, expected in columns.items():
        if name in places and (actual := [pointers.value(one, places[name]) for one in attempts]) != expected:
            yield f"{expected} at {places['attempts']}/*{places[name]}", f"{actual}"


def _statuses(arrivals: Sequence[Arrival]) -> list[int | None]:
    """The statuses that were answered; none where nothing was."""
    return [one.answered if isinstance(one.answered, int) else None for one in arrivals]


def _json_value(value: Any) -> Any:
    """The parsed value of a JSON text; anything else unchanged."""
    if not isinstance(value, str | bytes):
        return value
    found = ReceivedResponse(200, {}, value.encode() if isinstance(value, str) else value).json
    return value if found is None else found


CHECKS: tuple[Check, ...] = (history_is_true,)

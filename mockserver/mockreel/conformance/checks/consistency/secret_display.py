"""A secret is shown when it is made, and never again; one of them signs."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.conversation import Secret
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem

# What a text of a secret is changed to.
CHANGED = "Mockreel Check 2"


@check(
    "secret.once", "A secret is shown when it is made, and never again, and one of them is the current one.",
    level="jobs", known=lambda context: context.contract.conversation.secret is not None,
)  # fmt: skip
def is_shown_once(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.secret
    assert row is not None
    operation = context.contract.operation(row.operation)
    good = context.requests.good(operation)
    request = good if row.body is None else good.with_json(row.body)
    # One is there, and promoted, before another one is made; by one reading the newest signs all the same.
    signs = context.secret() if context.contract.wire.get("secret", {}).get("signs") != "newest" else None
    made = context.try_send(request)
    secret = pointers.value(made.json, row.at) if made is not None else None
    if made is None or context.excused(made, operation) or not isinstance(secret, str) or not secret:
        return
    for says, expected, actual in _wrong_at_first(row, made, secret, signs=bool(signs)):
        yield Problem(
            context.facts.fact(says, "conversation.yaml secret", row.evidence), expected, actual, request, operation.id
        )
    links = [context.links.find(operation, made, str(one.get("operationId"))) for one in context.links.of(operation)]
    further = [context.links.follow(link, request, made) for link in links if link is not None]
    reads = _reads(context, operation, further)
    for read in reads:
        response = context.try_send(read)
        if response is not None:
            context.judged()
            yield from _shown_problems(context, row, read, response, secret)
    promotion = next((one for one in further if one.operation and one.operation.id == row.promote), None)
    if promotion is not None and row.current and signs:
        context.try_send(promotion if row.promotion is None else promotion.with_json(row.promotion))
        yield from _promoted(context, row, reads)
        context.signing().promote()
    if promotion is not None:
        yield from _changed(context, row, promotion, [one for one in further if one.method == "GET"])
    for read in further:
        if read.method == "DELETE":
            context.try_send(read)


def _changed(context: CheckContext, row: Secret, change: SentRequest, reads: list[SentRequest]) -> Iterator[Problem]:
    """Whether a text of a secret that was changed is what it is shown with from then on."""
    operation = change.operation
    schema: Any = context.requests.resolver.followed(operation.request_schema, "")[0] if operation else {}
    fields = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
    named = next((name for name, one in fields.items() if "string" in str(one.get("type"))), None)
    if named is None or operation is None:
        return
    asked = change.with_json({named: CHANGED})
    response = context.answer(asked, operation)
    for read in reads if response is not None and not context.error_detector.refused(response) else ():
        shown = context.try_send(read)
        value = shown.json.get(named) if shown is not None and isinstance(shown.json, dict) else None
        context.judged()
        if value != CHANGED:
            fact = context.facts.operation(f"{operation.id} changes {named}", operation)
            yield Problem(fact, f"{named}: {CHANGED}", f"{value!r}", read, operation.id)


def _promoted(context: CheckContext, row: Secret, reads: list[SentRequest]) -> Iterator[Problem]:
    """Whether one secret signs, and only one, after another one was promoted."""
    for read in reads:
        response = context.try_send(read)
        if response is not None:
            context.judged()
            yield from _current(context, row, read, response, least=1)


def _reads(context: CheckContext, operation: Operation, further: list[SentRequest]) -> list[SentRequest]:
    """What shows a secret that was made, by itself and among all of them."""
    lists = [one for one in context.contract.operations if one.path == operation.path and one.method == "GET"]
    return [one for one in further if one.method == "GET"] + [context.requests.good(one) for one in lists]


def _shown_problems(
    context: CheckContext, row: Secret, read: SentRequest, response: ReceivedResponse, secret: str
) -> Iterator[Problem]:
    """What a response shows of a secret that it must not, or otherwise than it is."""
    name = read.operation.id if read.operation else read.path
    if secret.encode() in response.body or isinstance(pointers.value(response.json, row.at), str):
        fact = context.facts.fact(f"{row.at} is shown once", "conversation.yaml secret", row.evidence)
        yield Problem(fact, "a reply without the secret", "the secret stands in it", read, name)
    shown = pointers.value(response.json, row.prefix) if row.prefix else None
    if shown is not None and not secret.startswith(str(shown)):
        fact = context.facts.fact(f"{row.prefix} begins the secret", "conversation.yaml secret", row.evidence)
        yield Problem(fact, "the beginning of the secret", f"{shown!r}", read, name)
    yield from _current(context, row, read, response)


def _current(
    context: CheckContext, row: Secret, read: SentRequest, response: ReceivedResponse, *, least: int = 0
) -> Iterator[Problem]:
    """Whether a list shows as many secrets that sign as it may."""
    flags = pointers.values(response.json, f"/items/*{row.current}") if row.current else []
    if flags and not least <= flags.count(True) <= 1:
        fact = context.facts.fact("one secret signs", "conversation.yaml secret", row.evidence)
        name = read.operation.id if read.operation else read.path
        yield Problem(fact, f"one entry with {row.current}", f"{flags}", read, name)


def _wrong_at_first(row: Secret, made: ReceivedResponse, secret: str, *, signs: bool) -> Iterator[tuple[str, str, str]]:
    """What is wrong about a secret as it was made: its form, and whether it signs beside the one that was promoted."""
    form = str(row.form or "")
    if not re.fullmatch(form, secret) and form:
        yield f"{row.at} has its form", f"a secret that fits {form}", f"{secret[:6]}…"
    if row.current and signs and pointers.value(made.json, row.current) is True:
        yield "a secret signs once it was promoted", f"another secret at {row.current}", "the new one"


CHECKS: tuple[Check, ...] = (is_shown_once,)

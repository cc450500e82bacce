"""A secret is shown when it is made, and never again; one of them signs."""

import re
from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.contract import pointers
from mockreel.contract.conversation.conversation import Secret
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.exchanges.problem import Problem


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
    lists = [one for one in context.contract.operations if one.path == operation.path and one.method == "GET"]
    reads = [one for one in further if one.method == "GET"] + [context.requests.good(one) for one in lists]
    for read in reads:
        response = context.try_send(read)
        if response is None:
            continue
        context.judged()
        if secret.encode() in response.body or isinstance(pointers.value(response.json, row.at), str):
            fact = context.facts.fact(f"{row.at} is shown once", "conversation.yaml secret", row.evidence)
            name = read.operation.id if read.operation else read.path
            yield Problem(fact, "a reply without the secret", "the secret stands in it", read, name)
        shown = pointers.value(response.json, row.prefix) if row.prefix else None
        if shown is not None and not secret.startswith(str(shown)):
            fact = context.facts.fact(f"{row.prefix} begins the secret", "conversation.yaml secret", row.evidence)
            name = read.operation.id if read.operation else read.path
            yield Problem(fact, "the beginning of the secret", f"{shown!r}", read, name)
        flags = pointers.values(response.json, f"/items/*{row.current}") if row.current else []
        if flags.count(True) > 1:
            fact = context.facts.fact("one secret signs", "conversation.yaml secret", row.evidence)
            name = read.operation.id if read.operation else read.path
            yield Problem(fact, f"one entry with {row.current}", f"{flags}", read, name)
    for read in further:
        if read.method == "DELETE":
            context.try_send(read)


def _wrong_at_first(row: Secret, made: ReceivedResponse, secret: str, *, signs: bool) -> Iterator[tuple[str, str, str]]:
    """What is wrong about a secret as it was made: its form, and whether it signs beside the one that was promoted."""
    form = str(row.form or "")
    if not re.fullmatch(form, secret) and form:
        yield f"{row.at} has its form", f"a secret that fits {form}", f"{secret[:6]}…"
    if row.current and signs and pointers.value(made.json, row.current) is True:
        yield "a secret signs once it was promoted", f"another secret at {row.current}", "the new one"


CHECKS: tuple[Check, ...] = (is_shown_once,)

"""Created objects are read as created, changed as requested, listed as they are, and gone after removal."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.consistency.accounts.account_access import makers
from mockreel.conformance.checks.differential.symbols import texts
from mockreel.conformance.checks.job_records import alike
from mockreel.contract import Operation, pointers
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.links import Link
from mockreel.contract.exchanges.problem import Problem

# Ids, which never change; anything else that was not sent may.
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9]{15,19}")

# The rest of a path that names one of what another path lists.
_ONE = r"/\{[^/{}]+\}"


@check(
    "thing.agrees", "What was made is read, changed and listed as it was made, and gone when it is removed.",
    level="jobs", known=lambda context: any(True for _ in makers(context)),
)  # fmt: skip
def things_are_as_they_were_made(context: CheckContext) -> Iterator[Problem]:
    for maker in makers(context):
        request = context.maker_request(maker)
        if context.request_checker.judge(request).row is not None or context.contract.conversation.of(maker.id):
            continue
        made = context.try_send(request)
        if made is None or context.excused(made, maker) or context.error_detector.refused(made):
            continue
        yield from _life(context, maker, request, made)


def _life(context: CheckContext, maker: Operation, request: SentRequest, made: ReceivedResponse) -> Iterator[Problem]:
    """An object from its creation to its removal: `known` is what every response must repeat."""
    known = _known_fields(request.json, made.json)
    yield from _read_problems(context, request, made, _shown_of(request.json, made.json), maker)
    links = {link.to.method: link for link in _links(context, maker, made)}
    steps = [
        method for method in ("GET", "PATCH", "GET", "LIST", "DELETE", "GET") if method == "LIST" or method in links
    ]
    for number, method in enumerate(steps):
        if method == "LIST":
            yield from _list_problems(context, maker, known)
            continue
        further = context.links.follow(links[method], request, made)
        reply = context.try_send(further)
        if reply is None or context.excused(reply, links[method].to):
            continue
        if number and steps[number - 1] == "DELETE":
            yield from _gone(context, links[method].to, further, reply)
        elif not context.error_detector.refused(reply) and method != "DELETE":
            known = {**known, **(_shown_of(further.json, reply.json) if method == "PATCH" else {})}
            yield from _read_problems(context, further, reply, known, links[method].to)


def _links(context: CheckContext, maker: Operation, made: ReceivedResponse) -> Iterator[Link]:
    """The links of an object to itself: to read, change and remove it."""
    for name in dict.fromkeys(str(row.get("operationId")) for row in context.links.of(maker)):
        link = context.links.find(maker, made, name)
        if link is not None and not link.to.admin and re.fullmatch(re.escape(maker.path) + _ONE, link.to.path):
            yield link


def _known_fields(body: Any, made: Any) -> dict[str, Any]:
    """What was sent, and the ids that were given."""
    fields = made.items() if isinstance(made, Mapping) else ()
    ids = {name: value for name, value in fields if isinstance(value, str) and _ID.fullmatch(value)}
    return {**_shown_of(body, made), **ids}


def _shown_of(body: Any, reply: Any) -> dict[str, Any]:
    """Of what was sent, what a reply has a field for."""
    if not isinstance(body, Mapping) or not isinstance(reply, Mapping):
        return {}
    return {name: value for name, value in body.items() if name in reply}


def _is_shown(shown: Any, sent: Any) -> bool:
    """Whether a reply shows what was sent; the names of a list may have become objects, which have them."""
    if isinstance(sent, list):
        named = all(isinstance(one, str) for one in sent)
        return not named or set(sent) <= set(texts(shown))
    return bool(shown == sent) or (isinstance(sent, dict) and alike(shown, sent))


def _read_problems(
    context: CheckContext, request: SentRequest, reply: ReceivedResponse, known: Mapping[str, Any], operation: Operation
) -> Iterator[Problem]:
    context.judged(bool(known))
    shown = reply.json if isinstance(reply.json, Mapping) else {}
    wrong = {name: value for name, value in known.items() if not _is_shown(shown.get(name), value)}
    if wrong:
        fact = context.facts.operation(f"{operation.id} shows what was made as it is", operation)
        actual = ", ".join(f"{name}: {shown.get(name)!r}" for name in wrong)
        yield Problem(
            fact, ", ".join(f"{name}: {value!r}" for name, value in wrong.items()), actual[:300], request, operation.id
        )


def _list_problems(context: CheckContext, maker: Operation, known: Mapping[str, Any]) -> Iterator[Problem]:
    """The list at the same path has the object, as it is."""
    for operation in context.contract.operations:
        if operation.method != "GET" or operation.path != maker.path:
            continue
        request = context.requests.good(operation)
        reply = context.try_send(request)
        if reply is None or context.excused(reply, operation) or context.error_detector.refused(reply):
            continue
        if any(
            pointers.value(reply.json, paged.next)
            for paged in context.contract.conversation.lists.values()
            if paged.next
        ):
            continue  # it may be on another page
        context.judged()
        plain = {name: value for name, value in known.items() if not isinstance(value, dict | list)}
        if not any(all(entry.get(name) == value for name, value in plain.items()) for entry in _entries(reply.json)):
            fact = context.facts.operation(f"{operation.id} shows what was made as it is", operation)
            yield Problem(fact, f"an entry with {plain}"[:300], reply.shown()[:300], request, operation.id)


def _entries(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in a document."""
    if isinstance(node, Mapping):
        yield node
        for value in node.values():
            yield from _entries(value)
    elif isinstance(node, list):
        for value in node:
            yield from _entries(value)


def _gone(
    context: CheckContext, operation: Operation, request: SentRequest, reply: ReceivedResponse
) -> Iterator[Problem]:
    context.judged()
    if not context.error_detector.refused(reply):
        fact = context.facts.operation(f"{operation.id} knows nothing that was removed", operation)
        yield Problem(fact, "a refusal, as it was removed", reply.shown()[:300], request, operation.id)


CHECKS: tuple[Check, ...] = (things_are_as_they_were_made,)

"""A key is taken in each place that an operation documents for it."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem

NO_KEY = ("no-key", "wrong-key")


def _several(context: CheckContext) -> Iterator[Operation]:
    """The reads that document several places for the key."""
    for operation in context.contract.operations:
        reads = operation.method == "GET" or operation.id in context.contract.conversation.reads
        if reads and len(operation.key) > 1 and operation.body in ("json", "none"):
            yield operation


def _with_key(operation: Operation, request: SentRequest, at: int, key: str) -> SentRequest:
    """The request with the key in one of its places alone; it is sent as it is, so it names no operation."""
    names = {place.name for place in operation.key if place.kind == "body"}
    if isinstance(request.json, dict) and names:
        request = request.with_json({name: value for name, value in request.json.items() if name not in names})
    pairs = [part.split("=", 1) for part in request.query.split("&") if "=" in part]
    others = {place.name for place in operation.key if place.kind == "query"}
    query = {name: value for name, value in pairs if name not in others}
    place = operation.key[at]
    if place.kind == "body":
        request = request.with_json({**request.json, place.name: key})
    elif place.kind == "query":
        query[place.name] = key
    else:
        request = replace(request, headers={**request.headers, place.name: f"{place.scheme or ''} {key}".strip()})
    return replace(request, query=urlencode(query), operation=None)


@check(
    "key.places", "A key is taken in each place that is documented for it.", level="reads",
    known=lambda context: any(True for _ in _several(context)),
)  # fmt: skip
def is_taken_in_each(context: CheckContext) -> Iterator[Problem]:
    key = context.target.keys.of.get("own")
    for operation in _several(context) if key else ():
        for at, place in enumerate(operation.key):
            if place.kind == "body" and operation.body != "json":
                continue
            request = _with_key(operation, context.requests.good(operation), at, str(key))
            response = context.answer(request, operation)
            if response is None:
                continue
            rows = [context.contract.errors[name] for name in NO_KEY]
            if any(context.error_detector.is_row(response, row, operation) for row in rows):
                says = f"{operation.id} takes a key in its {place.kind} as {place.name}"
                fact = context.facts.operation(says, operation)
                yield Problem(fact, "an answer to who has a key", response.shown(), request, operation.id)


CHECKS: tuple[Check, ...] = (is_taken_in_each,)

"""Parts of a response that come only when they are requested, and what every entry of a response has."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem


def _request(context: CheckContext, row: Places, query: dict[str, Any]) -> SentRequest:
    operation = context.contract.operation(str(row.given["operation"]))
    good = context.requests.good(operation, params=row.given.get("params"))
    return replace(good, query=urlencode(query))


@check(
    "reply.parts", "A part of a response that comes on request comes when it is requested, and only then.",
    level="reads", known=lambda context: bool(context.contract.conversation.parts),
)  # fmt: skip
def parts_come_on_request(context: CheckContext) -> Iterator[Problem]:
    for row in context.contract.conversation.parts:
        for query, present in ((row.given["query"], True), ({}, False)):
            request = _request(context, row, query)
            response = context.answer(request, request.operation)
            if response is None or context.error_detector.refused(response):
                continue
            found = [place for place in row.at if pointers.values(response.json, place)]
            if bool(found) != present and (present or row.given.get("only", True)):
                name = str(row.given["operation"])
                fact = context.facts.fact(
                    f"{name} gives {', '.join(row.at)} on request", "conversation.yaml parts", row.evidence
                )
                yield Problem(
                    fact,
                    f"{', '.join(row.at)} {'there' if present else 'not there'}",
                    response.shown()[:300],
                    request,
                    name,
                )


@check(
    "reply.entries", "Every entry of a response is as the operation says that all of them are.", level="reads",
    known=lambda context: bool(context.contract.conversation.entries),
)  # fmt: skip
def entries_are_alike(context: CheckContext) -> Iterator[Problem]:
    for row in context.contract.conversation.entries:
        request = _request(context, row, row.given.get("query", {}))
        response = context.answer(request, request.operation)
        if response is None or context.error_detector.refused(response):
            continue
        for place in row.at:
            parent = place.rpartition("/")[0]
            shown = pointers.values(response.json, place)
            others: list[Any] = ["nothing"] if not shown and pointers.values(response.json, parent) else []
            others += [one for one in shown if not _fits(row, one)]
            if others:
                name, words = str(row.given["operation"]), row.given.get("words", "a text of JSON")
                fact = context.facts.fact(f"{place} is always {words}", "conversation.yaml entries", row.evidence)
                yield Problem(fact, f"{place}: {words}", f"{others[0]!r}"[:300], request, name)


def _fits(row: Places, value: Any) -> bool:
    """Whether a value is one of the words of a row; a row without words wants a text of JSON."""
    if "words" in row.given:
        return value in row.given["words"]
    return isinstance(value, str) and ReceivedResponse(200, {}, value.encode()).json is not None


CHECKS: tuple[Check, ...] = (parts_come_on_request, entries_are_alike)

"""A read with a tag of what the client has: nothing is sent again while nothing has changed, all of it otherwise."""

from collections.abc import Iterator
from dataclasses import replace

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.operations import resolve

TAG, ASKED, UNCHANGED = "etag", "If-None-Match", 304


def _conditional_reads(context: CheckContext) -> Iterator[Operation]:
    """The reads that document an answer for what has not changed."""
    for operation in context.contract.operations:
        rows = [resolve(context.contract.document, one, where="") for one in operation.raw.get("parameters", ())]
        takes_tag = any(row.get("name") == ASKED and row.get("in") == "header" for row in rows)
        if operation.method == "GET" and takes_tag and str(UNCHANGED) in operation.raw.get("responses", {}):
            yield operation


@check(
    "reply.unchanged", "What a client has already is not sent again, where it says so by a tag.", level="reads",
    known=lambda context: any(True for _ in _conditional_reads(context)),
)  # fmt: skip
def is_not_sent_again(context: CheckContext) -> Iterator[Problem]:
    for operation in _conditional_reads(context):
        request = context.requests.good(operation)
        first = context.answer(request, operation)
        if first is None or context.error_detector.refused(first):
            continue
        tag = first.headers.get(TAG, "")
        expected = {tag: UNCHANGED, '"mockreel-another"': first.status} if tag else {}
        if not tag:
            yield _problem(context, operation, request, f"a header {TAG}", "no such header")
        for value, status in expected.items():
            again = replace(request, headers={**request.headers, ASKED: value})
            response = context.answer(again, operation)
            if response is not None and response.status != status:
                yield _problem(context, operation, again, f"{status} for {value}", response.shown()[:200])


def _problem(context: CheckContext, operation: Operation, request: SentRequest, expected: str, actual: str) -> Problem:
    fact = context.facts.operation(f"{operation.id} heeds {ASKED}", operation)
    return Problem(fact, expected, actual, request, operation.id)


CHECKS: tuple[Check, ...] = (is_not_sent_again,)

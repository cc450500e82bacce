"""A read with a tag of what the client has: nothing is sent again while nothing has changed, all of it otherwise."""

from collections.abc import Iterator
from dataclasses import replace

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.paged_lists import filter_values, lists
from mockreel.conformance.list_reader import entries_of, queried
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
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
        narrower = _narrower(context, operation, first) if tag else None
        if narrower is not None:
            again = replace(narrower, headers={**narrower.headers, ASKED: tag})
            response = context.answer(again, operation)
            if response is not None and response.status == UNCHANGED:
                asked = f"fewer entries than the client has, as {narrower.query} is asked"
                yield _problem(context, operation, again, asked, response.shown()[:200])


def _narrower(context: CheckContext, operation: Operation, every: ReceivedResponse) -> SentRequest | None:
    """The same list with a filter that some of its entries do not fit: what the client has is no answer to it."""
    paged = next((paged for one, paged in lists(context) if one.id == operation.id), None)
    entries = entries_of(paged, every) if paged is not None else []
    for row in paged.filters.values() if paged is not None else ():
        for value in (one for entry in entries[:1] for one in filter_values(entry, row)):
            if "with" not in row and any(value not in filter_values(entry, row) for entry in entries):
                return queried(context, operation, {str(row["name"]): str(row["form"]).format(value=value)})
    return None


def _problem(context: CheckContext, operation: Operation, request: SentRequest, expected: str, actual: str) -> Problem:
    fact = context.facts.operation(f"{operation.id} heeds {ASKED}", operation)
    return Problem(fact, expected, actual, request, operation.id)


CHECKS: tuple[Check, ...] = (is_not_sent_again,)

"""Error responses in detail: for unknown ids, for missing parameters, and their fields beside the code."""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import unquote

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.error_responses import row_problem
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.request_builder import UNKNOWN_ID

# The phrases of statuses, without those that have changed over the years.
PHRASES = {one.value: one.phrase for one in HTTPStatus if one.value not in (413, 414, 416, 418, 422)}


def _rows(operation: Operation) -> list[str]:
    """The errors that only this operation documents."""
    return list(operation.raw["x-mockreel"].get("refusals", ()))


def _of_things(context: CheckContext) -> Iterator[tuple[Operation, str]]:
    """Every operation on something that has an id in the path, with the error for an id that nothing has."""
    for operation in context.contract.operations:
        places = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
        row = next((name for name in _rows(operation) if name.startswith("unknown-")), None)
        if places and row is not None and operation.model is None and not operation.many and operation.key:
            yield operation, row


@check(
    "refusal.unknown-thing", "An id that nothing has is answered as one, wherever an id is taken.", level="breaking",
    known=lambda context: any(True for _ in _of_things(context)),
)  # fmt: skip
def unknown_things(context: CheckContext) -> Iterator[Problem]:
    for operation, row in _of_things(context):
        places = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
        request = context.requests.good(operation, params=dict.fromkeys(places, UNKNOWN_ID))
        request = replace(request, who="admin") if operation.admin and "admin" in context.target.keys.of else request
        if operation.admin and request.who != "admin":
            continue
        if operation.body != "form" and context.request_checker.judge(request).row is None:
            yield from row_problem(context, request, row, "asked with an id that nothing has")


def _with_needs(context: CheckContext) -> Iterator[tuple[Operation, SentRequest, str]]:
    """Requests without one required query parameter, with the expected error."""
    for operation in context.contract.operations:
        for parameter in operation.query:
            if not parameter.required or (operation.method != "GET" and operation.body == "form"):
                continue
            good = context.requests.good(operation)
            query = "&".join(part for part in good.query.split("&") if part.partition("=")[0] != parameter.name)
            request = replace(good, query=query)
            row = context.request_checker.judge(request).row
            if row is not None:
                yield operation, request, row


@check(
    "refusal.lacks", "A request without a parameter that it must have is refused.", level="reads",
    known=lambda context: any(True for _ in _with_needs(context)),
)  # fmt: skip
def lacking_parameters(context: CheckContext) -> Iterator[Problem]:
    for _, request, row in _with_needs(context):
        yield from row_problem(context, request, row, "asked without a parameter that it must have")


@check(
    "refusal.status", "A status that an error repeats in its body is the one that it has.", level="reads",
    uses=(PLAIN,), known=lambda context: context.contract.conversation.echoes is not None,
)  # fmt: skip
def repeats_its_status(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.echoes
    assert row is not None
    for request, response in context.log:
        if response.status < 400:
            continue
        for place in row.at:
            shown = pointers.value(response.json, place)
            if not str(shown).isdecimal():  # some readings have it as a text
                continue
            context.judged()
            if int(str(shown)) != response.status:
                yield _other_echo(context, request, response, place, str(response.status))
        for place, echo in _echoes(row, request, response):
            shown = pointers.value(response.json, place)
            context.judged(isinstance(shown, str))
            if isinstance(shown, str) and not is_echo(shown, echo):
                yield _other_echo(context, request, response, place, echo)


def _echoes(row: Places, request: SentRequest, response: ReceivedResponse) -> Iterator[tuple[str, str]]:
    """The places where an error repeats the path of its request and the phrase of its status, with both."""
    if "path" in row.given:
        yield str(row.given["path"]), request.path
    if "phrase" in row.given and response.status in PHRASES:
        yield str(row.given["phrase"]), PHRASES[response.status]


def is_echo(shown: str, value: str) -> bool:
    """Whether a text is the wanted one, percent-encoded or not, with or without a query behind it."""
    text, path = unquote(shown), unquote(value)
    return text == path or text.startswith(f"{path}?")


def _other_echo(
    context: CheckContext, request: SentRequest, response: ReceivedResponse, place: str, value: str
) -> Problem:
    row = context.contract.conversation.echoes
    assert row is not None
    fact = context.facts.fact(f"{place} repeats what the response is", "conversation.yaml echoes", row.evidence)
    name = request.operation.id if request.operation else request.path
    return Problem(fact, f"{place}: {value}", response.shown(), request, name)


CHECKS: tuple[Check, ...] = (unknown_things, lacking_parameters, repeats_its_status)

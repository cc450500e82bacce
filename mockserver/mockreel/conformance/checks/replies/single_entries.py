"""An entry of a list that is read alone is what the list shows of it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import alike
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem

# So many entries of each list are read alone.
MOST = 3
# What an entry is called, where the parameter of the path has another name than the field.
NAMES = ("id", "code", "slug")


def _pairs(context: CheckContext) -> dict[str, tuple[Operation, str]]:
    """Of each list the operation that reads one of its entries, with the parameter for the entry's name."""
    found = {}
    for one in context.contract.operations:
        before, _, last = one.path.rpartition("/")
        parent = next((other for other in context.contract.operations if other.path == before), None)
        for operation in context.contract.operations if parent and one.method == "GET" else ():
            plain = last[:1] == "{" and last[1:-1] not in one.many  # what has several parts has another name
            if operation.path == before and operation.method == "GET" and plain and not one.admin:
                found[operation.id] = one, last[1:-1]
    return found


def _entries(node: Any) -> Iterator[Mapping[str, Any]]:
    """The entries of the lists at the top of a response, or just below."""
    for value in node.values() if isinstance(node, Mapping) else (node,):
        if isinstance(value, list):
            yield from (entry for entry in value if isinstance(entry, Mapping))


def _entry_name(entry: Mapping[str, Any], parameter: str) -> str | None:
    """What an entry is called in a path."""
    return next((str(entry[name]) for name in (parameter, *NAMES) if entry.get(name) is not None), None)


@check(
    "entry.alone", "An entry of a list that is read alone is what the list shows of it.", level="jobs", uses=(PLAIN,),
    known=lambda context: bool(_pairs(context)),
)  # fmt: skip
def entries_are_the_same_alone(context: CheckContext) -> Iterator[Problem]:
    chosen = {paged.fields for paged in context.contract.conversation.lists.values() if paged.fields}
    for name, (one, parameter) in _pairs(context).items():
        whole = [
            (request, response)
            for request, response in context.log
            if request.operation is not None
            and request.operation.id == name
            and request.who == "own"
            and not any(f"{field}=" in request.query for field in chosen)
            and not context.error_detector.refused(response)
            and any(True for _ in _entries(response.json))
        ]
        for request, response in whole[-1:]:
            yield from _alone(context, one, parameter, request, response)


def _alone(
    context: CheckContext, one: Operation, parameter: str, request: SentRequest, response: ReceivedResponse
) -> Iterator[Problem]:
    again = context.try_send(request)  # what was seen long ago may have changed
    for entry in list(_entries(again.json if again else response.json))[:MOST]:
        called = _entry_name(entry, parameter)
        if called is None:
            continue
        further = replace(request, path=f"{request.path}/{quote(called, safe='')}", query="", operation=one)
        shown = context.answer(further, one)
        if shown is None:
            continue
        alone = shown.json if isinstance(shown.json, Mapping) else {}
        wrong = [
            field
            for field, value in entry.items()
            if field in alone and value is not None and alone[field] is not None and not alike(alone[field], value)
        ]
        if context.error_detector.refused(shown) or (wrong and _stays(context, request, parameter, entry, wrong)):
            listed = request.operation.id if request.operation else request.path
            fact = context.facts.operation(f"{one.id} reads one of what {listed} lists", one)
            expected = ", ".join(f"{field}: {entry[field]!r}" for field in wrong) or "the entry"
            actual = ", ".join(f"{field}: {alone[field]!r}" for field in wrong) or shown.shown()
            yield Problem(fact, expected[:300], actual[:300], further, one.id)
            return


def _stays(
    context: CheckContext, request: SentRequest, parameter: str, entry: Mapping[str, Any], fields: list[str]
) -> bool:
    """Whether the list goes on showing of this entry what it showed: a thing that moves meanwhile is no fault."""
    response = context.try_send(request)
    values = {field: entry[field] for field in fields}
    return response is not None and any(
        _entry_name(other, parameter) == _entry_name(entry, parameter)
        and all(other.get(field) == value for field, value in values.items())
        for other in _entries(response.json)
    )


CHECKS: tuple[Check, ...] = (entries_are_the_same_alone,)

"""Catalogue entries are the same in every response, and no two entries of a list have the same name."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem

# So many replies of each operation are looked at.
MOST = 12


def _names(context: CheckContext) -> set[str]:
    """The fields with names of catalogue entries."""
    places = [paged.id for paged in context.contract.conversation.lists.values()]
    return {place.removeprefix("/") for place in places if place.count("/") == 1}


def _catalogues(context: CheckContext) -> set[str]:
    """The lists that are never empty, and what reads one of their entries: nothing of them changes meanwhile."""
    lists = {name: paged for name, paged in context.contract.conversation.lists.items() if paged.least}
    return {*lists, *(paged.one for paged in lists.values() if paged.one)}


def _distinct_reads(context: CheckContext) -> Iterator[tuple[SentRequest, Operation, Any]]:
    """Some different responses of every complete read."""
    chosen = {paged.fields for paged in context.contract.conversation.lists.values() if paged.fields}
    seen: defaultdict[str, set[bytes]] = defaultdict(set)
    for request, response in context.log:
        operation = request.operation
        if operation is None or operation.method != "GET" or len(seen[operation.id]) == MOST:
            continue
        whole = not any(f"{name}=" in request.query for name in chosen)
        if whole and response.body not in seen[operation.id] and not context.error_detector.refused(response):
            seen[operation.id].add(response.body)
            yield request, operation, response.json


@check(
    "thing.alike", "A thing of a catalogue is shown alike wherever it is shown.", level="jobs", uses=(PLAIN,),
    known=lambda context: bool(_catalogues(context)),
)  # fmt: skip
def things_are_alike(context: CheckContext) -> Iterator[Problem]:
    names, catalogues = _names(context), _catalogues(context)
    seen: dict[str, dict[str, tuple[str, Any]]] = defaultdict(dict)
    reported_before: set[tuple[str, str]] = set()
    for request, operation, document in _distinct_reads(context):
        for entry in objects(document) if operation.id in catalogues else ():
            called = next((f"{name} {entry[name]}" for name in names if isinstance(entry.get(name), str)), None)
            context.judged(called is not None)
            for field, value in entry.items() if called else ():
                if isinstance(value, dict | list) or value is None:
                    continue
                elsewhere, before = seen[str(called)].setdefault(field, (operation.id, value))
                if before != value and (operation.id, field) not in reported_before:
                    reported_before.add((operation.id, field))
                    fact = context.facts.operation(f"{operation.id} and {elsewhere} show the same things", operation)
                    actual = f"{value!r} at {field} of {called}"
                    yield Problem(fact, f"{before!r}, as in {elsewhere}", actual, request, operation.id)


@check(
    "thing.named", "No two entries of a list are called the same.", level="jobs", uses=(PLAIN,),
    known=lambda context: bool(_names(context)),
)  # fmt: skip
def entries_have_their_own_names(context: CheckContext) -> Iterator[Problem]:
    names, reported_before = _names(context), set[tuple[str, str]]()
    for request, operation, document in _distinct_reads(context):
        for place, entries in _lists(document):
            for name in names:
                called = [
                    str(entry[name]) for entry in entries if isinstance(entry, dict) and entry.get(name) is not None
                ]
                context.judged(len(called) > 1)
                twice = (
                    next((one for one in called if called.count(one) > 1), None)
                    if len(set(called)) != len(called)
                    else None
                )
                if twice is not None and (operation.id, place) not in reported_before:
                    reported_before.add((operation.id, place))
                    fact = context.facts.operation(f"{operation.id} calls each entry by a {name} of its own", operation)
                    yield Problem(
                        fact, f"another {name} for each", f"{twice} twice at {place or '/'}", request, operation.id
                    )


def objects(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from objects(value)


def _lists(node: Any, place: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Every list of a document with its place."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _lists(value, f"{place}/{name}")
    elif isinstance(node, list):
        yield place, node
        for value in node:
            yield from _lists(value, f"{place}/*")


CHECKS: tuple[Check, ...] = (things_are_alike, entries_have_their_own_names)

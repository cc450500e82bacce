"""Check that a page of a list has no more items than requested."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

from mockreel.contract import Operation
from mockreel.contract.evidence.facts import Facts
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem


def page_problems(facts: Facts, request: SentRequest, response: ReceivedResponse) -> Iterator[Problem]:
    """The problem with the length of a page."""
    name = _limit_of(request.operation) if request.operation else None
    limit = parse_qs(request.query).get(name, [""])[-1] if name else ""
    if request.operation is None or not limit.isdecimal():
        return
    longest = max((len(one) for one in _lists(response.json)), default=0)
    if longest > int(limit):
        fact = facts.operation(f"{name} limits the items on a page of {request.operation.id}", request.operation)
        yield Problem(fact, f"at most {limit}", f"{longest} items", request)


def _limit_of(operation: Operation) -> str | None:
    """The parameter that limits a page: the only integer with the minimum 1 and a maximum."""
    found = [
        one.name
        for one in operation.query
        if "integer" in _types(one.schema) and one.schema.get("minimum") == 1 and "maximum" in one.schema
    ]
    return found[0] if len(found) == 1 else None


def _types(schema: Any) -> list[str]:
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)


def _lists(document: Any) -> Iterator[list[Any]]:
    """The lists that may be the items of a page."""
    if isinstance(document, list):
        yield document
    elif isinstance(document, dict):
        yield from (value for value in document.values() if isinstance(value, list))

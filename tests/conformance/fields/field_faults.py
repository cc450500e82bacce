"""One field of one operation's responses made wrong in one way, and the checks that notice it."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson
from conformance.saboteurs.saboteur import Saboteur, Stranger, honest_contract, operation_id, run_checks

from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import run
from mockreel.contract import pointers
from mockreel.contract.evidence.facts import FIRM
from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

# What a field becomes: it is not there, it is null, it is nothing of its type, it is always what it was at first, it is
# what it was in the response before.
WAYS = ("missing", "null", "empty", "constant", "another's")
_GONE = object()


@dataclass(frozen=True, slots=True)
class Fault:
    """A field of an operation's responses, by its place (`*` is any index), and the way in which it is wrong."""

    provider: str
    operation: str
    place: str
    way: str

    @property
    def where(self) -> str:
        return f"{self.operation} {self.place} {self.way}"


def faults(provider: str) -> Iterator[Fault]:
    """Every field that an honest run shows, in every way that changes it."""
    shown: dict[tuple[str, str], set[str]] = {}
    for operation, place, value in _response_fields(provider):
        shown.setdefault((operation, place), set()).add(orjson.dumps(value).decode())
    for (operation, place), values in shown.items():
        held = values - {"null"}
        if not held:
            continue
        yield Fault(provider, operation, place, "missing")
        yield Fault(provider, operation, place, "null")
        if held - {"0", '""', "[]", "{}", "false"}:
            yield Fault(provider, operation, place, "empty")
        if len(held) > 1:
            yield Fault(provider, operation, place, "constant")
            yield Fault(provider, operation, place, "another's")


def _response_fields(provider: str) -> Iterator[tuple[str, str, Any]]:
    """The fields of every response of an honest run whose operation a document describes."""
    contract = honest_contract(provider)
    target = Stranger(contract)
    context = CheckContext(contract, target, CheckOptions(quick=True, budget=100_000))
    list(run(context))
    target.close()
    for request, response in context.log:
        operation = request.operation
        if operation is None or response.status >= 300 or context.error_detector.refused(response):
            continue
        if operation.raw["x-mockreel"]["evidence"] in FIRM:
            yield from ((operation.id, place, value) for place, value in _fields(response.json, ""))


def _fields(node: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield f"{place}/{name}", value
            yield from _fields(value, f"{place}/{name}")
    elif isinstance(node, list):
        for value in node:
            yield from _fields(value, f"{place}/*")


def verdicts_on(fault: Fault) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The checks by which a server with this fault falls short, and those that doubt it."""
    found = run_checks(
        Saboteur(fault.where, "", fault.provider, answering=_simulator_with(fault)), stranger=True, quick=True
    )
    return found.checks, found.doubted


def _simulator_with(fault: Fault) -> Callable[[], Answering]:
    def make() -> Answering:
        change = _change(fault.way)
        steps = fault.place.split("/")[1:]

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response = provider.answer(request)
            if operation_id(provider, request) != fault.operation or not isinstance(response, Response):
                return response
            if response.status >= 300 or not response.body.startswith((b"{", b"[")):
                return response
            body = orjson.loads(response.body)
            if not pointers.values(body, fault.place):
                return response
            return replace(response, body=orjson.dumps(_alter(body, steps, change)))

        return answer

    return make


def _change(way: str) -> Callable[[Any], Any]:
    """What a value becomes; None stays None, as nobody could see what it should be."""
    stored: dict[str, Any] = defaultdict(lambda: _GONE)

    def change(value: Any) -> Any:
        if value is None:
            return value
        if way == "missing":
            return _GONE
        if way == "null":
            return None
        if way == "empty":
            return type(value)()
        if way == "constant":
            stored["first"] = value if stored["first"] is _GONE else stored["first"]
            return stored["first"]
        before, stored["last"] = stored["last"], value
        return value if before is _GONE else before

    return change


def _alter(node: Any, steps: list[str], change: Callable[[Any], Any]) -> Any:
    if isinstance(node, list):
        if steps[0] != "*":
            return node
        inner = [change(one) if len(steps) == 1 else _alter(one, steps[1:], change) for one in node]
        return [one for one in inner if one is not _GONE]
    if not isinstance(node, dict) or steps[0] not in node:
        return node
    value = node[steps[0]]
    new = change(value) if len(steps) == 1 else _alter(value, steps[1:], change)
    rest = {name: one for name, one in node.items() if name != steps[0]}
    return rest if new is _GONE else {**node, steps[0]: new}

"""What the documented example of a reply shows is in every reply of its kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import Evidence, Operation, pointers
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.operations import resolve

# So many levels of an example are promised; what is further inside has other names under other readings.
DEEP = 2


@dataclass(frozen=True, slots=True)
class Example:
    """The fields of one example, and the state that it is of: a reply in another state may lack them."""

    place: str | None
    word: Any
    fields: tuple[str, ...]
    evidence: Evidence


def examples(context: CheckContext, operation: Operation) -> Iterator[Example]:
    """The examples of an operation's successful replies."""
    own = operation.raw["x-mockreel"]
    place = _state(context, operation)
    for status, row in operation.raw.get("responses", {}).items():
        response = resolve(context.contract.document, row, where=operation.id) if status.startswith("2") else {}
        for content in response.get("content", {}).values():
            rows = [*content.get("examples", {}).values()]
            rows += [{"value": content["example"]}] if "example" in content else []
            for one in rows:
                value, found = one.get("value"), one.get("x-mockreel", own)
                word = pointers.value(value, place) if place else None
                evidence = Evidence(found["evidence"], tuple(found["source"]))
                yield Example(place, word, tuple(_fields(value)), evidence)


def _state(context: CheckContext, operation: Operation) -> str | None:
    """Where a reply of an operation has the state of its job."""
    for talk in context.contract.conversation.jobs.values():
        if operation.id == talk.poll:
            return talk.state
        if operation.id in talk.submits and talk.promises.begun is not None:
            return talk.promises.begun.at[0]
    return None


def _fields(value: Any, place: str = "", depth: int = DEEP) -> Iterator[str]:
    """The places of an example's fields; an entry of a list has what all entries of the example's list have."""
    for name, one in value.items() if isinstance(value, dict) and depth else ():
        yield f"{place}/{name}"
        yield from _fields(one, f"{place}/{name}", depth - 1)
        entries = [entry for entry in one if isinstance(entry, dict)] if isinstance(one, list) else []
        for field in set.intersection(*map(set, entries)) if entries else ():
            yield f"{place}/{name}/*/{field}"


def _lacks(document: Any, place: str) -> bool:
    """Whether a field is not there; where it is one of the entries of a list, whether some entry has none."""
    before, several, field = place.partition("/*")
    if not several:
        return not pointers.values(document, place)
    entries = pointers.value(document, before)
    objects = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return any(field.removeprefix("/") not in entry for entry in objects)


@check(
    "reply.example", "A reply has every field that the documented example of such a reply has.", level="jobs",
    uses=(PLAIN,),
    known=lambda context: any(True for one in context.contract.operations for _ in examples(context, one)),
)  # fmt: skip
def has_what_examples_have(context: CheckContext) -> Iterator[Problem]:
    rows = {one.id: tuple(examples(context, one)) for one in context.contract.operations}
    seen: set[tuple[str, str]] = set()
    for request, response in context.log:
        operation = request.operation
        if (
            operation is None
            or not rows[operation.id]
            or response.status >= 300
            or context.error_detector.refused(response)
        ):
            continue
        for example in rows[operation.id]:
            if example.place and pointers.value(response.json, example.place) != example.word:
                continue
            context.judged()
            lacking = [place for place in example.fields if _lacks(response.json, place)]
            if lacking and (operation.id, lacking[0]) not in seen:
                seen.add((operation.id, lacking[0]))
                where = f"openapi.yaml {operation.method} {operation.path} example"
                says = f"a reply of {operation.id} has the fields of its example"
                fact = context.facts.fact(says, where, example.evidence)
                yield Problem(fact, ", ".join(lacking), response.shown()[:300], request, operation.id)


CHECKS: tuple[Check, ...] = (has_what_examples_have,)

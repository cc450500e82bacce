"""The ways to make a row false: what it says on the wire first, another row's word next, itself gone last."""

import copy
import re
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Any

# What of a row says nothing about the provider.
_SILENT = {"evidence", "source", "note", "inferred", "says", "title", "kind", "placeholder", "media", "aliases", "name"}
# What is changed first where a row has it: what the wire shows.
_LOUD = (
    "embed",
    "word",
    "code",
    "value",
    "status",
    "pattern",
    "header",
    "states",
    "row",
    "amount",
    "on",
    "at",
    "operation",
    "one",
)
# Of a row about how clients speak: where something stands, in the order in which it is looked for.
_PLACES = ("state", "items", "pattern", "at", "other")
_NUMBER = re.compile(r"[0-9]+\.[0-9]+")
# A field that no reply has.
UNKNOWN_FIELD = "mockreel_mutant"


def falsehoods(
    document: Any, kind: str, steps: Sequence[str | int], *, codes: bool, names: Collection[str] = ()
) -> Iterator[Any]:
    """A document with one row made false, in one way after the other.

    Args:
        codes: whether the error responses of the provider show a code.
        names: what a row may name: another one of them takes the place of a value that is one.
    """
    if kind == "wire facts" and (named := _at(document, steps).get("value")) in list(names):
        yield _with(document, steps, {**_at(document, steps), "value": next(one for one in names if one != named)})
    if kind == "operations":
        yield _without(document, steps[:-1])
    elif kind in ("messages", "models"):
        yield _demanding(document, steps)
    else:
        yield from _changes(document, kind, steps, codes=codes)


def _at(document: Any, steps: Sequence[str | int]) -> Any:
    for step in steps:
        document = document[step]
    return document


def _without(document: Any, steps: Sequence[str | int]) -> Any:
    false = copy.deepcopy(document)
    del _at(false, steps[:-1])[steps[-1]]
    return false


def _demanding(document: Any, steps: Sequence[str | int]) -> Any:
    """A schema that requires a field that nothing has; one without fields has other words, or another type."""
    false = copy.deepcopy(document)
    owner = _at(false, steps[:-1] if steps[-1:] == ("x-mockreel",) else steps)
    if "enum" in owner:
        owner["enum"] = [f"{one}x" for one in owner["enum"]]
    elif owner.get("type", "object") in ("string", "number", "integer", "array"):
        owner["type"] = "boolean"
    else:
        owner["required"] = [*owner.get("required", []), UNKNOWN_FIELD]
    return false


def _changes(document: Any, kind: str, steps: Sequence[str | int], *, codes: bool) -> Iterator[Any]:
    row = _at(document, steps)
    if kind == "prices" or (steps[:1] == ("models",) and "certainty" in row):
        yield _with(document, steps, _dearer(row))
        return
    if kind == "error responses" and not codes and "message" in row:
        yield _with(document, steps, {**row, "message": f"Not so: {row['message']}"})
    places = [name for name in _PLACES if name in row] if kind == "how clients speak" else []
    if places:  # what stands elsewhere is another place; one that nothing has only keeps a check from asking
        yield from _of_others(document, steps)
    for name in places:
        yield _with(document, steps, {**row, name: _mistaken(name, row[name])})
    for name in _in_order(row):
        hidden = name in places or (name == "code" and kind == "error responses" and not codes)
        for changed in () if hidden else _others(row[name]):
            yield _with(document, steps, {**row, name: changed})
    if kind == "rules about money":
        yield from (_with(document, steps, {**row, name: "1.5"}) for name in row if row[name] is None)
        yield from _moves(document, steps)
    if not places:
        yield from _of_others(document, steps)
    if kind not in ("wire facts", "how clients speak") and len(steps) > 1:
        yield _without(document, steps)


def _with(document: Any, steps: Sequence[str | int], row: Any) -> Any:
    """The document with another row in one place."""
    false = copy.deepcopy(document)
    _at(false, steps[:-1])[steps[-1]] = row
    return false


def _moves(document: Any, steps: Sequence[str | int]) -> Iterator[Any]:
    """A word of the row's list in the list of a row beside it, and one of that in the row's: each stands in one."""
    row, parent = _at(document, steps), _at(document, steps[:-1])
    for name in _in_order(row):
        for beside, other in parent.items() if isinstance(parent, dict) and isinstance(row[name], list) else ():
            if other is row or not isinstance(other, dict) or not isinstance(other.get(name), list):
                continue
            for giver, taker in ((row, other), (other, row)):
                if giver[name] and giver[name][0] not in taker[name]:
                    changed = {id(giver): giver[name][1:], id(taker): [*taker[name], giver[name][0]]}
                    false = _with(document, steps, {**row, name: changed[id(row)]})
                    yield _with(false, [*steps[:-1], beside], {**other, name: changed[id(other)]})


def _of_others(document: Any, steps: Sequence[str | int]) -> Iterator[Any]:
    """The row with a word of another row in the same place: what names something can only name what there is."""
    row, parent = _at(document, steps), _at(document, steps[:-1])
    others = list(parent.values()) if isinstance(parent, dict) else list(parent)
    for name in _in_order(row):
        for other in others:
            if isinstance(other, dict) and name in other and other[name] != row[name]:
                yield _with(document, steps, {**row, name: other[name]})
                break


def _dearer(row: Any) -> Any:
    """Every amount of a price is one more."""
    if isinstance(row, list):
        return [_dearer(one) for one in row]
    if not isinstance(row, dict):
        return row
    dearer = {name: _dearer(value) if name == "rules" else value for name, value in row.items()}
    if row.get("amount") is not None:
        dearer["amount"] = str(Decimal(row["amount"]) + 1)
    return dearer


def _in_order(row: dict[str, Any]) -> list[str]:
    names = [*(name for name in _LOUD if name in row), *(name for name in row if name not in _LOUD)]
    return [name for name in names if name not in _SILENT]


def _mistaken(name: str, value: Any) -> Any:
    """Other places: to leave one out of several would only say less, which is not false."""
    if name == "pattern":
        return f"(?:{value})x"
    return [f"{one}x" for one in value] if isinstance(value, list) else f"{value}x"


def _others(value: Any) -> Iterator[Any]:
    """Other values of the same type: of an object one for each of its members."""
    members = _in_order(value) if isinstance(value, dict) else []
    words = [name for name in members if isinstance(value[name], str)]
    pairs = [(one, other) for one, other in combinations(words, 2) if value[one] != value[other]]
    if len(words) == len(members) and pairs:  # words of a list: only another one of them can be played
        one, other = pairs[0]
        yield {**value, one: value[other], other: value[one]}
    for name in members:
        changed = _other(value[name])
        if changed is not None:
            yield {**value, name: changed}
    changed = None if members else _other(value)
    if changed is not None:
        yield changed


def _other(value: Any) -> Any:
    """Another value of the same type; None where there is none."""
    changed: Any = None
    match value:
        case bool():
            changed = not value
        case int() | float():
            changed = value + 1
        case str() if _NUMBER.fullmatch(value):
            changed = str(Decimal(value) + 1)
        case str() if value.endswith("}"):  # what follows a placeholder may be a part of what takes its place
            changed = f"x{value}"
        case str():
            changed = f"{value}x"
        case [str(), _, *_]:
            changed = value[:-1]
        case [first, *rest]:
            changed = [_other(first), *rest]
        case dict():
            others = ((name, _other(value[name])) for name in _in_order(value))
            found = next((one for one in others if one[1] is not None), None)
            changed = None if found is None else {**value, found[0]: found[1]}
    return changed

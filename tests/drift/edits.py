"""Edits of a schema at every depth, each with what it does to the set of messages: known by how it was made."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

Truth = Literal["narrower", "wider", "other", "same", "gone", "new"]
Schema = dict[str, Any]


@dataclass(frozen=True)
class Edit:
    """One edit of one place: `other` is neither narrower nor wider, `gone` and `new` are optional fields."""

    kind: str
    truth: Truth
    at: str
    schema: Schema


Change = Callable[[Schema], object]


def edits(schema: Schema) -> Iterator[Edit]:
    """Every edit of a schema that is known here."""
    for at, node in list(_nodes(schema)):
        for kind, truth, change in _changes(node):
            whole = copy.deepcopy(schema)
            change(_at(whole, at))
            yield Edit(kind, truth, at, whole)


def _nodes(node: Any, at: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema below a place that decides something, with its place."""
    if not isinstance(node, dict):
        return
    yield at, node
    for name, field in node.get("properties", {}).items():
        if name != "model":
            yield from _nodes(field, f"{at}|properties|{name}")
    if "items" in node:
        yield from _nodes(node["items"], f"{at}|items")
    for word in ("anyOf", "oneOf", "allOf"):
        for number, branch in enumerate(node.get(word, ())):
            yield from _nodes(branch, f"{at}|{word}|{number}")


def _at(schema: Any, at: str) -> Any:
    for step in at.split("|")[1:]:
        schema = schema[int(step)] if isinstance(schema, list) else schema[step]
    return schema


def _set(**words: Any) -> Change:
    return lambda node: node.update(copy.deepcopy(words))


def _drop(word: str) -> Change:
    return lambda node: node.pop(word)


def _types(node: Schema) -> list[str]:
    stated = node.get("type", [])
    return [stated] if isinstance(stated, str) else list(stated)


def _changes(node: Schema) -> Iterator[tuple[str, Truth, Change]]:
    yield "a description", "same", _set(description=f"{node.get('description', '')} Said in another way.")
    kinds = _types(node)
    if not kinds or len([kind for kind in kinds if kind != "null"]) != 1:
        return
    kind = next(one for one in kinds if one != "null")
    yield from _of_null(node, kinds)
    if "enum" in node:
        yield from _of_enum(node)
    elif "const" not in node:
        by_kind = {"string": _of_text, "integer": _of_number, "number": _of_number, "array": _of_list}
        yield from by_kind.get(kind, _of_nothing)(node)
        if kind == "boolean":
            yield "a boolean is fixed", "narrower", _set(enum=[True])
    if kind == "object":
        yield from _of_object(node)


def _of_nothing(node: Schema) -> Iterator[tuple[str, Truth, Change]]:
    yield from ()


def _of_null(node: Schema, kinds: list[str]) -> Iterator[tuple[str, Truth, Change]]:
    if node.get("nullable"):
        yield "null goes", "narrower", _drop("nullable")
    elif "null" in kinds:
        left = [kind for kind in kinds if kind != "null"]
        values = [value for value in node["enum"] if value is not None] if "enum" in node else None
        yield "null goes", "narrower", _set(type=left[0], **({"enum": values} if values else {}))


def _of_enum(node: Schema) -> Iterator[tuple[str, Truth, Change]]:
    values = [value for value in node["enum"] if value is not None]
    null = [None] if None in node["enum"] else []
    if len(values) > 1:
        yield "a value goes", "narrower", _set(enum=[*values[:-1], *null])
        yield "the first value goes", "narrower", _set(enum=[*values[1:], *null])
        yield "values in another order", "same", _set(enum=[*null, *reversed(values)])
        new = "zz-other" if isinstance(values[0], str) else 977
        yield "a value is replaced", "other", _set(enum=[*values[:-1], new, *null])
    new = "zz-other" if isinstance(values[0], str) else 977
    if all(isinstance(value, str) for value in values) or all(isinstance(value, int) for value in values):
        yield "a value comes", "wider", _set(enum=[*values, new, *null])
        kind = _types(node)
        if null == []:
            yield "any value", "wider", _drop("enum")
        assert kind


def _of_text(node: Schema) -> Iterator[tuple[str, Truth, Change]]:
    plain = "format" not in node and "pattern" not in node
    yield "shorter", "narrower", _set(maxLength=max(node.get("minLength", 0), node.get("maxLength", 1000) - 1, 30))
    if node.get("minLength", 0) < 40 <= node.get("maxLength", 1000):
        yield "longer at least", "narrower", _set(minLength=40)
    if plain and "maxLength" not in node:
        yield "an address", "narrower", _set(format="uri")
        yield "a pattern", "narrower", _set(pattern="^[a-z]{1,30}$")
        yield "words", "narrower", _set(enum=["abc", "abd"])
        yield "a number instead", "other", _set(type="integer")
        yield (
            "a list instead",
            "other",
            lambda node: (
                node.update(type="array", items={"type": "string"}),
                node.pop("minLength", 0),
                node.pop("default", 0),
            ),
        )
    if "maxLength" in node:
        yield "no longest", "wider", _drop("maxLength")
        yield "longer", "wider", _set(maxLength=node["maxLength"] + 10)
    if node.get("minLength"):
        yield "no shortest", "wider", _drop("minLength")
    if "format" in node:
        yield "no format", "wider", _drop("format")
        yield "another format", "other", _set(format="date" if node["format"] != "date" else "uuid")


def _of_number(node: Schema) -> Iterator[tuple[str, Truth, Change]]:
    low, high = node.get("minimum"), node.get("maximum")
    yield "a lower maximum", "narrower", _set(maximum=(high if high is not None else (low or 0) + 1000) - 1)
    yield "a higher minimum", "narrower", _set(minimum=(low if low is not None else (high or 0) - 1000) + 1)
    if high is not None:
        yield "a higher maximum", "wider", _set(maximum=high + 1)
        yield "no maximum", "wider", _drop("maximum")
    if low is not None:
        yield "a lower minimum", "wider", _set(minimum=low - 1)
        yield "no minimum", "wider", _drop("minimum")
    if "integer" in _types(node):
        yield "in sevens", "narrower", _set(multipleOf=7)
        if node.get("nullable") is None and isinstance(node["type"], str):
            yield "fractions", "wider", _set(type="number")
    elif isinstance(node["type"], str):
        yield "whole numbers", "narrower", _set(type="integer")
    if isinstance(node["type"], str) and low is None and high is None:
        yield "a text instead", "other", _set(type="string")


def _of_list(node: Schema) -> Iterator[tuple[str, Truth, Change]]:
    low, high = node.get("minItems", 0), node.get("maxItems")
    if high is None or high > max(low, 1):
        yield "fewer", "narrower", _set(maxItems=(high or 9) - 1)
        yield "more at least", "narrower", _set(minItems=low + 1)
        yield "no item twice", "narrower", _set(uniqueItems=True)
    if high is not None:
        yield "more", "wider", _set(maxItems=high + 1)
        yield "no most", "wider", _drop("maxItems")
    if low:
        yield "no fewest", "wider", _drop("minItems")


def _of_object(node: Schema) -> Iterator[tuple[str, Truth, Change]]:
    fields, needed = node.get("properties", {}), node.get("required") or []
    if not isinstance(needed, list):
        return
    optional = [name for name in fields if name not in needed]
    for name in optional[:2]:
        yield "a field is required", "narrower", _set(required=[*needed, name])
        if isinstance(fields[name], dict):
            yield "an optional field goes", "gone", _set(properties={k: v for k, v in fields.items() if k != name})
    for name in [name for name in needed if name != "model" and name in fields][:2]:
        left = [one for one in needed if one != name]
        yield "a field need not be there", "wider", _set(required=left) if left else _drop("required")
    if len(needed) > 1:
        yield "required in another order", "same", _set(required=list(reversed(needed)))
    if len(fields) > 1:
        yield "fields in another order", "same", _set(properties=dict(reversed(fields.items())))
        yield "a further field", "new", _set(properties={**fields, "zz_new": {"type": "integer"}})

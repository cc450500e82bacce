"""Instances of the schemas that `build` writes: valid ones by Hypothesis, and invalid ones with one rule broken."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Schema = Mapping[str, Any]
URI = "https://example.com/a.png"
LONG = 24
_TEXT = st.characters(exclude_categories=("Cs", "Cc"))


def valid(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that a schema takes."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return st.one_of([valid({**_rest(schema, word), **branch}) for branch in schema[word]])
    kinds = schema.get("type", "string")
    return st.one_of([_of(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds)])


def _rest(schema: Schema, word: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in (word, "default", "title", "x-mockreel")}


def _of(kind: str, schema: Schema) -> st.SearchStrategy[Any]:
    if kind == "object":
        return _object(schema)
    if kind == "array":
        least, most = schema.get("minItems", 0), schema.get("maxItems", schema.get("minItems", 0) + 2)
        return st.lists(valid(schema.get("items", {})), min_size=least, max_size=min(most, max(least, 3)))
    atoms = {
        "integer": lambda: st.integers(schema.get("minimum", -(2**31)), schema.get("maximum", 2**31)),
        "number": lambda: st.floats(schema.get("minimum", -1e6), schema.get("maximum", 1e6)),
        "boolean": st.booleans,
        "null": st.none,
    }
    return atoms[kind]() if kind in atoms else _string(schema)


def _object(schema: Schema) -> st.SearchStrategy[Any]:
    fields = {name: valid(field) for name, field in schema.get("properties", {}).items()}
    needed = set(schema.get("required", []))
    return st.fixed_dictionaries(
        {name: fields.get(name, st.just("x")) for name in needed},
        optional={name: field for name, field in fields.items() if name not in needed},
    )


def _string(schema: Schema) -> st.SearchStrategy[str]:
    if schema.get("format") == "uri":
        return st.sampled_from([URI, "http://localhost:9000/b.mp4", "https://example.com/c?d=e%20f"])
    if schema.get("format") == "uuid":
        return st.uuids().map(str)
    if "pattern" in schema:
        return st.from_regex(str(schema["pattern"]), fullmatch=True)
    least, most = schema.get("minLength", 0), schema.get("maxLength", LONG)
    short = st.text(_TEXT, min_size=least, max_size=max(least, min(most, LONG)))
    return short if most == LONG else st.one_of(short, st.just("é" * most))


@dataclass(frozen=True)
class Broken:
    """An instance with one rule broken: where, and JSON Schema's word for it."""

    instance: Any
    field: str | None
    keyword: str


def broken(schema: Schema, good: Mapping[str, Any], *, spare: str | None) -> Iterator[Broken]:
    """Every way here to spoil one field of a good instance; `spare` is a field that stays as it is."""
    for name in schema.get("required", []):
        if name != spare:
            yield Broken({key: value for key, value in good.items() if key != name}, name, "required")
    for name, field in schema.get("properties", {}).items():
        if name != spare:
            yield from (Broken({**good, name: value}, name, keyword) for keyword, value in _wrong(field))


def _wrong(field: Schema) -> Iterator[tuple[str, Any]]:
    kinds = field.get("type", "string")
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if "anyOf" in field or "oneOf" in field:
        return
    if "object" not in kinds:
        yield "type", {"not": "this"}
    else:
        yield "type", "no object"
    if "enum" in field:
        yield "enum", "none of these" if "string" in kinds else 987_654_321
        return
    bounds = (("minimum", -1), ("maximum", 1))
    yield from ((word, field[word] + step) for word, step in bounds if word in field)
    if "string" in kinds:
        yield from _wrong_text(field)
    if "array" in kinds:
        yield from _wrong_list(field)


def _wrong_text(field: Schema) -> Iterator[tuple[str, Any]]:
    if field.get("minLength", 0) > 0:
        yield "minLength", "x" * (field["minLength"] - 1)
    if "maxLength" in field:
        yield "maxLength", "x" * (field["maxLength"] + 1)
    if field.get("format") == "uri":
        yield "format", "no address"


def _wrong_list(field: Schema) -> Iterator[tuple[str, Any]]:
    item = URI if field.get("items", {}).get("type") == "string" else {}
    if field.get("minItems", 0) > 0:
        yield "minItems", [item] * (field["minItems"] - 1)
    if "maxItems" in field:
        yield "maxItems", [item] * (field["maxItems"] + 1)

"""Values worth trying against two schemas: at the limits of either, and just beyond them.

Only the validators decide which of the values are valid.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import jsonschema_rs

from mockreel.drift.witness.text_candidates import matching_texts, texts

# How many values are tried at one place, and how deep.
MOST = 60
DEEPEST = 5
_BESIDE = ("allOf", "anyOf", "oneOf")
_CONDITIONS = ("not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties")
_PLAIN = ("type", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "required")
_NESTED_MAPS = ("dependentSchemas",)

Schema = Mapping[str, Any]
Resolve = Callable[[str], Any]


def candidates(schemas: Iterable[Any], resolve: Resolve) -> list[Any]:
    """Values for a place that all of `schemas` describe, the plain ones first."""
    return Place(resolve, DEEPEST).values(list(schemas))


class Place:
    """One place in a message; `depth` is how much deeper the search may go."""

    def __init__(self, resolve: Resolve, depth: int) -> None:
        self.resolve = resolve
        self.depth = depth

    def values(self, schemas: Sequence[Any]) -> list[Any]:
        parts = list(self.parts(schemas, set()))
        found = [
            *self._given_values(parts),
            *_numbers(parts),
            *texts(parts),
            *self._objects(parts),
            *self._arrays(parts),
            True,
            False,
            None,
        ]
        validators = _validators(parts)
        ranked = sorted(_distinct(found), key=lambda value: sum(not part.is_valid(value) for part in validators))
        return list(islice(ranked, MOST * (self.depth + 1)))

    def parts(self, schemas: Iterable[Any], visited: set[str]) -> Iterator[Schema]:
        """Every part of the schemas that describes this place, however nested."""
        for schema in schemas:
            if not isinstance(schema, Mapping):
                continue
            yield schema
            reference = schema.get("$ref")
            if isinstance(reference, str) and reference not in visited:
                yield from self.parts([self.resolve(reference)], visited | {reference})
            for keyword in _BESIDE:
                yield from self.parts(schema.get(keyword, ()), visited)
            yield from self.parts((schema[keyword] for keyword in _CONDITIONS if keyword in schema), visited)
            for keyword in _NESTED_MAPS:
                yield from self.parts(schema.get(keyword, {}).values(), visited)

    def _given_values(self, parts: Sequence[Schema]) -> Iterator[Any]:
        for part in parts:
            yield from (part[keyword] for keyword in ("const", "default") if keyword in part)
            yield from part.get("enum", ())

    def _objects(self, parts: Sequence[Schema]) -> Iterator[Any]:
        fields = fields_of(parts)
        if not self.depth or not (fields or any(part.get("type") == "object" for part in parts)):
            return
        inner = Place(self.resolve, self.depth - 1)
        pools = {name: inner.values(schemas) for name, schemas in fields.items()}
        extra = inner.values([part["additionalProperties"] for part in parts if "additionalProperties" in part])
        for base in _bases(parts, pools):
            yield base
            yield from ({**base, name: value} for name, pool in pools.items() for value in pool[:MOST])
            yield from ({key: value for key, value in base.items() if key != name} for name in base)
            yield from ({**base, "x": value} for value in extra[:8])
            yield {**base, **{name: pool[0] for name, pool in pools.items() if pool}}
            yield {**base, "x": 0, "xx": 0, "xxx": 0}
            yield from self._by_pattern(base, parts)

    def _by_pattern(self, base: dict[str, Any], parts: Sequence[Schema]) -> Iterator[Any]:
        """The base with fields whose names match a pattern."""
        inner = Place(self.resolve, self.depth - 1)
        yield from ({**base, name: 0} for name in ("", "xxxxxxxx", "x" * 70))
        for part in parts:
            for pattern, schema in part.get("patternProperties", {}).items():
                for name in matching_texts(pattern):
                    yield from ({**base, name: value} for value in inner.values([schema])[:8])
                    yield {**base, name: [name]}

    def _arrays(self, parts: Sequence[Schema]) -> Iterator[Any]:
        if not self.depth or not any(_is_list(part) for part in parts):
            return
        inner = Place(self.resolve, self.depth - 1)
        items = inner.values(items_of(parts))
        lengths = {0, 1, 2, 3} | {n + d for part in parts for n in edges(part, "Items") for d in (-1, 0, 1)}
        first = [inner.values(list(column)) for column in _columns(parts)]
        for length in sorted(n for n in lengths if 0 <= n <= MOST):
            for value in items[:MOST] or [0]:
                yield [*(pool[0] for pool in first[:length]), *([value] * (length - len(first[:length])))]
            yield items[:length]
        for place, pool in enumerate(first):
            yield from ([*(other[0] for other in first[:place]), value] for value in pool)
        yield from ([items[0], value] for value in items[:MOST])


def fields_of(parts: Sequence[Schema]) -> dict[str, list[Any]]:
    """Every field that the parts describe, with its schemas."""
    fields: dict[str, list[Any]] = {}
    for part in parts:
        for name, schema in part.get("properties", {}).items():
            fields.setdefault(name, []).append(schema)
        for name in part.get("required", ()):
            fields.setdefault(name, [])
        for name, others in part.get("dependentRequired", {}).items():
            for one in (name, *others):
                fields.setdefault(one, [])
    return fields


def _bases(parts: Sequence[Schema], pools: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Objects with only the required fields, once for each set of them."""
    demanded = [tuple(part["required"]) for part in parts if part.get("required")]
    every = tuple(dict.fromkeys(name for names in demanded for name in names))
    for names in dict.fromkeys([every, *demanded, ()]):
        yield {name: pools[name][0] for name in names if pools[name]}


def _is_list(part: Schema) -> bool:
    keywords = ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains")
    return part.get("type") == "array" or any(keyword in part for keyword in keywords)


def items_of(parts: Iterable[Schema]) -> list[Any]:
    """The schemas of any item."""
    return [part[keyword] for part in parts for keyword in ("items", "contains") if keyword in part]


def _columns(parts: Sequence[Schema]) -> list[list[Any]]:
    """The schemas of the first item, of the second, and so on."""
    most = max((len(part.get("prefixItems", ())) for part in parts), default=0)
    return [[part["prefixItems"][n] for part in parts if len(part.get("prefixItems", ())) > n] for n in range(most)]


def _numbers(parts: Sequence[Schema]) -> Iterator[Any]:
    yield from (0, 1, -1, 2, 0.5)
    for part in parts:
        for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            if keyword in part:
                yield from (part[keyword] + step for step in (0, 1, -1, 0.5, -0.5))
        if step := part.get("multipleOf"):
            yield from (step, step * 2, step * 3, step / 2, step + 1)


def edges(part: Schema, of: str) -> tuple[int, ...]:
    return tuple(int(part[keyword]) for keyword in (f"min{of}", f"max{of}") if keyword in part)


def _distinct(values: Iterable[Any]) -> Iterator[Any]:
    """Each value once; 1, 1.0 and true are different."""
    visited: set[str] = set()
    for value in values:
        key = repr(value)
        if key not in visited:
            visited.add(key)
            yield value


def _validators(parts: Sequence[Schema]) -> list[jsonschema_rs.Draft202012Validator]:
    """Validators of each part for a plain value: values that pass most of them are tried first."""
    schemas = [{keyword: part[keyword] for keyword in _PLAIN if keyword in part} for part in parts]
    return [jsonschema_rs.Draft202012Validator(schema, validate_formats=True) for schema in schemas if schema]

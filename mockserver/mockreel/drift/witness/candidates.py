"""Values worth trying against two schemas: at the edges that either draws, and just beyond them.

Nothing here decides anything: which of the values are valid is said by the validators alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import jsonschema_rs

from mockreel.drift.witness.text_candidates import fitting, texts

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
    """Values for a place that all of `schemas` speak of, the plain ones first."""
    return Place(resolve, DEEPEST).values(list(schemas))


class Place:
    """One place in a message; `left` is how much deeper it may go."""

    def __init__(self, resolve: Resolve, left: int) -> None:
        self.resolve = resolve
        self.left = left

    def values(self, schemas: Sequence[Any]) -> list[Any]:
        parts = list(self.parts(schemas, set()))
        found = [
            *self._named(parts),
            *_numbers(parts),
            *texts(parts),
            *self._objects(parts),
            *self._arrays(parts),
            True,
            False,
            None,
        ]
        fitting = _validators(parts)
        ranked = sorted(_distinct(found), key=lambda value: sum(not fits.is_valid(value) for fits in fitting))
        return list(islice(ranked, MOST * (self.left + 1)))

    def parts(self, schemas: Iterable[Any], seen: set[str]) -> Iterator[Schema]:
        """Everything that any of the schemas says of this place, however nested."""
        for schema in schemas:
            if not isinstance(schema, Mapping):
                continue
            yield schema
            reference = schema.get("$ref")
            if isinstance(reference, str) and reference not in seen:
                yield from self.parts([self.resolve(reference)], seen | {reference})
            for word in _BESIDE:
                yield from self.parts(schema.get(word, ()), seen)
            yield from self.parts((schema[word] for word in _CONDITIONS if word in schema), seen)
            for word in _NESTED_MAPS:
                yield from self.parts(schema.get(word, {}).values(), seen)

    def _named(self, parts: Sequence[Schema]) -> Iterator[Any]:
        for part in parts:
            yield from (part[word] for word in ("const", "default") if word in part)
            yield from part.get("enum", ())

    def _objects(self, parts: Sequence[Schema]) -> Iterator[Any]:
        fields = fields_of(parts)
        if not self.left or not (fields or any(part.get("type") == "object" for part in parts)):
            return
        inner = Place(self.resolve, self.left - 1)
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
        """The base with fields whose names somebody minds."""
        inner = Place(self.resolve, self.left - 1)
        yield from ({**base, name: 0} for name in ("", "xxxxxxxx", "x" * 70))
        for part in parts:
            for pattern, schema in part.get("patternProperties", {}).items():
                for name in fitting(pattern):
                    yield from ({**base, name: value} for value in inner.values([schema])[:8])
                    yield {**base, name: [name]}

    def _arrays(self, parts: Sequence[Schema]) -> Iterator[Any]:
        if not self.left or not any(_is_list(part) for part in parts):
            return
        inner = Place(self.resolve, self.left - 1)
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
    """Every field that is spoken of, with all that is said of it."""
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
    """Objects with only what is required, once for each way in which something is."""
    demanded = [tuple(part["required"]) for part in parts if part.get("required")]
    every = tuple(dict.fromkeys(name for names in demanded for name in names))
    for names in dict.fromkeys([every, *demanded, ()]):
        yield {name: pools[name][0] for name in names if pools[name]}


def _is_list(part: Schema) -> bool:
    stated = ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains")
    return part.get("type") == "array" or any(word in part for word in stated)


def items_of(parts: Iterable[Schema]) -> list[Any]:
    """All that is said of any item."""
    return [part[word] for part in parts for word in ("items", "contains") if word in part]


def _columns(parts: Sequence[Schema]) -> list[list[Any]]:
    """What is said of the first item, of the second, and so on."""
    most = max((len(part.get("prefixItems", ())) for part in parts), default=0)
    return [[part["prefixItems"][n] for part in parts if len(part.get("prefixItems", ())) > n] for n in range(most)]


def _numbers(parts: Sequence[Schema]) -> Iterator[Any]:
    yield from (0, 1, -1, 2, 0.5)
    for part in parts:
        for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            if word in part:
                yield from (part[word] + step for step in (0, 1, -1, 0.5, -0.5))
        if step := part.get("multipleOf"):
            yield from (step, step * 2, step * 3, step / 2, step + 1)


def edges(part: Schema, of: str) -> tuple[int, ...]:
    return tuple(int(part[word]) for word in (f"min{of}", f"max{of}") if word in part)


def _distinct(values: Iterable[Any]) -> Iterator[Any]:
    """Each value once; 1, 1.0 and true are different ones."""
    seen: set[str] = set()
    for value in values:
        key = repr(value)
        if key not in seen:
            seen.add(key)
            yield value


def _validators(parts: Sequence[Schema]) -> list[jsonschema_rs.Draft202012Validator]:
    """What each part says of a plain value: values that fit most of them are tried first."""
    leaves = [{word: part[word] for word in _PLAIN if word in part} for part in parts]
    return [jsonschema_rs.Draft202012Validator(leaf, validate_formats=True) for leaf in leaves if leaf]

"""The places of a message where two schemas differ, and whole messages with a value to try at one of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import jsonschema_rs

from mockreel.drift.witness.candidates import MOST, Place, Resolve, edges, fields_of, items_of
from mockreel.drift.witness.canonical_schema import unordered
from mockreel.drift.witness.schema_message import Settled

_DEEPEST = 10
# The most places to visit: a schema that refers to itself has no end of them.
_MOST_PLACES = 400
_FEW = 3

Build = Callable[[Any], Any]
Schemas = list[Any]


class Places:
    """Searches for messages that one schema accepts and that are borderline cases for the other.

    Args:
        sender: the schema that the messages must pass.
        other: the schema it is compared with.
        resolve: returns the target of a settled reference.
    """

    def __init__(self, sender: Settled, other: Settled, resolve: Resolve) -> None:
        self._sender = sender
        self._other = other
        self._resolve = resolve
        self._small: dict[str, Any] = {}

    @cached_property
    def _registry(self) -> jsonschema_rs.Registry:
        return self._sender.registry()

    def messages(self) -> Iterator[list[Any]]:
        """For each place that differs, the most complex parts last: whole messages with a value to try there."""
        found = self._places([self._sender.schema], [self._other.schema], lambda value: value, _DEEPEST)
        for ours, theirs, build in islice(found, _MOST_PLACES):
            yield [build(value) for value in self._candidates(ours, theirs)]

    def _places(
        self, ours: Schemas, theirs: Schemas, build: Build, depth: int
    ) -> Iterator[tuple[Schemas, Schemas, Build]]:
        """This place and every one below it where the two differ."""
        if ours and _alike(ours, theirs):
            return
        yield ours, theirs, build
        if not depth:
            return
        mine, others = self._parts(ours), self._parts(theirs)
        declared, foreign = fields_of(mine), fields_of(others)
        for name in dict.fromkeys((*declared, *foreign)):
            yield from self._places(
                declared.get(name, []), foreign.get(name, []), self._in_object(ours, name, build), depth - 1
            )
        our_items, foreign_items = items_of(mine), items_of(others)
        if our_items or foreign_items:
            yield from self._places(our_items, foreign_items, self._in_list(ours, mine, build), depth - 1)

    def _in_object(self, ours: Schemas, name: str, build: Build) -> Build:
        def built(value: Any) -> Any:
            around = self.small(ours)
            return build({**(around if isinstance(around, dict) else {}), name: value})

        return built

    def _in_list(self, ours: Schemas, parts: Sequence[Mapping[str, Any]], build: Build) -> Build:
        def built(value: Any) -> Any:
            least = max((part.get("minItems", 0) for part in parts), default=0)
            further = [one for one in self._accepted(items_of(parts)) if one != value]
            return build([value, *further[: max(0, least - 1)]])

        return built

    def small(self, schemas: Schemas) -> Any:
        """A small value that the schemas for a place accept, or the nearest to one."""
        key = repr(schemas)
        if key not in self._small:
            self._small[key] = None
            self._small[key] = self._smallest(schemas)
        return self._small[key]

    def _smallest(self, schemas: Schemas) -> Any:
        parts = self._parts(schemas)
        value = self._object(parts) if fields_of(parts) else self._list(parts) if items_of(parts) else None
        if value is not None and all(self._accepts(one, value) for one in schemas):
            return value
        return next(iter(self._accepted(schemas)), value)

    def _object(self, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        fields = fields_of(parts)
        needed = dict.fromkeys(name for part in parts for name in part.get("required", ()))
        return {name: self.small(fields.get(name) or [{}]) for name in needed}

    def _list(self, parts: Sequence[Mapping[str, Any]]) -> list[Any]:
        least = max((part.get("minItems", 0) for part in parts), default=0)
        return self._accepted(items_of(parts))[:least] if least > 1 else [self.small(items_of(parts))] * least

    def _accepted(self, schemas: Schemas) -> list[Any]:
        """Values that the schemas for a place accept, or those of the first schema if no value passes all."""
        pool = Place(self._resolve, 2).values(schemas)
        parts = self._parts(schemas)
        if fields_of(parts):
            base = self._object(parts)
            pool = [base, *({**base, "x": number} for number in range(MOST)), *pool]
        every = [value for value in pool if all(self._accepts(one, value) for one in schemas)]
        return every or [value for value in pool if self._accepts(schemas[0], value)] if schemas else pool

    def _candidates(self, ours: Schemas, theirs: Schemas) -> Iterator[Any]:
        """Values to try at one place: those at a limit of either schema, and lists of every length at a limit."""
        pool = Place(self._resolve, 1).values([*ours, *theirs])
        yield from (value for value in pool if not ours or any(self._accepts(one, value) for one in ours))
        parts = [*self._parts(ours), *self._parts(theirs)]
        if items_of(parts):
            yield from self._lists(self._parts(ours), parts)
        if fields_of(parts):
            yield from self._objects(ours, parts)

    def _lists(self, ours: Sequence[Mapping[str, Any]], parts: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
        lengths = {1, 2, 3} | {n + step for part in parts for n in edges(part, "Items") for step in (-1, 0, 1)}
        items = self._accepted(items_of(ours) or [{}])
        for length in sorted(n for n in lengths if 0 <= n <= MOST):
            yield items[:length]
            yield items[:1] * length
            yield [*items[: length - 1], *items[:1]]

    def _objects(self, ours: Schemas, parts: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
        """The smallest object: alone, without each of its fields, and with each field that either declares."""
        base = self.small(ours)
        if not isinstance(base, dict):
            return
        fields = fields_of(self._parts(ours))
        yield base
        for name, schemas in fields_of(parts).items():
            yield {key: value for key, value in base.items() if key != name}
            yield {**base, name: self.small(fields.get(name) or schemas)}
        yield {**base, **{name: self.small(schemas) for name, schemas in fields.items() if schemas}}
        yield {**base, "x": 0}

    def _parts(self, schemas: Schemas) -> list[Mapping[str, Any]]:
        return list(Place(self._resolve, 1).parts(schemas, set()))

    def _accepts(self, schema: Any, value: Any) -> bool:
        key = f"validator {schema!r}"
        if key not in self._small:
            try:
                self._small[key] = jsonschema_rs.Draft202012Validator(
                    schema, registry=self._registry, validate_formats=True, offline=True
                )
            except (ValueError, jsonschema_rs.ReferencingError):
                self._small[key] = None
        validator = self._small[key]
        return validator is None or bool(validator.is_valid(value))


def _alike(ours: Schemas, theirs: Schemas) -> bool:
    """Whether both sides are the same at a place; with references they are not, as the target may have changed."""
    return "$ref" not in repr(ours) and unordered(ours) == unordered(theirs)

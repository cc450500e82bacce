"""Which fields a body may have: those that the schemas of its operation and its model list, wherever they list any."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.contract import Contract, Model, Operation
from mockreel.contract.exchanges.schema_resolver import Resolver

# A schema with the address that its references start from.
At = tuple[Mapping[str, Any], str]
# Deeper, and in more items of a list, nothing is looked at.
DEEPEST = 8
MOST_ITEMS = 20


@dataclass(frozen=True, slots=True)
class UnknownName:
    """An undocumented field: its place, the names that are documented there, and the model whose input has it."""

    pointer: str
    name: str
    known: tuple[str, ...]
    model: Model | None


@dataclass(frozen=True, slots=True)
class _Object:
    """The fields of an object by some schemas together; `free` if any name is valid."""

    fields: Mapping[str, list[At]]
    free: bool


class Fields:
    """The documented fields of one contract's bodies."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._resolver = Resolver(contract)

    def unknown(self, operation: Operation, path: str, body: Mapping[str, Any]) -> Iterator[UnknownName]:
        """Every field that is not documented. A schema that lists no fields allows any."""
        if operation.body != "json" or operation.request_schema is None:
            return
        envelope = (self._resolver.absolute(operation.request_schema), "")
        model = self._model(operation, path, body)
        if operation.model is not None and model is None:
            return
        if model is None:
            yield from self._walk([envelope], body, "", None)
            return
        name = model.routes.get(operation.route, model.schema) if model.routes else model.schema
        own = self._resolver.model(name)
        if not operation.input_path:
            yield from self._walk([own, envelope], body, "", model)
            return
        yield from self._walk([envelope], body, "", None)
        inner: Any = body
        for step in operation.input_path:
            inner = inner.get(step) if isinstance(inner, Mapping) else None
        yield from self._walk([own], inner, operation.input, model)

    def _model(self, operation: Operation, path: str, body: Mapping[str, Any]) -> Model | None:
        place = operation.model
        if place is None:
            return None
        found = self._contract.router.find(path) if place.kind == "path" else None
        name = found.params.get(place.name) if found else body.get(place.name)
        return self._contract.names_at[operation.id].get(name) if isinstance(name, str) else None

    def _walk(
        self, schemas: list[At], value: Any, pointer: str, model: Model | None, *, depth: int = 0
    ) -> Iterator[UnknownName]:
        if depth > DEEPEST:
            return
        if isinstance(value, list):
            items = [at for schema in schemas for at in self._items(schema)]
            for number, inner in enumerate(value[:MOST_ITEMS] if items else ()):
                yield from self._walk(items, inner, f"{pointer}/{number}", model, depth=depth + 1)
        elif isinstance(value, Mapping):
            found = self._object(schemas)
            for name, inner in value.items():
                if name in found.fields:
                    yield from self._walk(found.fields[name], inner, f"{pointer}/{name}", model, depth=depth + 1)
                elif not found.free:
                    yield UnknownName(f"{pointer}/{name}"[:200], name, tuple(found.fields), model)

    def _object(self, schemas: list[At]) -> _Object:
        fields: dict[str, list[At]] = {}
        free, listed = False, False
        for schema, base in (part for one in schemas for part in self._parts(one)):
            for name, row in schema.get("properties", {}).items():
                fields.setdefault(name, []).append((row, base))
            listed = listed or "properties" in schema
            more = schema.get("additionalProperties", False)
            free = free or more is not False or "patternProperties" in schema
        return _Object(fields, free or not listed)

    def _items(self, schema: At) -> Iterator[At]:
        for part, base in self._parts(schema):
            rows = [*part.get("prefixItems", ()), part.get("items")]
            yield from ((row, base) for row in rows if isinstance(row, Mapping))

    def _parts(self, schema: At) -> Iterator[At]:
        found, base = self._resolver.followed(*schema)
        if not isinstance(found, Mapping):
            return
        yield found, base
        inner = [one for word in ("allOf", "anyOf", "oneOf") for one in found.get(word, ())]
        inner += [found[word] for word in ("if", "then", "else") if word in found]
        for one in inner:
            yield from self._parts((one, base))

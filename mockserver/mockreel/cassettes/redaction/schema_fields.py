"""The fields of a message by the contract's schemas, and their listed values."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mockreel.contract import Contract
from mockreel.contract.exchanges.schema_resolver import Resolver

# A schema and the address that its references are relative to.
Candidate = tuple[Any, str]
Candidates = tuple[Candidate, ...]

_BRANCHES = ("allOf", "anyOf", "oneOf")
_SINGLE = ("if", "then", "else")
_MOST = 64


class SchemaFields:
    """Walks the schemas of one contract beside a value. Nothing is known below no candidate."""

    def __init__(self, contract: Contract) -> None:
        self._resolver = Resolver(contract)

    def schemas(self, schemas: Iterable[Any]) -> Candidates:
        """Schemas of the OpenAPI document as candidates."""
        return tuple((self._resolver.absolute(schema), "") for schema in schemas if schema is not None)

    def model(self, name: str) -> Candidates:
        """A model's input schema as a candidate."""
        return (self._resolver.model(name),)

    def field(self, candidates: Candidates, name: str) -> Candidates:
        found = (
            (schema["properties"][name], base)
            for schema, base in self._flat(candidates)
            if name in _mapping(schema.get("properties"))
        )
        return tuple(found)

    def item(self, candidates: Candidates) -> Candidates:
        flat = list(self._flat(candidates))
        items = [(schema["items"], base) for schema, base in flat if "items" in schema]
        return tuple(items + [(one, base) for schema, base in flat for one in schema.get("prefixItems", ())])

    def lists(self, candidates: Candidates, value: Any) -> bool:
        """Whether a schema lists this very value."""
        return any(
            value in schema.get("enum", ()) or ("const" in schema and schema["const"] == value)
            for schema, _ in self._flat(candidates)
        )

    def _flat(self, candidates: Candidates) -> Iterator[tuple[Mapping[str, Any], str]]:
        """The schemas that may apply at a place, with every reference resolved and every branch included."""
        pending, seen = list(candidates), 0
        while pending and seen < _MOST:
            seen += 1
            schema, base = self._resolver.followed(*pending.pop())
            if not isinstance(schema, Mapping):
                continue
            yield schema, base
            pending += [(one, base) for key in _BRANCHES for one in schema.get(key, ())]
            pending += [(schema[key], base) for key in _SINGLE if key in schema]


def schema_of_places(places: Iterable[str]) -> dict[str, Any]:
    """A schema for the values at JSON pointers in which `*` is any index."""
    whole: dict[str, Any] = {}
    for place in places:
        node = whole
        for step in place.split("/")[1:]:
            node = (
                node.setdefault("items", {}) if step == "*" else node.setdefault("properties", {}).setdefault(step, {})
            )
    return whole


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

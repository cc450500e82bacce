"""Sample values of a schema: the smallest valid one, those at its limits, and those just beyond."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.contract.exchanges.schema_resolver import Resolver

_FORMATS = {"uri": "https://example.com/a.png", "uuid": "00000000-0000-4000-8000-000000000000", "date": "2026-01-01"}
_TEXT = "a paper boat crosses a puddle"


@dataclass(frozen=True, slots=True)
class Variant:
    """One sample, its description, and its kind."""

    what: str
    value: Any
    kind: str


class Samples:
    """Builds samples of the schemas of one contract, always the same ones; `text` is used for any text."""

    text = _TEXT

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def smallest(self, schema: Any, base: str = "") -> Any:
        """Required fields only, each with its example, its default, its first option or a plain value."""
        schema, base = self._resolver.followed(schema, base)
        if not isinstance(schema, Mapping):
            return _TEXT
        for keyword in ("const", "example", "default"):
            if keyword in schema and schema[keyword] is not None:
                return schema[keyword]
        if schema.get("examples"):
            return schema["examples"][0]
        if schema.get("enum"):
            return schema["enum"][0]
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return self._merged(schema, schema[keyword][0], base)
        return self._all(schema, base) if "allOf" in schema else self._plain(schema, base)

    def _merged(self, schema: Mapping[str, Any], branch: Any, base: str) -> Any:
        """The first of several branches, with the keywords beside them."""
        beside = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
        if isinstance(branch, Mapping) and set(branch) == {"required"}:  # of the fields that stand beside
            return self._plain({**beside, "required": [*beside.get("required", ()), *branch["required"]]}, base)
        found = self.smallest(branch, base)
        if isinstance(found, Mapping) and "properties" in beside:
            return {**self._plain({"type": "object", **beside}, base), **found}
        return found

    def _all(self, schema: Mapping[str, Any], base: str) -> Any:
        found: dict[str, Any] = {}
        for part in (*schema["allOf"], {key: value for key, value in schema.items() if key != "allOf"}):
            value = self.smallest(part, base)
            found.update(value if isinstance(value, Mapping) else {})
        return found

    def _plain(self, schema: Mapping[str, Any], base: str) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        kind = next((one for one in kind if one != "null"), "null") if isinstance(kind, list) else kind
        if kind == "object":
            fields = schema.get("properties", {})
            return {name: self.smallest(fields.get(name, {}), base) for name in schema.get("required", ())}
        if kind == "array":
            return [self.smallest(schema.get("items", {}), base) for _ in range(schema.get("minItems", 0))]
        if kind in ("integer", "number"):
            return schema.get("minimum", schema.get("maximum", 1))
        return {"boolean": True, "null": None}.get(kind, _text(schema))

    def allowed(self, schema: Mapping[str, Any], base: str) -> Iterator[Variant]:
        """The smallest sample with one field at a time at each of its limits."""
        smallest = self.smallest(schema, base)
        yield Variant("only what is required", smallest, "smallest")
        for name, field in schema.get("properties", {}).items():
            for what, value in self._edges(field, base):
                yield Variant(f"{name} {what}", {**smallest, name: value}, what.split(" '")[0])

    def _edges(self, field: Any, base: str) -> Iterator[tuple[str, Any]]:
        field, base = self._first_way(field, base)
        for option in field.get("enum", ()):
            yield f"is {option!r}", option
        for keyword in ("minimum", "maximum"):
            if keyword in field:
                yield f"at its {keyword}", field[keyword]
        if "maxLength" in field and field["maxLength"] <= 10_000:
            yield "as long as it may be", "a" * field["maxLength"]
        if "maxItems" in field and "items" in field and field["maxItems"] <= 100:
            yield "with as many as it may have", [self.smallest(field["items"], base)] * field["maxItems"]

    def forbidden(self, schema: Mapping[str, Any], base: str) -> Iterator[Variant]:
        """The smallest sample, broken in one way at a time."""
        smallest = self.smallest(schema, base)
        for name in schema.get("required", ()):
            without = {key: value for key, value in smallest.items() if key != name}
            yield Variant(f"{name} is missing", without, "is missing")
        for name, field in schema.get("properties", {}).items():
            for what, value in self.beyond(field, base):
                yield Variant(f"{name} {what}", {**copy.deepcopy(smallest), name: value}, what)

    def _first_way(self, field: Any, base: str) -> tuple[Any, str]:
        """A field's schema; of several forms the first, which is the strict one."""
        field, base = self._resolver.followed(field, base)
        for keyword in ("anyOf", "oneOf"):
            if isinstance(field, Mapping) and field.get(keyword):
                return self._resolver.followed(field[keyword][0], base)
        return field, base

    def beyond(self, field: Any, base: str, *, like: Any = None) -> Iterator[tuple[str, Any]]:
        """Values that a field forbids, each with what is wrong with it; a list too long has entries `like` these."""
        field, base = self._first_way(field, base)
        if not isinstance(field, Mapping):
            return
        yield "is an object of nothing known", {"mockreel": [None]}
        if field.get("type") == "string":
            yield "is a number", 5
        if "enum" in field:
            yield "is not an option", "mockreel-no-option"
        if "minimum" in field:
            yield "is below its minimum", field["minimum"] - 1
        if "maximum" in field:
            yield "is above its maximum", field["maximum"] + 1
        if "minLength" in field and field["minLength"] > 0:
            yield "is too short", "a" * (field["minLength"] - 1)
        if "maxLength" in field and field["maxLength"] <= 100_000:
            yield "is too long", "a" * (field["maxLength"] + 1)
        if field.get("minItems"):
            yield "has too few", []
        yield from self._incomplete(field, base)
        if "maxItems" in field and "items" in field and field["maxItems"] <= 100:
            entry = like[0] if isinstance(like, list) and like else self.smallest(field["items"], base)
            yield "has too many", [entry] * (field["maxItems"] + 1)

    def _incomplete(self, field: Mapping[str, Any], base: str) -> Iterator[tuple[str, Any]]:
        """A list with an entry that lacks a field which each entry must have."""
        schema, base = self._first_way(field.get("items"), base)
        entry = self.smallest(schema, base) if isinstance(schema, Mapping) else None
        if not isinstance(entry, Mapping):
            return
        for name in list(schema.get("required", ()))[:1]:
            yield f"has an entry without {name}", [{key: one for key, one in entry.items() if key != name}]


def _text(schema: Mapping[str, Any]) -> str:
    sample = _FORMATS.get(str(schema.get("format")))
    if sample is not None:
        return sample
    least, most = int(schema.get("minLength", 1)), int(schema.get("maxLength", len(_TEXT)))
    return (_TEXT * (1 + least // len(_TEXT)))[: max(least, min(most, len(_TEXT)))]

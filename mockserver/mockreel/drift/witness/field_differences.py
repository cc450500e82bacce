"""The fields that only one of two schemas declares, place by place."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.drift.witness.candidates import Place, fields_of, items_of
from mockreel.drift.witness.schema_message import Message, Settled

_DEEPEST = 8
_CLOSED = ("additionalProperties", "patternProperties", "unevaluatedProperties")

Overlay = dict[str, Any]
Schemas = list[Any]


class Fields:
    """Two versions of a schema, compared by the fields that they declare."""

    def __init__(self, one: Message, other: Message) -> None:
        self._sides: tuple[Settled, Settled] = (one.settled("one"), other.settled("other"))

    def removed(self) -> Iterator[tuple[str, Any]]:
        """Each field that only the first declares, with its schema; fields below it are not listed."""
        one, other = self._sides
        yield from self._removed([one.schema], [other.schema], "", _DEEPEST)

    def foreign(self) -> Overlay:
        """A schema that rejects the fields that only the second declares; empty if there are none.

        A place stays open where the first itself has a rule for fields that it does not declare.
        """
        one, other = self._sides
        return self._foreign([one.schema], [other.schema], _DEEPEST)

    def _removed(self, ours: Schemas, theirs: Schemas, at: str, depth: int) -> Iterator[tuple[str, Any]]:
        mine, others = self._parts(ours, theirs)
        declared, foreign = fields_of(mine), fields_of(others)
        if not depth or not others:
            return
        for name, schemas in declared.items():
            here = f"{at}/properties/{name.replace('~', '~0').replace('/', '~1')}"
            if name in foreign:
                yield from self._removed(schemas, foreign[name], here, depth - 1)
            elif not _allows_any_name(others):
                yield here, schemas[0] if schemas else {}
        if items_of(mine) and items_of(others):
            yield from self._removed(items_of(mine), items_of(others), f"{at}/items", depth - 1)

    def _foreign(self, ours: Schemas, theirs: Schemas, depth: int) -> Overlay:
        mine, others = self._parts(ours, theirs)
        declared, foreign = fields_of(mine), fields_of(others)
        if not depth or not mine:
            return {}
        open_ = bool(declared) and not any(keyword in part for part in mine for keyword in _CLOSED)
        fields: dict[str, Any] = {}
        for name, schemas in foreign.items():
            if name not in declared:
                fields |= {name: False} if open_ else {}
            elif inner := self._foreign(declared[name], schemas, depth - 1):
                fields[name] = inner
        inner = (
            self._foreign(items_of(mine), items_of(others), depth - 1) if items_of(mine) and items_of(others) else {}
        )
        return {**({"properties": fields} if fields else {}), **({"items": inner} if inner else {})}

    def _parts(self, ours: Schemas, theirs: Schemas) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
        one, other = self._sides
        return (
            list(Place(one.resolve, 1).parts(ours, set())),
            list(Place(other.resolve, 1).parts(theirs, set())),
        )


def _allows_any_name(parts: list[Mapping[str, Any]]) -> bool:
    """Whether a schema allows any further field."""
    return any(part.get("additionalProperties") not in (None, False) for part in parts)


def overlaid(schema: Any, overlay: Overlay) -> Any:
    """A schema with an overlay: in its own fields where it is flat, beside it where it is not."""
    if not overlay or not isinstance(schema, Mapping):
        return schema
    fields = overlay.get("properties", {})
    properties = schema.get("properties", {})
    flat = not any(keyword in schema for keyword in ("allOf", "anyOf", "oneOf", "$ref", "if", "not"))
    if not flat or ("items" in overlay and not isinstance(schema.get("items"), Mapping)):
        return {**schema, "allOf": [*schema.get("allOf", ()), overlay]}
    result = dict(schema)
    if fields:
        further = {name: one for name, one in fields.items() if name not in properties}
        result["properties"] = {name: overlaid(one, fields.get(name, {})) for name, one in properties.items()} | further
    if "items" in overlay:
        result["items"] = overlaid(schema["items"], overlay["items"])
    return result

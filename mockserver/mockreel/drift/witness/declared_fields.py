"""The fields that schemas name, place by place: which one side names and the other does not."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.drift.witness.candidates import Place, fields_of, items_of
from mockreel.drift.witness.schema_message import Message, Settled

_DEEPEST = 8
_CLOSED = ("additionalProperties", "patternProperties", "unevaluatedProperties")

Overlay = dict[str, Any]
Schemas = list[Any]


class Fields:
    """Two versions of a schema, compared by the fields that they name."""

    def __init__(self, one: Message, other: Message) -> None:
        self._sides: tuple[Settled, Settled] = (one.settled("one"), other.settled("other"))

    def lost(self) -> Iterator[tuple[str, Any]]:
        """Each field that only the first names, with its schema; of fields inside of it nothing is said."""
        one, other = self._sides
        yield from self._lost([one.schema], [other.schema], "", _DEEPEST)

    def foreign(self) -> Overlay:
        """A schema that refuses the fields that only the second names; empty where there are none.

        A place stays open where the first says itself what becomes of fields that it does not name.
        """
        one, other = self._sides
        return self._foreign([one.schema], [other.schema], _DEEPEST)

    def _lost(self, ours: Schemas, theirs: Schemas, at: str, left: int) -> Iterator[tuple[str, Any]]:
        mine, others = self._parts(ours, theirs)
        own, foreign = fields_of(mine), fields_of(others)
        if not left or not others:
            return
        for name, schemas in own.items():
            here = f"{at}/properties/{name.replace('~', '~0').replace('/', '~1')}"
            if name in foreign:
                yield from self._lost(schemas, foreign[name], here, left - 1)
            elif not _takes_any_name(others):
                yield here, schemas[0] if schemas else {}
        if items_of(mine) and items_of(others):
            yield from self._lost(items_of(mine), items_of(others), f"{at}/items", left - 1)

    def _foreign(self, ours: Schemas, theirs: Schemas, left: int) -> Overlay:
        mine, others = self._parts(ours, theirs)
        own, foreign = fields_of(mine), fields_of(others)
        if not left or not mine:
            return {}
        open_ = bool(own) and not any(word in part for part in mine for word in _CLOSED)
        fields: dict[str, Any] = {}
        for name, schemas in foreign.items():
            if name not in own:
                fields |= {name: False} if open_ else {}
            elif inner := self._foreign(own[name], schemas, left - 1):
                fields[name] = inner
        inner = self._foreign(items_of(mine), items_of(others), left - 1) if items_of(mine) and items_of(others) else {}
        return {**({"properties": fields} if fields else {}), **({"items": inner} if inner else {})}

    def _parts(self, ours: Schemas, theirs: Schemas) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
        one, other = self._sides
        return (
            list(Place(one.resolve, 1).parts(ours, set())),
            list(Place(other.resolve, 1).parts(theirs, set())),
        )


def _takes_any_name(parts: list[Mapping[str, Any]]) -> bool:
    """Whether a schema says of itself that any further field may be there."""
    return any(part.get("additionalProperties") not in (None, False) for part in parts)


def overlaid(schema: Any, overlay: Overlay) -> Any:
    """A schema with an overlay: in its own fields where it is flat, beside it where it is not."""
    if not overlay or not isinstance(schema, Mapping):
        return schema
    fields = overlay.get("properties", {})
    own = schema.get("properties", {})
    flat = not any(word in schema for word in ("allOf", "anyOf", "oneOf", "$ref", "if", "not"))
    if not flat or ("items" in overlay and not isinstance(schema.get("items"), Mapping)):
        return {**schema, "allOf": [*schema.get("allOf", ()), overlay]}
    result = dict(schema)
    if fields:
        further = {name: one for name, one in fields.items() if name not in own}
        result["properties"] = {name: overlaid(one, fields.get(name, {})) for name, one in own.items()} | further
    if "items" in overlay:
        result["items"] = overlaid(schema["items"], overlay["items"])
    return result

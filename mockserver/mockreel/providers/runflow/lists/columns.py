"""The fields by which lists are filtered and sorted: their kinds, and how their values compare."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mockreel.contract.schemas import Schemas
from mockreel.providers.runflow.timestamps import parse_timestamp

Kind = Literal["text", "number", "boolean", "time", "other"]
# A value that compares with any other: null first, then truth values, numbers and moments, texts.
Rank = tuple[int, float | str]


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a record."""

    name: str
    kind: Kind

    def rank(self, value: Any) -> Rank:
        """The rank of a value among those of its column.

        Raises:
            ValueError: it is not a value of this column.
        """
        if value is None:
            return (0, 0.0)
        if isinstance(value, bool):
            return (1, float(value))
        if isinstance(value, int | float):
            return (2, float(value))
        if not isinstance(value, str):
            raise ValueError(f"{self.name} holds no values that compare")
        if self.kind == "time":
            return (2, parse_timestamp(value))
        return (2, float(value)) if self.kind == "number" else (3, value)

    def rank_of_text(self, text: str, *, quoted: bool) -> Rank:
        """The rank of the value in a filter's text.

        Raises:
            ValueError: it is not a value of this column.
        """
        if text == "null" and not quoted:
            return (0, 0.0)
        if self.kind == "boolean":
            if text not in ("true", "false"):
                raise ValueError(f"{text!r} is neither true nor false")
            return (1, float(text == "true"))
        return self.rank(text)


def columns(schemas: Schemas, schema: str) -> Mapping[str, Column]:
    """The columns of a record's schema, by name."""
    properties: Mapping[str, Any] = schemas.document(schema)["properties"]
    return {name: Column(name, _kind(schemas, field)) for name, field in properties.items()}


def _kind(schemas: Schemas, field: Mapping[str, Any]) -> Kind:
    reference = field.get("$ref")
    if isinstance(reference, str):
        return _kind(schemas, schemas.document(reference))
    named = field.get("type", "string" if "enum" in field else None)
    kinds = {named} if isinstance(named, str) else set(named or ())
    if "string" in kinds:
        return "time" if field.get("format") == "date-time" else "number" if "pattern" in field else "text"
    if kinds & {"integer", "number"}:
        return "number"
    return "boolean" if "boolean" in kinds else "other"

"""Loosen a model's schema where a provider takes a number written as text, or a text written as a number."""

import re
from collections.abc import Mapping
from typing import Any

_NUMERIC = re.compile(r"^-?\d+(\.\d+)?$")
_BY_TYPE = {"integer": r"^-?\d+$", "number": r"^-?\d+(\.\d+)?$"}
# What an annotation may say stays with the field, whichever way the value is written.
_ANNOTATIONS = ("title", "default", "deprecated")


def loosen(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its top-level numeric fields loosened; the argument is not changed.

    An integer or number also takes its text, an enum of numeric texts also takes the numbers.
    """
    fields = {name: _field(field) for name, field in schema.get("properties", {}).items()}
    return {**schema, "properties": fields} if fields else schema


def _field(field: Any) -> Any:
    if not isinstance(field, Mapping):
        return field
    kind = field.get("type")
    twins = _twins(field.get("enum", []))
    if twins:
        return {**{k: v for k, v in field.items() if k not in ("type", "enum")}, "enum": [*field["enum"], *twins]}
    if kind in _BY_TYPE and "enum" not in field:
        strict = {key: value for key, value in field.items() if key not in _ANNOTATIONS}
        kept = {key: field[key] for key in _ANNOTATIONS if key in field}
        return {**kept, "anyOf": [strict, {"type": "string", "pattern": _BY_TYPE[str(kind)]}]}
    return field


def _twins(values: list[Any]) -> list[Any]:
    return [twin for twin in map(_twin, values) if twin is not None and twin not in values]


def _twin(value: Any) -> Any:
    if isinstance(value, str) and _NUMERIC.match(value):
        return float(value) if "." in value else int(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

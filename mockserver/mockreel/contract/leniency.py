"""Rewrite the models' schemas to be looser or stricter, as the readings say."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_NUMERIC = re.compile(r"^-?\d+(\.\d+)?$")
_BY_TYPE = {"integer": r"^-?\d+$", "number": r"^-?\d+(\.\d+)?$"}
# Annotations stay on the field, outside of the alternatives.
_ANNOTATIONS = ("title", "default", "deprecated")


def rewriting(wire: Mapping[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
    """The rewriting of every model's schema under these wire facts, or None.

    `any_case` names fields that accept options in either case, `closed_models` rejects undeclared fields,
    `lenient_numbers` accepts numbers as text and texts as numbers.
    """
    steps: list[Callable[[dict[str, Any]], dict[str, Any]]] = []
    if names := wire.get("any_case"):
        steps.append(lambda schema: in_any_case(schema, names))
    if wire.get("closed_models"):
        steps.append(lambda schema: {**schema, "additionalProperties": False})
    if wire.get("lenient_numbers"):
        steps.append(loosen)
    return (lambda schema: _in_turn(schema, steps)) if steps else None


def _in_turn(schema: dict[str, Any], steps: Iterable[Callable[[dict[str, Any]], dict[str, Any]]]) -> dict[str, Any]:
    for step in steps:
        schema = step(schema)
    return schema


def in_any_case(schema: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The schema with the options of these fields in upper and lower case too; the argument is not changed."""
    fields: dict[str, Any] = dict(schema.get("properties", {}))
    for name in names:
        options = fields.get(name, {}).get("enum", [])
        if options and all(isinstance(option, str) for option in options):
            cases = [case for option in options for case in (option, option.lower(), option.upper())]
            fields[name] = {**fields[name], "enum": list(dict.fromkeys([*options, *cases]))}
    return {**schema, "properties": fields} if fields else schema


def loosen(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with looser top-level numeric fields; the argument is not changed.

    An integer or number also accepts its text, an enum of numeric texts also accepts the numbers.
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
    if isinstance(kind, str) and kind in _BY_TYPE and "enum" not in field:
        strict = {key: value for key, value in field.items() if key not in _ANNOTATIONS}
        annotations = {key: field[key] for key in _ANNOTATIONS if key in field}
        return {**annotations, "anyOf": [strict, {"type": "string", "pattern": _BY_TYPE[str(kind)]}]}
    return field


def _twins(values: list[Any]) -> list[Any]:
    return [twin for twin in map(_twin, values) if twin is not None and twin not in values]


def _twin(value: Any) -> Any:
    if isinstance(value, str) and _NUMERIC.match(value):
        return float(value) if "." in value else int(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

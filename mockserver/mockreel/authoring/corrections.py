"""Corrections that all readers share: mistyped values, invalid defaults, sample texts."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import jsonschema_rs

from mockreel.authoring.documented_model import Correction, number

# The form of a value that a client would send; anything longer or with spaces is prose.
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_BOOLEANS = {"true": True, "false": False}


def cast(value: Any, kind: Any) -> Any:
    """`value` cast to the declared type; unchanged if it cannot be."""
    if kind == "boolean" and isinstance(value, str):
        return _BOOLEANS.get(value.lower(), value)
    if kind not in ("integer", "number") or isinstance(value, bool):
        return value
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return value
    if not exact.is_finite() or (kind == "integer" and exact != int(exact)):
        return value
    return number(exact)


def settle_default(schema: Mapping[str, Any], at: str) -> tuple[dict[str, Any], tuple[Correction, ...]]:
    """One field's schema with a valid default or none, and the corrections.

    A sample text is left out: it is the provider's prose, not a fact about its API.
    """
    if "default" not in schema:
        return dict(schema), ()
    stated = schema["default"]
    bare = {key: value for key, value in schema.items() if key != "default"}
    if _is_prose(stated, bare):
        was = f"a text of {len(stated)} characters"
        return bare, (Correction(f"{at}/default", was, None, "a sample text is no fact of the schema"),)
    value = cast(stated, bare.get("type"))
    if not jsonschema_rs.is_valid(bare, value):
        return bare, (Correction(f"{at}/default", number(stated), None, "the field's own schema refuses it"),)
    settled = {**bare, "default": value}
    if type(value) is type(number(stated)):
        return settled, ()
    return settled, (Correction(f"{at}/default", number(stated), value, "cast to the declared type"),)


def _is_prose(value: Any, schema: Mapping[str, Any]) -> bool:
    return (
        isinstance(value, str)
        and schema.get("type") in ("string", ["string", "array"])
        and ("enum" not in schema and not _TOKEN.match(value))
    )

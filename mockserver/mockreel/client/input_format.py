"""Write an input in the form of its model's schema: `8`, `"8"` or `"8s"` for a length, `720P` or `720p` for a size."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract import Contract, Model
from mockreel.engine.artifacts.artifact import seconds


def formatted(contract: Contract, model: Model, input_: Mapping[str, Any]) -> dict[str, Any]:
    """The input with values in the schema's form where the schema has them only in another form.

    A value that the schema accepts, or has in no form, is unchanged: the provider reports what is wrong with it.
    """
    fields: Mapping[str, Any] = contract.schemas.patched_document(model.schema).get("properties", {})
    return {name: _formatted(value, fields.get(name, {})) for name, value in input_.items()}


def name_in_schema(contract: Contract, model: Model, name: str) -> str:
    """A model's name in its schema, if the schema accepts only one other name."""
    row: Mapping[str, Any] = contract.schemas.patched_document(model.schema).get("properties", {}).get("model", {})
    options = row.get("enum", [name])
    return str(options[0]) if name not in options and len(options) == 1 else name


def _formatted(value: Any, field: Mapping[str, Any]) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    options = field.get("enum", [])
    if options:
        same = [option for option in options if _same(option, value)]
        return value if value in options and _has_type(value, options) else same[0] if len(same) == 1 else value
    kinds = field.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    number = seconds(value) if isinstance(value, str) else None
    if number is not None and "string" not in kinds:
        return int(number) if "integer" in kinds and number.is_integer() else number if "number" in kinds else value
    return value


def _has_type(value: Any, options: list[Any]) -> bool:
    """Whether a value has the type of an option: in Python `True == 1`."""
    return any(type(option) is type(value) and option == value for option in options)


def _same(option: Any, value: Any) -> bool:
    """Whether two values are equal: as text in any case, or as a number with or without its unit."""
    if isinstance(option, bool) or option is None:
        return False
    length, other = seconds(option), seconds(value)
    return str(option).casefold() == str(value).casefold() or (length is not None and length == other)

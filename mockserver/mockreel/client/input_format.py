"""Write an input as its model's schema has it: `8`, `"8"` or `"8s"` for a length, `720P` or `720p` for a size."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract import Contract, Model
from mockreel.engine.artifacts.artifact import seconds


def fitted(contract: Contract, model: Model, given: Mapping[str, Any]) -> dict[str, Any]:
    """The input with every value that the schema lacks, but has in another form, in the schema's form.

    A value that the schema takes as it is, or in no form, is left alone: the provider is to say what is wrong with it.
    """
    fields: Mapping[str, Any] = contract.schemas.written(model.schema).get("properties", {})
    return {name: _fitted(value, fields.get(name, {})) for name, value in given.items()}


def named(contract: Contract, model: Model, given: str) -> str:
    """The name of a model as its schema has it, where the schema names it and takes one other name only."""
    row: Mapping[str, Any] = contract.schemas.written(model.schema).get("properties", {}).get("model", {})
    options = row.get("enum", [given])
    return str(options[0]) if given not in options and len(options) == 1 else given


def _fitted(value: Any, field: Mapping[str, Any]) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    options = field.get("enum", [])
    if options:
        same = [option for option in options if _same(option, value)]
        return value if value in options and _type_fits(value, options) else same[0] if len(same) == 1 else value
    kinds = field.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    number = seconds(value) if isinstance(value, str) else None
    if number is not None and "string" not in kinds:
        return int(number) if "integer" in kinds and number.is_integer() else number if "number" in kinds else value
    return value


def _type_fits(value: Any, options: list[Any]) -> bool:
    """`True == 1` and `8 == 8.0` in Python, not in JSON's schemas for texts."""
    return any(type(option) is type(value) and option == value for option in options)


def _same(option: Any, value: Any) -> bool:
    """Whether two values say the same: as text in any case, or as a number with or without its unit."""
    if isinstance(option, bool) or option is None:
        return False
    length, other = seconds(option), seconds(value)
    return str(option).casefold() == str(value).casefold() or (length is not None and length == other)

"""Set fields of a payload: `output.outputs.0.url=https://…`."""

from collections.abc import Sequence
from typing import Any

import orjson

from mockreel.errors import OptionError


def with_field(payload: Any, name: str, text: str) -> Any:
    """The payload with a value at a dotted name or a JSON pointer; missing objects are created.

    The text is read as JSON if it is JSON, else as a text. If a text on the path is JSON itself, the field is set
    inside it.

    Raises:
        OptionError: a value on the path has no fields.
    """
    return _placed(payload, _steps(name), value_of(text), name)


def _steps(name: str) -> list[str]:
    if not name.startswith("/"):
        return name.split(".")
    return [step.replace("~1", "/").replace("~0", "~") for step in name.split("/")[1:]]


def value_of(text: str) -> Any:
    """The value of a text on the command line."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _placed(within: Any, steps: Sequence[str], value: Any, name: str) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if within is None:
        within = {}
    if isinstance(within, dict):
        return {**within, step: _placed(within.get(step), rest, value, name)}
    if isinstance(within, list) and step.isdecimal() and int(step) <= len(within):
        at = int(step)
        inner = within[at] if at < len(within) else None
        return [*within[:at], _placed(inner, rest, value, name), *within[at + 1 :]]
    if isinstance(within, str) and isinstance(inner := value_of(within), dict | list):
        return orjson.dumps(_placed(inner, steps, value, name)).decode()
    raise OptionError("--set", name, then=f"{step!r} would be a field of {_excerpt(within)}, which has no such field.")


def _excerpt(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= 60 else f"{text[:57]}…"

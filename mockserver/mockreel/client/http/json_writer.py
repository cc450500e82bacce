"""Write JSON that every server can read, or report why that is impossible."""

import json
import math
from collections.abc import Iterator
from typing import Any

import orjson

from mockreel.client.http.whole_text import HALF, has_half
from mockreel.errors import OptionError

# Servers reject deeper nesting.
_DEEPEST = 200


def to_json(value: Any) -> bytes:
    """A value as JSON; integers may have any size.

    Raises:
        OptionError: JSON cannot express it: a lone surrogate, a number that is not finite, an unsupported type.
    """
    for place, problem in _problems(value, "", 0):
        raise OptionError("input", _Unquoted(f"the value at {place or 'the root'}"), then=f"{problem}.")
    try:
        return orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits, or an unsupported type
        return _by_the_library(value)


def _by_the_library(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as problem:
        raise OptionError("input", _Unquoted("its value"), then=f"{problem}.") from problem


class _Unquoted(str):
    """A text that messages show without quotes."""

    def __repr__(self) -> str:
        return str(self)


def _problems(value: Any, place: str, depth: int) -> Iterator[tuple[str, str]]:
    """The places that JSON cannot express, with the reason."""
    if depth > _DEEPEST:
        yield place, f"It is nested deeper than {_DEEPEST} levels, or in itself"
    elif isinstance(value, str | float):
        if why := _no_scalar(value):
            yield place, why
    elif isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(name, str):
                yield from _problems(name, f"{place}/{name!a}", depth + 1)
                yield from _problems(inner, f"{place}/{name}", depth + 1)
            else:
                yield place, f"A name in it is {type(name).__name__}, not a text"
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _problems(inner, f"{place}/{number}", depth + 1)


def _no_scalar(value: str | float) -> str:
    if isinstance(value, float):
        return "" if math.isfinite(value) else f"JSON has no {value}"
    return f"It has {HALF}" if has_half(value) else ""

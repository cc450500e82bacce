"""Write JSON that every server reads, or say what in it none could."""

import json
import math
from collections.abc import Iterator
from typing import Any

import orjson

from mockreel.errors import OptionError

# Deeper no server reads it.
_DEEPEST = 200


def written(value: Any) -> bytes:
    """A value as JSON; whole numbers of any size as they are.

    Raises:
        OptionError: it has no JSON: half of an emoji, a number that is none, an object of a kind that JSON lacks.
    """
    for place, problem in _problems(value, "", 0):
        raise OptionError("input", _Said(f"what stands at {place or 'its root'}"), then=f"{problem}.")
    try:
        return orjson.dumps(value)
    except TypeError:  # a whole number beyond 64 bits, or what is no JSON at all
        return _by_the_library(value)


def _by_the_library(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as problem:
        raise OptionError("input", _Said("what stands in it"), then=f"{problem}.") from problem


class _Said(str):
    """Shown without quotes in a message."""

    def __repr__(self) -> str:
        return str(self)


def _problems(value: Any, place: str, depth: int) -> Iterator[tuple[str, str]]:
    """What no JSON can hold, and where."""
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
    if any("\ud800" <= one <= "\udfff" for one in value):
        return "It holds half of a character (a lone surrogate), as a text has that was cut within an emoji"
    return ""

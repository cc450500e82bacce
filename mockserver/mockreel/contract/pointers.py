"""Read a document at JSON pointers in which `*` is any index; the first place with a value counts."""

from collections.abc import Iterable, Mapping
from typing import Any

NOTHING: tuple[Any, ...] = (None, "", [], {})


def values(document: Any, pointer: str) -> list[Any]:
    """Every value at a pointer; empty if there is none."""
    found = [document]
    for part in pointer.split("/")[1:]:
        found = [inner for value in found for inner in _step(value, part)]
    return found


def value(document: Any, pointer: str) -> Any:
    """The first value at a pointer, or None."""
    return next(iter(values(document, pointer)), None)


def first(document: Any, places: Iterable[str], headers: Mapping[str, str] | None = None) -> Any:
    """The value at the first place that has one; a place without a slash names a header."""
    for place in places:
        found = values(document, place) if place.startswith("/") else [(headers or {}).get(place)]
        for value in found:
            if value not in NOTHING:
                return value
    return None


def text(document: Any, places: Iterable[str], headers: Mapping[str, str] | None = None) -> str | None:
    """The first text or number at the places, as text."""
    for place in places:
        value = first(document, (place,), headers)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
    return None


def placed(body: Mapping[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """A body with a value at a pointer; at the root its fields are merged."""
    step, _, rest = pointer.removeprefix("/").partition("/")
    if not step:
        return {**body, **value}
    return {**body, step: placed(body.get(step, {}), rest, value) if rest else value}


def _step(value: Any, part: str) -> list[Any]:
    if isinstance(value, list):
        if part == "*":
            return value
        return [value[int(part)]] if part.isdecimal() and int(part) < len(value) else []
    key = part.replace("~1", "/").replace("~0", "~")
    return [value[key]] if isinstance(value, Mapping) and key in value else []

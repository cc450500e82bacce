"""Every text in a cassette with its place, however it is wrapped: JSON in a text, percent-encoding, names of fields."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

import orjson

DEEPEST = 12
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-$.")


def texts_of(value: Any, place: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text below a value, and the names of its fields. A place never shows a name that may be a secret."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield f"{place} (a name)", str(name)
            yield from texts_of(inner, f"{place}/{display_name(str(name))}", depth)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from texts_of(inner, f"{place}/{number}", depth)
    elif isinstance(value, bytes):
        yield from texts_of(value.decode("utf-8", "replace"), place, depth)
    elif isinstance(value, str):
        yield from _text(value, place, depth)


def _text(value: str, place: str, depth: int) -> Iterator[tuple[str, str]]:
    yield place, value
    if depth >= DEEPEST:
        return
    inner = parsed(value)
    if inner is not None:
        yield from texts_of(inner, f"{place}:", depth + 1)
    undone = unquote_plus(value)
    if undone != value:
        yield from _text(undone, place, depth + 1)


def display_name(name: str) -> str:
    """A name of a field as a place may show it."""
    return name if len(name) <= 40 and set(name) <= _PLAIN and sum(map(str.isdigit, name)) <= 6 else "(a name)"


def parsed(text: str) -> Any:
    """The object or list that a text of JSON holds; None where it is none."""
    if not text[:64].lstrip().startswith(("{", "[", '"')):
        return None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict | list | str) and found != text else None

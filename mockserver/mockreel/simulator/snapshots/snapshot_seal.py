"""The seal of a snapshot: it shows changes since it was taken. It does not show who took it."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import orjson

from mockreel.errors import DataError

SEAL = "seal"
# How deep an object is written member by member, and how many items of its lists at once.
_DEPTH, _AT_ONCE = 3, 1000


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    return {**document, SEAL: _seal(document)}


def check_seal(document: Mapping[str, Any], *, where: str) -> None:
    """Check that a document is as it was taken.

    Raises:
        DataError: it was changed, or is not whole.
    """
    if document[SEAL] != _seal(document):
        then = "Take a new one, or restore the file as `mockreel control snapshot` wrote it."
        raise DataError(where, "it was changed since it was taken, as its seal does not fit", then=then)


def _seal(document: Mapping[str, Any]) -> str:
    found = sha256()
    for piece in _pieces({name: value for name, value in document.items() if name != SEAL}, _DEPTH):
        found.update(piece)
    return found.hexdigest()


def _pieces(value: Any, depth: int) -> Iterator[bytes]:
    """A value as JSON with sorted names, piece by piece, as a long document has no room for a second one."""
    if isinstance(value, dict) and depth and all(isinstance(name, str) for name in value):
        for place, name in enumerate(sorted(value)):
            yield (b"," if place else b"{") + orjson.dumps(name) + b":"
            yield from _pieces(value[name], depth - 1)
        yield b"}" if value else b"{}"
    elif isinstance(value, list):
        for place in range(0, len(value), _AT_ONCE):
            yield (b"," if place else b"[") + _sorted(value[place : place + _AT_ONCE])[1:-1]
        yield b"]" if value else b"[]"
    else:
        yield _sorted(value)


def _sorted(value: Any) -> bytes:
    return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    """A value as any language would write it again: whole numbers without a point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value

"""Types with checks beyond Python's: a moment, a count, JSON in bytes, header fields.

Snapshots are checked against them (`mockreel.simulator.snapshots.type_check`), so that all accepted ones can be shown.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import orjson

# 9999-12-31T23:59:59Z: a later moment cannot be written as a date.
LATEST_MOMENT = 253_402_300_799.0
MOST_COUNTED = 10**12
# RFC 9110 5.1, 5.5; the values that a server can write.
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]{0,8000}")


class Check(NamedTuple):
    """A check of a value beyond its type, as metadata of `Annotated`."""

    holds: Callable[[Any], bool]


def is_json(value: bytes) -> bool:
    """Whether bytes are a JSON text."""
    try:
        orjson.loads(value)
    except orjson.JSONDecodeError:
        return False
    return True


def is_json_object(value: bytes) -> bool:
    """Whether bytes are a JSON object."""
    return value[:1] == b"{" and is_json(value)


def _are_headers(pairs: tuple[tuple[bytes, bytes], ...]) -> bool:
    return all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) and _is_text(value) for name, value in pairs)


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


Moment = Annotated[float, Check(lambda value: 0 <= value <= LATEST_MOMENT)]
Count = Annotated[int, Check(lambda value: 0 <= value <= MOST_COUNTED)]
# An amount of anything.
Quantity = Annotated[float, Check(lambda value: 0 <= value <= MOST_COUNTED)]
StatusCode = Annotated[int, Check(lambda value: 200 <= value <= 599)]
JsonBytes = Annotated[bytes, Check(is_json)]
JsonObjectBytes = Annotated[bytes, Check(is_json_object)]
HeaderFields = Annotated[tuple[tuple[bytes, bytes], ...], Check(_are_headers)]

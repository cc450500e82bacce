"""The words for sizes and shapes that are seen on the wire, read into numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

LONGEST: Final = 40
"""Longer words are not looked into: no provider has one, and they come from strangers."""

_NO_WISH: Final = frozenset({"", "auto", "adaptive", "default", "empty", "none", "null"})
_NAMED_ASPECTS: Final[Mapping[str, float]] = MappingProxyType({"landscape": 16 / 9, "portrait": 9 / 16, "square": 1.0})
_NAMED_LINES: Final[Mapping[str, int]] = MappingProxyType({"sd": 480, "hd": 720, "fhd": 1080, "qhd": 1440, "uhd": 2160})

_PAIR: Final = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?) ?[:x*\u00d7/] ?([0-9]{1,5}(?:\.[0-9]{1,3})?)")
_LINES: Final = re.compile(r"(?:native)?([0-9]{2,5}) ?(?:p|i|px|pro|fast)?")
_THOUSANDS: Final = re.compile(r"([0-9]{1,2}) ?k")

_SMALLEST_SIDE: Final = 64
"""Pairs of smaller numbers are a shape (`16:9`), not a size."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large, as one number: lines, thousands, or both sides where the word has both."""

    lines: int = 0
    thousands: int = 0
    sides: tuple[int, int] | None = None


class Unreadable(ValueError):
    """A word that no rule here can read."""


def wish(word: str | None) -> str | None:
    """The word in lower case, or None where it leaves the choice to the server."""
    lower = word.strip().lower() if word is not None and len(word) <= LONGEST else word
    return None if lower is None or lower in _NO_WISH else lower


def read_resolution(word: str) -> Size:
    """Read `720p`, `1080P`, `4k`, `1280x720`, `hd`."""
    if len(word) > LONGEST:
        raise Unreadable(word)
    if pair := _PAIR.fullmatch(word):
        width, height = (round(float(side)) for side in pair.groups())
        if min(width, height) >= _SMALLEST_SIDE:
            return Size(sides=(width, height))
    if thousands := _THOUSANDS.fullmatch(word):
        return Size(thousands=max(1, int(thousands[1])))
    if lines := _LINES.fullmatch(word):
        return Size(lines=int(lines[1]) or 1)
    if word in _NAMED_LINES:
        return Size(lines=_NAMED_LINES[word])
    raise Unreadable(word)


def read_aspect(word: str) -> float:
    """Read `16:9`, `1280x720` or `portrait` as width divided by height."""
    if word in _NAMED_ASPECTS:
        return _NAMED_ASPECTS[word]
    pair = _PAIR.fullmatch(word) if len(word) <= LONGEST else None
    across, down = (float(side) for side in pair.groups()) if pair else (0.0, 0.0)
    if across <= 0 or down <= 0:
        raise Unreadable(word)
    return across / down

"""Choose the packed file that is nearest to a wish, and say how far it is from it."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from types import MappingProxyType
from typing import Final, TypeVar

from mockreel.engine.artifacts.media.clip import Clip, Wanted
from mockreel.engine.artifacts.media.clip_pack import Packed, index
from mockreel.engine.artifacts.media.size_words import Size, Unreadable, read_aspect, read_resolution, wish

_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"video": "video", "image": "image", "audio": "audio", "3d": "3d", "text": "text", "string": "text"}
)
_FORMATS: Final[Mapping[str, str]] = MappingProxyType({"jpeg": "jpg", "mpeg": "mp3", "wave": "wav"})
_THOUSANDS: Final[Mapping[int, int]] = MappingProxyType({1: 1080, 2: 1440, 3: 1620, 4: 2160, 8: 4320})

# What is played where nothing is asked.
_KIND: Final = "video"
_SECONDS: Final = 8.0
_RATIO: Final[Mapping[str, float]] = MappingProxyType({"video": 16 / 9})
_MEASURE: Final[Mapping[str, float]] = MappingProxyType({"video": 720.0})

_NEAR: Final = 0.015
"""Sides are whole pixels, often in steps of 16, so a shape or a size is met when it is this near."""
_FRAME: Final = 1 / 24

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class _Target:
    """A wish in numbers; `measure` is the short side of a video, the root of the area of an image."""

    kind: str
    suffix: str | None
    seconds: float
    measure: float
    ratio: float


def pick(wanted: Wanted) -> Clip:
    """The packed file nearest to the wish: first in format, then in shape, in size and in length."""
    size = _read(read_resolution, wanted.resolution)
    aspect = _read(read_aspect, wanted.aspect)
    packed = _nearest(_target(wanted, size, aspect))
    misses = {name: words for name, words in _misses(wanted, packed, size, aspect) if words}
    sound = packed.kind == "audio" or (packed.kind == "video" and wanted.sound is not False)
    return Clip(
        name=PurePath(packed.file).stem + ("" if sound or packed.kind != "video" else "-silent"),
        kind=packed.kind,
        mime=packed.mime,
        suffix=f".{packed.suffix}",
        width=packed.width,
        height=packed.height,
        seconds=packed.seconds,
        sound=sound,
        exact=not misses,
        says=_says(misses),
        file=packed.file,
    )


def _read(reader: Callable[[str], _Read], word: str | None) -> _Read | None:
    asked = wish(word)
    try:
        return None if asked is None else reader(asked)
    except Unreadable:
        return None


def _target(wanted: Wanted, size: Size | None, aspect: float | None) -> _Target:
    kind = _KINDS.get(wanted.kind.lower(), _KIND)
    ratio = aspect or (size.sides[0] / size.sides[1] if size and size.sides else _RATIO.get(kind, 1.0))
    measure = _measure(kind, size) if size else _MEASURE.get(kind, 1024.0)
    seconds = wanted.seconds if wanted.seconds is not None and math.isfinite(wanted.seconds) else _SECONDS
    return _Target(kind, _suffix(wanted), seconds, measure, ratio)


def _suffix(wanted: Wanted) -> str | None:
    suffix = wish(wanted.format)
    return None if suffix is None else _FORMATS.get(suffix.removeprefix("."), suffix.removeprefix("."))


def _measure(kind: str, size: Size) -> float:
    if size.sides:
        return math.sqrt(size.sides[0] * size.sides[1]) if kind == "image" else min(size.sides)
    if size.thousands:
        return 1024 * size.thousands if kind == "image" else _THOUSANDS.get(size.thousands, 540 * size.thousands)
    return size.lines


@lru_cache(maxsize=1024)
def _nearest(target: _Target) -> Packed:
    def distance(packed: Packed) -> tuple[bool, float, float, float]:
        return (
            target.suffix is not None and packed.suffix != target.suffix,
            round(_apart(packed.ratio, target.ratio), 3),
            round(_apart(_measured(packed), target.measure), 3),
            abs((packed.seconds or 0) - target.seconds),
        )

    return min((packed for packed in index() if packed.kind == target.kind), key=distance)


def _measured(packed: Packed) -> float:
    return _measure(packed.kind, Size(sides=packed.sides)) if packed.sides else 1.0


def _apart(one: float, other: float) -> float:
    return abs(math.log(one / other))


def _misses(
    wanted: Wanted, packed: Packed, size: Size | None, aspect: float | None
) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """What was asked and what there is, part by part; None where they agree or nothing was asked."""
    yield "seconds", _miss_of_seconds(wanted, packed)
    if packed.sides:
        yield "resolution", _miss(wanted.resolution, packed.resolution, met=size is not None and _meets(packed, size))
        near = aspect is not None and _apart(aspect, packed.ratio) <= _NEAR
        yield "aspect", _miss(wanted.aspect, packed.aspect, met=near)
    yield "format", _miss(wanted.format, packed.suffix, met=_suffix(wanted) == packed.suffix)
    yield "kind", _miss(wanted.kind, packed.kind, met=_KINDS.get(wanted.kind.lower()) == packed.kind)


def _miss_of_seconds(wanted: Wanted, packed: Packed) -> tuple[str, str] | None:
    if wanted.seconds is None or packed.seconds is None or abs(wanted.seconds - packed.seconds) < _FRAME:
        return None
    return f"{wanted.seconds:g} s", f"{packed.seconds} s"


def _meets(packed: Packed, size: Size) -> bool:
    if size.sides:
        return packed.sides == size.sides
    return _apart(_measured(packed), _measure(packed.kind, size)) <= _NEAR


def _miss(asked: str | None, have: str | None, *, met: bool) -> tuple[str, str] | None:
    return None if met or asked is None or wish(asked) is None else (_shown(asked), have or "")


def _shown(word: str) -> str:
    """A stranger's word, fit for a log line or a header."""
    return word if len(word) <= 20 and word.isascii() and word.isprintable() else ascii(word[:20])


def _says(misses: Mapping[str, tuple[str, str]]) -> str:
    asked, have = ({name: words[side] for name, words in misses.items()} for side in (0, 1))
    return f"asked {_phrase(asked)}; the pack has {_phrase(have)}" if misses else ""


def _phrase(parts: dict[str, str]) -> str:
    first = " at ".join(parts.pop(name) for name in ("seconds", "resolution") if name in parts)
    return ", ".join(part for part in (first, *parts.values()) if part)

"""Choose the packed file that is nearest to a request, and describe the difference."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from types import MappingProxyType
from typing import Final, TypeVar

from mockreel.engine.artifacts.media.clip import Clip, ClipRequest
from mockreel.engine.artifacts.media.clip_pack import Packed, index
from mockreel.engine.artifacts.media.size_words import Size, Unreadable, read_aspect, read_resolution, wish

_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"video": "video", "image": "image", "audio": "audio", "3d": "3d", "text": "text", "string": "text"}
)
_FORMATS: Final[Mapping[str, str]] = MappingProxyType({"jpeg": "jpg", "mpeg": "mp3", "wave": "wav"})
_THOUSANDS: Final[Mapping[int, int]] = MappingProxyType({1: 1080, 2: 1440, 3: 1620, 4: 2160, 8: 4320})

# The defaults for what is not requested.
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


def pick(request: ClipRequest) -> Clip:
    """The packed file nearest to the wish: first in format, then in shape, in size and in length."""
    size = _read(read_resolution, request.resolution)
    aspect = _read(read_aspect, request.aspect)
    packed = _nearest(_target(request, size, aspect))
    misses = {name: words for name, words in _misses(request, packed, size, aspect) if words}
    sound = packed.kind == "audio" or (packed.kind == "video" and request.sound is not False)
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
        difference=_difference(misses),
        file=packed.file,
    )


def _read(reader: Callable[[str], _Read], word: str | None) -> _Read | None:
    requested = wish(word)
    try:
        return None if requested is None else reader(requested)
    except Unreadable:
        return None


def _target(request: ClipRequest, size: Size | None, aspect: float | None) -> _Target:
    kind = _KINDS.get(request.kind.lower(), _KIND)
    ratio = aspect or (size.sides[0] / size.sides[1] if size and size.sides else _RATIO.get(kind, 1.0))
    measure = _measure(kind, size) if size else _MEASURE.get(kind, 1024.0)
    seconds = request.seconds if request.seconds is not None and math.isfinite(request.seconds) else _SECONDS
    return _Target(kind, _suffix(request), seconds, measure, ratio)


def _suffix(request: ClipRequest) -> str | None:
    suffix = wish(request.format)
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
    request: ClipRequest, packed: Packed, size: Size | None, aspect: float | None
) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """What was requested and what the pack has, by property; None where they agree or nothing was requested."""
    yield "seconds", _miss_of_seconds(request, packed)
    if packed.sides:
        yield (
            "resolution",
            _miss(request.resolution, packed.resolution, matches=size is not None and _matches(packed, size)),
        )
        near = aspect is not None and _apart(aspect, packed.ratio) <= _NEAR
        yield "aspect", _miss(request.aspect, packed.aspect, matches=near)
    yield "format", _miss(request.format, packed.suffix, matches=_suffix(request) == packed.suffix)
    yield "kind", _miss(request.kind, packed.kind, matches=_KINDS.get(request.kind.lower()) == packed.kind)


def _miss_of_seconds(request: ClipRequest, packed: Packed) -> tuple[str, str] | None:
    if request.seconds is None or packed.seconds is None or abs(request.seconds - packed.seconds) < _FRAME:
        return None
    return f"{request.seconds:g} s", f"{packed.seconds} s"


def _matches(packed: Packed, size: Size) -> bool:
    if size.sides:
        return packed.sides == size.sides
    return _apart(_measured(packed), _measure(packed.kind, size)) <= _NEAR


def _miss(requested: str | None, have: str | None, *, matches: bool) -> tuple[str, str] | None:
    return None if matches or requested is None or wish(requested) is None else (_display_text(requested), have or "")


def _display_text(word: str) -> str:
    """A stranger's word, fit for a log line or a header."""
    return word if len(word) <= 20 and word.isascii() and word.isprintable() else ascii(word[:20])


def _difference(misses: Mapping[str, tuple[str, str]]) -> str:
    requested, have = ({name: words[side] for name, words in misses.items()} for side in (0, 1))
    return f"requested {_phrase(requested)}; the pack has {_phrase(have)}" if misses else ""


def _phrase(parts: dict[str, str]) -> str:
    first = " at ".join(parts.pop(name) for name in ("seconds", "resolution") if name in parts)
    return ", ".join(part for part in (first, *parts.values()) if part)

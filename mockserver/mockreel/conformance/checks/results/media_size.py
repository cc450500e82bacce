"""How large and how long a file is, by its own bytes: MP4, PNG, JPEG, GIF, WebP and WAV."""

import struct
from dataclasses import dataclass

from mockreel.engine.artifacts.media.clip_boxes import boxes

# A JPEG's frame headers, which have its size; the others of this range do not.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Measured:
    """Pixels and seconds; None where the file has none, or none that can be read here."""

    width: int | None = None
    height: int | None = None
    seconds: float | None = None


def measure(data: bytes) -> Measured:
    """What a file is by its bytes; nothing of one that is broken or of another kind."""
    try:
        return _measure(data)
    except (struct.error, IndexError, ValueError, ZeroDivisionError):
        return Measured()


def _measure(data: bytes) -> Measured:
    if data[4:8] == b"ftyp":
        return _mp4(data)
    if data.startswith(b"\x89PNG"):
        return Measured(*struct.unpack_from(">II", data, 16))
    if data.startswith(b"GIF8"):
        return Measured(*struct.unpack_from("<HH", data, 6))
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(b"RIFF"):
        return _webp(data) if data[8:12] == b"WEBP" else _wave(data)
    return Measured()


def _mp4(data: bytes) -> Measured:
    """The length of the film and the size of its first picture track, as a player shows it."""
    seconds: float | None = None
    sides: tuple[int, int] | None = None
    for _, start, stop in boxes(data, b"moov", 0, len(data)):
        for _, header, _ in boxes(data, b"mvhd", start, stop):
            long = data[header] == 1
            scale, length = struct.unpack_from(">IQ" if long else ">II", data, header + (20 if long else 12))
            seconds = length / scale
        for _, track, end in boxes(data, b"trak", start, stop):
            for _, _, last in boxes(data, b"tkhd", track, end):
                width, height = (side >> 16 for side in struct.unpack_from(">II", data, last - 8))
                sides = sides or ((width, height) if width and height else None)
    width, height = sides or (None, None)
    return Measured(width, height, seconds)


def _jpeg(data: bytes) -> Measured:
    place = 2
    while data[place] == 0xFF:
        if data[place + 1] in _FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return Measured(width, height)
        place += 2 + struct.unpack_from(">H", data, place + 2)[0]
    return Measured()


def _webp(data: bytes) -> Measured:
    form = data[12:16]
    if form == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    elif form == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    return Measured(width, height)


def _wave(data: bytes) -> Measured:
    rate = struct.unpack_from("<I", data, 28)[0]
    place = 12
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        if name == b"data":
            return Measured(seconds=size / rate)
        place += 8 + size + size % 2
    return Measured()

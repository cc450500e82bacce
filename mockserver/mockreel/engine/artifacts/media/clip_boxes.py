"""The bytes of a clip: silent or not, and with a stamp that makes them unlike any other job's.

No codec is needed for either.  An MP4 is a row of boxes (ISO 14496-12): a player skips those called `free`.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from mockreel.engine.artifacts.media.clip import Clip
from mockreel.engine.artifacts.media.clip_pack import read

_HEADER: Final = 8
# A size of 1 means that a 64-bit size follows; one of 0 that the box extends to the end of the file.
_SIZE_FOLLOWS: Final = 1
_LONG_HEADER: Final = 16
_END: Final = b"\0\0\0\0IEND\xaeB`\x82"


def content(clip: Clip, *, stamp: bytes = b"") -> bytes:
    """The file's bytes; MP4 and PNG carry the stamp where players do not look."""
    data = read(clip.file)
    if clip.kind == "video" and not clip.sound:
        data = silent(data)
    return _stamped(data, clip.suffix, stamp) if stamp else data


def silent(mp4: bytes) -> bytes:
    """The same film without its sound: the audio track's description is renamed `free`, so no byte moves."""
    silenced = bytearray(mp4)
    for _, start, stop in boxes(mp4, b"moov", 0, len(mp4)):
        for track, content, end in boxes(mp4, b"trak", start, stop):
            if _handler(mp4, content, end) == b"soun":
                silenced[track + 4 : track + 8] = b"free"
    return bytes(silenced)


def boxes(mp4: bytes, name: bytes, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """Where the boxes of this name begin, where their content does, and where they end, between `start` and `stop`.

    Raises:
        ValueError: a box is smaller than its own header.
    """
    while start + _HEADER <= stop:
        size, found = struct.unpack_from(">I4s", mp4, start)
        header = _LONG_HEADER if size == _SIZE_FOLLOWS else _HEADER
        size = struct.unpack_from(">Q", mp4, start + _HEADER)[0] if size == _SIZE_FOLLOWS else size or stop - start
        if size < header:
            raise ValueError(f"a box {found!r} of {size} bytes at {start} is smaller than its header")
        if found == name:
            yield start, start + header, min(start + size, stop)
        start += size


def _handler(mp4: bytes, track: int, end: int) -> bytes:
    """The type of a track: `vide` or `soun`, in trak/mdia/hdlr after eight bytes of version and zeros."""
    for _, media, stop in boxes(mp4, b"mdia", track, end):
        for _, handler, _ in boxes(mp4, b"hdlr", media, stop):
            return mp4[handler + 8 : handler + 12]
    return b""


def _stamped(data: bytes, suffix: str, stamp: bytes) -> bytes:
    match suffix:
        case ".mp4":
            return data + struct.pack(">I4s", _HEADER + len(stamp), b"free") + stamp
        case ".png":
            return data.removesuffix(_END) + _chunk(b"tEXt", b"Comment\0" + stamp.hex().encode()) + _END
        case _:
            return data


def _chunk(name: bytes, data: bytes) -> bytes:
    """A PNG chunk; its text may hold no zero bytes, which is why the stamp is written in hexadecimal."""
    return struct.pack(">I4s", len(data), name) + data + struct.pack(">I", zlib.crc32(name + data))

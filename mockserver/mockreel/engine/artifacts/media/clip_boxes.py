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
    for start, stop in boxes(mp4, b"moov", 0, len(mp4)):
        for track, end in boxes(mp4, b"trak", start + _HEADER, stop):
            if _handler(mp4, track, end) == b"soun":
                silenced[track + 4 : track + 8] = b"free"
    return bytes(silenced)


def boxes(mp4: bytes, name: bytes, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Where the boxes of this name begin and end, among those between `start` and `stop`."""
    while start + _HEADER <= stop:
        size, found = struct.unpack_from(">I4s", mp4, start)
        if size < _HEADER:
            raise ValueError(f"a box {found!r} of {size} bytes at {start}: the packed clips have none; pack them anew")
        if found == name:
            yield start, start + size
        start += size


def _handler(mp4: bytes, track: int, end: int) -> bytes:
    """What a track holds: `vide` or `soun`, as trak/mdia/hdlr says after eight bytes of version and zeros."""
    for media, stop in boxes(mp4, b"mdia", track + _HEADER, end):
        for handler, _ in boxes(mp4, b"hdlr", media + _HEADER, stop):
            return mp4[handler + 16 : handler + 20]
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

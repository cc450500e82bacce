"""Unpack a body that came with a `Content-Encoding` (RFC 9110 8.4), within bounds."""

import zlib
from collections.abc import Mapping

# What zlib is told of each coding: gzip's own frame, or zlib's, which HTTP calls deflate.
_WINDOWS: Mapping[str, int] = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
CODINGS = tuple(_WINDOWS)


class NotUnpacked(Exception):
    """A body is not what its coding says, or is cut off; the text says why."""


class TooLarge(Exception):
    """A body would be larger than the limit once it is unpacked."""


def named(header: bytes | None) -> str | None:
    """The coding that a header names, in lower case; None where it names none, or `identity`."""
    coding = "" if header is None else header.decode("latin-1").strip().lower()
    return coding if coding not in ("", "identity") else None


def unpack(body: bytes, coding: str, *, most: int) -> bytes:
    """The body without its coding, which must be one of `CODINGS`; it takes no more memory than `most` bytes and some.

    Raises:
        TooLarge: it has more than `most` bytes.
        NotUnpacked: it is not packed so, or not to its end.
    """
    unpacking = zlib.decompressobj(_WINDOWS[coding])
    try:
        data = unpacking.decompress(body, most + 1)
    except zlib.error as problem:
        raise NotUnpacked(f"it cannot be unpacked as {coding} ({_told(problem)})") from problem
    if len(data) > most:
        raise TooLarge
    if not unpacking.eof:
        raise NotUnpacked(f"it ends before its {coding} does")
    if unpacking.unused_data:
        raise NotUnpacked(f"{len(unpacking.unused_data)} bytes stand behind its {coding}")
    return data


def _told(problem: zlib.error) -> str:
    """`Error -3 while decompressing data: incorrect header check`, without its beginning."""
    return str(problem).rpartition(": ")[2]

"""Decode a body with a `Content-Encoding` (RFC 9110 8.4), up to a limit."""

import zlib
from collections.abc import Mapping

# zlib's argument for each coding: gzip's frame, or zlib's, which HTTP calls deflate.
_WINDOWS: Mapping[str, int] = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
CODINGS = tuple(_WINDOWS)


class NotUnpacked(Exception):
    """A body does not have its coding, or is cut off; the message says why."""


class TooLarge(Exception):
    """A decoded body would be larger than the limit."""


def coding_of(header: bytes | None) -> str | None:
    """The coding in a header, in lower case; None if it has none, or `identity`."""
    coding = "" if header is None else header.decode("latin-1").strip().lower()
    return coding if coding not in ("", "identity") else None


def unpack(body: bytes, coding: str, *, most: int) -> bytes:
    """The decoded body; its coding must be one of `CODINGS`. It needs little more memory than `most` bytes.

    Raises:
        TooLarge: it has more than `most` bytes.
        NotUnpacked: it does not have this coding, or is incomplete.
    """
    unpacking = zlib.decompressobj(_WINDOWS[coding])
    try:
        data = unpacking.decompress(body, most + 1)
    except zlib.error as problem:
        raise NotUnpacked(f"it cannot be unpacked as {coding} ({_zlib_error(problem)})") from problem
    if len(data) > most:
        raise TooLarge
    if not unpacking.eof:
        raise NotUnpacked(f"it ends before its {coding} does")
    if unpacking.unused_data:
        raise NotUnpacked(f"{len(unpacking.unused_data)} bytes stand behind its {coding}")
    return data


def _zlib_error(problem: zlib.error) -> str:
    """`Error -3 while decompressing data: incorrect header check`, without its beginning."""
    return str(problem).rpartition(": ")[2]

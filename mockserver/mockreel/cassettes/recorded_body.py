"""Bodies as vcrpy stores them: compressed as on the wire, decoded already, or truncated; with a size limit."""

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 64 * 1024 * 1024
_GZIP, _ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
_INSTALL = "pip install '.[record]' in a checkout of mockreel"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A decoded body; `trouble` says why it is still encoded, and is empty if it is not."""

    body: bytes
    trouble: str = ""


class _NotUnpacked(Exception):
    """A coding could not be undone."""


def unpack(body: bytes, headers: Iterable[tuple[str, str]] = ()) -> Unpacked:
    """A body as a client reads it.

    A text was decoded by a recorder that left the header. A body that is encoded without a header is recognised by its
    first bytes.
    """
    stated = [value for name, value in headers if name.lower() == "content-encoding"]
    codings = [one.strip().lower() for value in stated for one in value.split(",")]
    codings = [one for one in codings if one not in ("", "identity")]
    if not body:
        return Unpacked(body)
    try:
        for coding in reversed(codings):
            body = _undone(body, coding)
        while coding := _by_magic(body):
            body = _undone(body, coding)
    except _NotUnpacked as problem:
        return Unpacked(body) if _is_text(body) else Unpacked(body, str(problem))
    return Unpacked(body)


def _by_magic(body: bytes) -> str:
    return "gzip" if body.startswith(_GZIP) else "zstd" if body.startswith(_ZSTD) else ""


def _is_text(body: bytes) -> bool:
    try:
        return "\0" not in body.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _undone(body: bytes, coding: str) -> bytes:
    undo = _CODINGS.get(coding)
    if undo is None:
        raise _NotUnpacked(f"it is packed with {coding[:40]!r}; known are {', '.join(_CODINGS)}")
    found = undo(body)
    if len(found) > MOST_BYTES:
        raise _NotUnpacked(f"unpacked from {coding} it is larger than {MOST_BYTES} bytes")
    return found


def _gunzip(body: bytes) -> bytes:
    """Every member of a gzip file."""
    found = b""
    while body.startswith(_GZIP[:2]) and len(found) <= MOST_BYTES:
        part, body = _inflated(body, 16 + zlib.MAX_WBITS, "gzip")
        found += part
    if not found and body:
        raise _NotUnpacked("it is no gzip")
    return found


def _inflate(body: bytes) -> bytes:
    """Deflate, which some servers send without zlib's header."""
    try:
        return _inflated(body, zlib.MAX_WBITS, "deflate")[0]
    except _NotUnpacked:
        if body.startswith(b"\x78"):
            raise
        return _inflated(body, -zlib.MAX_WBITS, "deflate")[0]


def _inflated(body: bytes, bits: int, name: str) -> tuple[bytes, bytes]:
    machine = zlib.decompressobj(bits)
    try:
        found = machine.decompress(body, MOST_BYTES + 1)
    except zlib.error as problem:
        raise _NotUnpacked(f"it is no {name} ({problem})") from None
    if not machine.eof and len(found) <= MOST_BYTES:
        raise _NotUnpacked(f"its {name} is cut off")
    return found, machine.unused_data


def _unbrotli(body: bytes) -> bytes:
    try:
        import brotli  # noqa: PLC0415  (an extra)
    except ImportError:
        raise _NotUnpacked(f"it is packed with br, and brotli is not installed: {_INSTALL}") from None
    machine = brotli.Decompressor()
    try:
        found: bytes = machine.process(body, output_buffer_limit=MOST_BYTES + 1)
    except brotli.error as problem:
        raise _NotUnpacked(f"it is no br ({problem})") from None
    if not machine.is_finished() and len(found) <= MOST_BYTES:
        raise _NotUnpacked("its br is cut off")
    return found


def _unzstd(body: bytes) -> bytes:
    zstd = _zstd()
    machine = zstd.ZstdDecompressor()
    try:
        found: bytes = machine.decompress(body, MOST_BYTES + 1)
    except zstd.ZstdError as problem:
        raise _NotUnpacked(f"it is no zstd ({problem})") from None
    if not machine.eof and len(found) <= MOST_BYTES:
        raise _NotUnpacked("its zstd is cut off")
    return found


def _zstd() -> Any:
    """Python's own module from 3.14, its backport before."""
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
    except ImportError:
        try:
            from backports import zstd  # noqa: PLC0415  (an extra)
        except ImportError:
            raise _NotUnpacked(f"it is packed with zstd, and backports.zstd is not installed: {_INSTALL}") from None
    return zstd


_CODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}

"""Files in bodies: what is stored in place of them is their type, size and hash."""

import re
from collections.abc import Iterator
from hashlib import sha256

import orjson

_DATA_URI = re.compile(rb"data:([\w.+/\\-]*(?:;[\w=.+-]+)*);base64,")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_\\-"
_OF_BASE64 = re.compile(rb"[A-Za-z0-9+/=_\\-]*")
_BLOCK = 16 * 1024


def left_out(data: bytes) -> bytes:
    """What is stored in place of bytes: their size and hash, as JSON."""
    return orjson.dumps({"bytes": len(data), "sha256": sha256(data).hexdigest()})


def without_files(body: bytes) -> bytes:
    """A body with each data URI replaced by its type, size and hash."""
    return b"".join(_pieces(body)) if b";base64," in body else body


def _pieces(body: bytes) -> Iterator[bytes]:
    at = 0
    while found := _DATA_URI.search(body, at):
        end = _end_of_file(body, found.end())
        data = memoryview(body)[found.end() : end]
        yield body[at : found.start()]
        yield b"data:%s;base64,(%d bytes, sha256 %s)" % (found[1], len(data), sha256(data).hexdigest().encode())
        at = end
    yield body[at:]


def _end_of_file(body: bytes, start: int) -> int:
    """Where the base64 that begins there ends; a long one is passed in blocks, faster than by a pattern."""
    found = _OF_BASE64.match(body, start, start + _BLOCK)
    if found is None or found.end() < start + _BLOCK:
        return found.end() if found else start
    start = found.end()
    while (block := body[start : start + _BLOCK]) and not block.translate(None, _BASE64):
        start += len(block)
    found = _OF_BASE64.match(body, start)
    return found.end() if found else start

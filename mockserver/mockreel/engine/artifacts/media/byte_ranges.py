"""One byte range of a file, as RFC 9110 (section 14) has it, without any server's types."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from types import MappingProxyType
from typing import Final

# Nineteen digits and more are no size of a file, and Python refuses to read very long numbers.
_RANGE: Final = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)

# A restarted mock server makes the same ids with other clips, so a cache has to revalidate.
_ALWAYS: Final[Mapping[str, str]] = MappingProxyType(
    {"Accept-Ranges": "bytes", "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
)


@dataclass(frozen=True, slots=True)
class Ranged:
    """An answer, ready to be sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def etag_of(content: bytes) -> str:
    """A strong validator: other bytes, other tag."""
    return f'"{blake2b(content, digest_size=16).hexdigest()}"'


def byte_range(header: str | None, size: int) -> range | None:
    """The requested bytes of a Range header: None is the whole body, an empty range cannot be satisfied.

    A header that is malformed, has another unit or several ranges is ignored, which RFC 9110 allows.
    """
    found = _RANGE.fullmatch(header) if header is not None else None
    if found is None or size == 0:
        return None
    first, last = found.groups()
    if first:
        return _between(int(first), int(last) if last else None, size)
    return range(max(0, size - int(last)), size) if last else None


def ranged(
    content: bytes,
    *,
    mime: str,
    header: str | None = None,
    if_range: str | None = None,
    if_none_match: str | None = None,
    etag: str | None = None,
    head: bool = False,
) -> Ranged:
    """Answer a GET or HEAD for these bytes.

    Args:
        content: the whole file.
        mime: its Content-Type.
        header: the Range header; it does not count for HEAD (RFC 9110, 14.2).
        if_range: the If-Range header: the range counts only while the tag is still this one.
        if_none_match: the If-None-Match header: 304 while the tag is one of these.
        etag: the tag, where the caller has one already.
        head: whether the method is HEAD: the headers of GET, and no body.
    """
    tag = etag or etag_of(content)
    common = {**_ALWAYS, "ETag": tag}
    if if_none_match is not None and _matches(if_none_match, tag):
        return Ranged(304, common, b"")
    part = byte_range(header, len(content)) if not head and if_range in (None, tag) else None
    if part is None:
        whole = {"Content-Type": mime, "Content-Length": str(len(content))}
        return Ranged(200, {**whole, **common}, b"" if head else content)
    if not part:
        nothing = {"Content-Range": f"bytes */{len(content)}", "Content-Length": "0"}
        return Ranged(416, {**nothing, **common}, b"")
    where = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
    some = {"Content-Type": mime, "Content-Length": str(len(part)), "Content-Range": where}
    return Ranged(206, {**some, **common}, content[part.start : part.stop])


def _between(first: int, last: int | None, size: int) -> range | None:
    if last is not None and last < first:
        return None
    stop = size if last is None else min(last + 1, size)
    return range(first, stop) if first < size else range(0)


def _matches(header: str, tag: str) -> bool:
    """If-None-Match compares weakly: the prefix `W/` does not count."""
    tags = [candidate.strip().removeprefix("W/") for candidate in header.split(",")]
    return "*" in tags or tag in tags

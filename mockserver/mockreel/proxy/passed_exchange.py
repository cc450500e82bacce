"""What passed by: one request with its response, kept within bounds for the checks that come after."""

import zlib
from dataclasses import dataclass, field

from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.terminal import harmless

Headers = list[tuple[bytes, bytes]]

# A larger body is passed on all the same, and not checked.
CHECKED_BYTES = 4 * 1024 * 1024
# What we can read of the ways to write a body shorter.
READABLE = (b"gzip", b"deflate", b"identity")
_CODING = b"content-encoding"


class Kept:
    """A body as it goes by; None where it is larger than what is checked."""

    __slots__ = ("_chunks", "_size", "whole")

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._size = 0
        self.whole = False  # whether its end was seen

    def take(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size <= CHECKED_BYTES:
            self._chunks.append(chunk)
        else:
            self._chunks.clear()

    @property
    def body(self) -> bytes | None:
        return b"".join(self._chunks) if self.whole and self._size <= CHECKED_BYTES else None


@dataclass(slots=True)
class Asked:
    """A request as it arrived; `path` is percent-encoded, header names are in lower case.

    `at` is when that was, in seconds of a clock that only runs.
    """

    method: str
    path: str
    query: str
    headers: Headers
    at: float = 0.0
    body: bytes | None = None
    operation: Operation | None = None
    _plain: bytes | None = field(default=None, repr=False)

    @property
    def plain(self) -> bytes | None:
        """The body as it was before it was written shorter; None where it was not kept, or cannot be read."""
        if self.body is None:
            return None
        if self._plain is None:
            self._plain = decoded(self.body, self.coding)
        return self._plain

    @property
    def coding(self) -> str:
        """How the body is written shorter; empty where it is not."""
        return ", ".join(value.decode("latin-1").strip() for name, value in self.headers if name == _CODING)

    @property
    def line(self) -> str:
        """How it is shown; a query may hold a key."""
        return harmless(f"{self.method} {self.path}")

    def ask(self) -> SentRequest:
        """The request as the checks see it."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers if name != _CODING}
        return SentRequest(self.method, self.path, self.query, headers, self.plain or b"", self.operation)


@dataclass(slots=True)
class Passed:
    """A request and the response to it; `body` is None where it was not kept or cannot be read."""

    asked: Asked
    status: int
    headers: Headers
    kept: Kept = field(default_factory=Kept)

    def told(self) -> ReceivedResponse | None:
        """The response as the checks see it; None where it cannot be."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.headers}
        body = self.kept.body
        if body is None:
            return None
        plain = decoded(body, headers.get("content-encoding", ""))
        return None if plain is None else ReceivedResponse(self.status, headers, plain)


def decoded(body: bytes, coding: str) -> bytes | None:
    """A body as it was before it was written shorter; None where that is unknown, or more than is checked."""
    if coding.lower() in ("", "identity") or not body:
        return body
    if coding.lower() not in ("gzip", "x-gzip", "deflate"):
        return None
    for bits in (47, -15):  # zlib or gzip, by its head; deflate without one
        reader = zlib.decompressobj(bits)
        try:
            plain = reader.decompress(body, CHECKED_BYTES + 1)
        except zlib.error:
            continue
        return plain if reader.eof and len(plain) <= CHECKED_BYTES else None
    return None


def readable(accepted: bytes) -> bytes:
    """Of the codings that a client takes, those that can be checked."""
    known = [one.strip() for one in accepted.lower().split(b",") if one.split(b";")[0].strip() in READABLE]
    return b", ".join(known) or b"identity"

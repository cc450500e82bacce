"""One forwarded request with its response, kept up to a limit for later checks."""

import zlib
from dataclasses import dataclass, field

from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.terminal import harmless

Headers = list[tuple[bytes, bytes]]

# A larger body is forwarded but not checked.
CHECKED_BYTES = 4 * 1024 * 1024
# The content codings that can be decoded.
READABLE = (b"gzip", b"deflate", b"identity")
_CODING = b"content-encoding"


class StreamedBody:
    """A body as it is streamed; None if it is too large to be checked."""

    __slots__ = ("_chunks", "_size", "whole")

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._size = 0
        self.whole = False  # whether its end was received

    def add(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size <= CHECKED_BYTES:
            self._chunks.append(chunk)
        else:
            self._chunks.clear()

    @property
    def body(self) -> bytes | None:
        return b"".join(self._chunks) if self.whole and self._size <= CHECKED_BYTES else None


@dataclass(slots=True)
class ClientRequest:
    """A request as it arrived; `path` is percent-encoded, header names are in lower case.

    `at` is its time in seconds of a monotonic clock.
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
        """The decoded body; None if it was not kept or cannot be decoded."""
        if self.body is None:
            return None
        if self._plain is None:
            self._plain = decoded(self.body, self.coding)
        return self._plain

    @property
    def coding(self) -> str:
        """The content coding of the body; empty if it has none."""
        return ", ".join(value.decode("latin-1").strip() for name, value in self.headers if name == _CODING)

    @property
    def line(self) -> str:
        """Method and path for messages, without the query, which may contain a key."""
        return harmless(f"{self.method} {self.path}")

    def sent_request(self) -> SentRequest:
        """The request in the form for checks."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers if name != _CODING}
        return SentRequest(self.method, self.path, self.query, headers, self.plain or b"", self.operation)


@dataclass(slots=True)
class Passed:
    """A request and its response."""

    client_request: ClientRequest
    status: int
    headers: Headers
    streamed: StreamedBody = field(default_factory=StreamedBody)

    def response(self) -> ReceivedResponse | None:
        """The response in the form for checks; None if its body was not kept or cannot be decoded."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.headers}
        body = self.streamed.body
        if body is None:
            return None
        plain = decoded(body, headers.get("content-encoding", ""))
        return None if plain is None else ReceivedResponse(self.status, headers, plain)


def decoded(body: bytes, coding: str) -> bytes | None:
    """A decoded body; None if the coding is unknown or the body is too large to be checked."""
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
    """The codings that the client accepts and the proxy can decode."""
    codings = [one.strip() for one in accepted.lower().split(b",") if one.split(b";")[0].strip() in READABLE]
    return b", ".join(codings) or b"identity"

"""One forwarded request with its response, kept up to a limit for later checks."""

import zlib
from dataclasses import dataclass, field
from typing import NamedTuple

from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.terminal import harmless

Headers = list[tuple[bytes, bytes]]

# A larger body is forwarded but not checked.
CHECKED_BYTES = 4 * 1024 * 1024
# The content codings that can be decoded.
READABLE = (b"gzip", b"deflate", b"identity")
_NAMES = ("gzip", "x-gzip", "deflate")
_GZIP_BEGINS = b"\x1f\x8b"
_CODING = b"content-encoding"


class Decoded(NamedTuple):
    """A decoded body; None with the reason if it cannot be read."""

    data: bytes | None
    why: str = ""


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
    _decoded: Decoded | None = field(default=None, repr=False)

    @property
    def plain(self) -> bytes | None:
        """The decoded body; None if it was not kept or cannot be decoded."""
        return self.decoded.data

    @property
    def decoded(self) -> Decoded:
        """The body without its coding, or why it cannot be read."""
        if self.body is None:
            return Decoded(None, "larger than what is kept")
        if self._decoded is None:
            self._decoded = decode(self.body, self.coding)
        return self._decoded

    @property
    def coding(self) -> str:
        """The content coding of the body; empty if it has none."""
        return _coding(self.headers)

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
        plain = self.decoded.data
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.headers}
        return None if plain is None else ReceivedResponse(self.status, headers, plain)

    @property
    def decoded(self) -> Decoded:
        """The body of the response without its coding, or why it cannot be read."""
        body = self.streamed.body
        if body is None:
            return Decoded(None, f"larger than {CHECKED_BYTES:,} bytes" if self.streamed.whole else "not complete")
        return decode(body, _coding(self.headers))

    @property
    def unchecked(self) -> str:
        """Why the exchange cannot be checked fully; empty if it can. What is incomplete is told elsewhere."""
        if self.client_request.plain is None:
            return f"the request's body is {self.client_request.decoded.why}"
        if self.streamed.whole and (why := self.decoded.why):
            return f"the response's body is {why}"
        return ""


def _coding(headers: Headers) -> str:
    return ", ".join(value.decode("latin-1").strip() for name, value in headers if name.lower() == _CODING)


def decode(body: bytes, coding: str) -> Decoded:
    """A body without its coding. It needs little more memory than what is checked at most."""
    names = [one.strip().lower() for one in coding.split(",") if one.strip().lower() not in ("", "identity")]
    if not names or not body:
        return Decoded(body)
    if len(names) > 1:
        return Decoded(None, f"packed {len(names)} times ({coding[:40]!r}); what is packed once can be read here")
    (name,) = names
    if name not in _NAMES:
        return Decoded(None, f"packed as {name[:40]!r}; gzip and deflate can be read here")
    headed = 32 + zlib.MAX_WBITS  # zlib or gzip, by its head
    for bits in (headed, -zlib.MAX_WBITS) if name == "deflate" else (headed,):
        reader = zlib.decompressobj(bits)
        try:
            plain = reader.decompress(body, CHECKED_BYTES + 1)
        except zlib.error:
            continue
        return _ended(plain, body, name, whole=reader.eof)
    return Decoded(None, f"not {name}, as its Content-Encoding says")


def _ended(plain: bytes, body: bytes, name: str, *, whole: bool) -> Decoded:
    if len(plain) > CHECKED_BYTES:
        what = f"{len(body):,} bytes of {name}, and more than {CHECKED_BYTES:,} bytes without it"
        return Decoded(None, f"{what}, which is the most that is read here")
    if not whole:
        return Decoded(None, f"cut off: it ends before its {name} does")
    if plain.startswith(_GZIP_BEGINS):
        return Decoded(None, f"packed twice: without its {name} it begins as gzip does")
    return Decoded(plain)


def readable(accepted: bytes) -> bytes:
    """The codings that the client accepts and the proxy can decode."""
    codings = [one.strip() for one in accepted.lower().split(b",") if one.split(b";")[0].strip() in READABLE]
    return b", ".join(codings) or b"identity"

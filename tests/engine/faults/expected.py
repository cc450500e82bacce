"""What a client must see of each fault of a response: over a bare socket, and through client libraries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import httpx2
import orjson
import requests


@dataclass(frozen=True)
class Seen:
    """The received bytes of a bare socket, and how the connection ended."""

    data: bytes
    end: str  # closed, reset

    @property
    def head(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[0].lower()

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def status(self) -> int:
        return int(self.data.split(b" ", 2)[1]) if self.data.startswith(b"HTTP/1.1 ") else 0

    def header(self, name: str) -> str | None:
        lines = dict(line.split(b": ", 1) for line in self.head.split(b"\r\n")[1:])
        value = lines.get(name.encode())
        return None if value is None else value.decode()

    @property
    def lacks(self) -> int:
        """How many bytes of the body are missing by its Content-Length."""
        return int(self.header("content-length") or 0) - len(self.body)


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def _whole(seen: Seen) -> bool:
    return (seen.status, seen.end, seen.lacks, _is_json(seen.body)) == (201, "closed", 0, True)


def _page(status: int) -> Callable[[Seen], bool]:
    def is_page(seen: Seen) -> bool:
        return seen.status == status and "text/html" in str(seen.header("content-type")) and b"<html>" in seen.body

    return is_page


# What befalls a client library: that it raises an error of its transport, or what the response is.
RAISES = "raises"


@dataclass(frozen=True)
class Expected:
    """The expected effect; `begun`: whether a job exists afterwards; `reply`: what a library returns."""

    raw: Callable[[Seen], bool]
    begun: bool
    reply: Any = RAISES


def _expired(seen: Seen) -> bool:
    return seen.header("content-type") == "application/xml" and b"<Error><Code>" in seen.body


def _nothing(seen: Seen, *, end: str = "closed") -> bool:
    return seen == Seen(b"", end)


EXPECTED: Mapping[str, Expected] = {
    "delay; seconds=0.02": Expected(_whole, True, 201),
    "expired-link": Expected(_expired, False, 403),
    "expired-link; status=404": Expected(_expired, False, 404),
    "expired-link; status=410": Expected(_expired, False, 410),
    "delay; seconds=0.01; spread=exponential; before=body": Expected(_whole, True, 201),
    "drip; bytes=50; every=0.001": Expected(_whole, True, 201),
    "reset": Expected(lambda seen: _nothing(seen, end="reset"), False),
    "reset; at=middle": Expected(lambda seen: seen.status == 201 and seen.lacks > 0 and seen.end == "reset", True),
    "close": Expected(_nothing, False),
    "hang; seconds=0.02": Expected(_nothing, False),
    "lost-answer": Expected(lambda seen: _nothing(seen, end="reset"), True),
    "lost-answer; by=close": Expected(_nothing, True),
    "lost-answer; by=hang; seconds=0.02": Expected(_nothing, True),
    "truncated": Expected(lambda seen: seen.status == 201 and seen.lacks > 0 and seen.end == "closed", True),
    "malformed": Expected(lambda seen: seen.lacks == 0 and len(seen.body) > 9 and not _is_json(seen.body), True, 201),
    "empty": Expected(lambda seen: seen.status == 201 and seen.lacks == 0 and seen.body == b"", True, 201),
    "wrong-content-type": Expected(lambda seen: _whole(seen) and seen.header("content-type") == "text/html", True, 201),
    "wrong-content-type; type=text/plain": Expected(
        lambda seen: _whole(seen) and seen.header("content-type") == "text/plain", True, 201
    ),
    "wrong-length; by=7": Expected(lambda seen: seen.lacks == 7 and _is_json(seen.body), True),
    "wrong-length; by=-7": Expected(lambda seen: seen.lacks == -7 and _is_json(seen.body), True, 201),
    "garbage": Expected(lambda seen: seen.data.startswith(b"\x16\x03") and seen.end == "closed", True),
    "gateway": Expected(_page(502), False, 502),
    "gateway; status=503": Expected(_page(503), False, 503),
    "gateway; status=504; accepted=yes": Expected(_page(504), True, 504),
    "gateway; status=524": Expected(_page(524), False, 524),
    "throttled": Expected(lambda seen: seen.status == 429 and seen.header("retry-after") is None, False, 429),
    "throttled; retry_after=7": Expected(
        lambda seen: seen.status == 429 and seen.header("retry-after") == "7", False, 429
    ),
}

# The root of what a library raises where a response does not come as it should.
BROKEN: Mapping[str, tuple[type[Exception], ...]] = {
    "httpx": (httpx.TransportError,),
    "httpx2": (httpx2.TransportError,),
    "requests": (requests.ConnectionError, requests.exceptions.ChunkedEncodingError),
}

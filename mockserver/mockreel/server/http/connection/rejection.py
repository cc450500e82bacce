"""Requests that are rejected before any application sees them: why, and the response to the client."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

import httptools

from mockreel.contract.messages.version_header import VERSION_FIELD

# The first bytes of other protocols, and what to report; RFC 8446 5.1, RFC 9113 3.4, RFC 1928 3.
_TLS, _HTTP2, _SOCKS = b"\x16", b"PRI * HTTP/2.0", (b"\x04", b"\x05")
# The number of bytes that distinguish them.
OPENING_BYTES = len(_HTTP2)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a request was rejected: the response's status, and the reason and the next step in words."""

    status: int
    reason: str

    def to_bytes(self, headers: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
        """The whole response, which ends its connection."""
        body = self.reason.encode()
        lines = [
            b"HTTP/1.1 %d %s" % (self.status, HTTPStatus(self.status).phrase.encode()),
            *(b"%s: %s" % header for header in (*headers, VERSION_FIELD)),
            b"content-type: text/plain; charset=utf-8",
            b"content-length: %d" % len(body),
            b"connection: close",
        ]
        return b"\r\n".join([*lines, b"", body])

    def filled(self, **values: object) -> "Rejection":
        """The same with the placeholders of its reason filled in."""
        return Rejection(self.status, self.reason.format_map(values))


class Rejected(Exception):
    """Raised where a request is read, to reject it."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.reason)
        self.rejection = rejection


# Called with each rejection, and the port of the connection (None if there is none).
OnRejection = Callable[[int | None, Rejection], None]


def unreadable(opening: bytes, problem: httptools.HttpParserError) -> Rejection:
    """Input that is not HTTP/1.1: how its connection began, and the parser's message.

    The reason quotes nothing of the request, as it may be a secret.
    """
    if opening.startswith(_TLS):
        return Rejection(
            400,
            "TLS (https://) was sent to a port for plain HTTP: use http:// (with `mockreel serve`, --tls allows both).",
        )
    if opening.startswith(_HTTP2):
        return Rejection(400, "HTTP/2 was sent without negotiation; this server only supports HTTP/1.1: use that.")
    if opening.startswith(_SOCKS):
        return Rejection(400, "SOCKS was sent to a web server; it is not a proxy: remove it from the proxy settings.")
    detail = "its target is no path or URL" if isinstance(problem, httptools.HttpParserCallbackError) else problem
    return Rejection(400, f"The request cannot be read as HTTP/1.1: {detail}.")


TUNNEL = Rejection(
    400, "CONNECT was requested; this is not a proxy: use the address as the base URL, or `mockreel run`."
)
HEAD_TOO_LARGE = Rejection(431, "The head of a request is larger than {limit} bytes: send fewer or shorter headers.")
TRAILERS_TOO_LARGE = Rejection(
    431, "The trailers of a request are larger than {limit} bytes: send fewer or shorter ones."
)
LONG_QUERY = Rejection(414, "The query of a request has more than {limit:,} parameters: send fewer.")
TOO_SLOW = Rejection(408, "The {phase} of a request was not complete within {seconds} s: send it faster.")


def logged(port: int | None, rejection: Rejection) -> None:
    """Log a rejection if there is no other report of it."""
    where = "" if port is None else f" on port {port}"
    logging.getLogger("mockreel").warning("rejected a request%s: %d: %s", where, rejection.status, rejection.reason)

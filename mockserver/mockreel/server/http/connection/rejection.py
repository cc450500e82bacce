"""Requests that are rejected before any application sees them: why, in words, and what the client is told."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

import httptools

from mockreel import __version__

# The one stated departure from the providers' wire: every response says who really sent it.
VERSION_HEADER = (b"mockreel-version", __version__.encode())

# How what is no HTTP/1.1 begins, and what to say of it; RFC 8446 5.1, RFC 9113 3.4, RFC 1928 3.
_TLS, _HTTP2, _SOCKS = b"\x16", b"PRI * HTTP/2.0", (b"\x04", b"\x05")
# As much of a connection's beginning tells them apart.
OPENING_BYTES = len(_HTTP2)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a request was rejected: the status that its client is told, and the reason and the next step in words."""

    status: int
    reason: str

    def written(self, headers: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
        """The whole response, which ends its connection."""
        body = self.reason.encode()
        lines = [
            b"HTTP/1.1 %d %s" % (self.status, HTTPStatus(self.status).phrase.encode()),
            *(b"%s: %s" % header for header in (*headers, VERSION_HEADER)),
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


# Told of each rejection, with the port that it came in on (None where there is none).
Told = Callable[[int | None, Rejection], None]


def unreadable(opening: bytes, problem: httptools.HttpParserError) -> Rejection:
    """What cannot be read as HTTP/1.1: how its connection began, and what the parser said.

    What stood in the request is no part of the reason, as it may be a secret.
    """
    if opening.startswith(_TLS):
        return Rejection(400, "TLS (https://) was spoken to a port that speaks plain HTTP: use http://, or --tls.")
    if opening.startswith(_HTTP2):
        return Rejection(400, "HTTP/2 was spoken without being offered first; this server speaks HTTP/1.1: use that.")
    if opening.startswith(_SOCKS):
        return Rejection(400, "SOCKS was spoken to a web server; it is not a proxy: take it out of the proxy settings.")
    detail = "its target is no path or URL" if isinstance(problem, httptools.HttpParserCallbackError) else problem
    return Rejection(400, f"The request cannot be read as HTTP/1.1: {detail}.")


TUNNEL = Rejection(
    400, "CONNECT was asked for; this is not a proxy: use the address as the base URL, or `mockreel run`."
)
HEAD_TOO_LARGE = Rejection(431, "The head of a request is larger than {limit} bytes: send fewer or shorter headers.")
TOO_SLOW = Rejection(408, "The {phase} of a request was not complete within {seconds} s: send it faster.")


def logged(port: int | None, rejection: Rejection) -> None:
    """Write a rejection to the log where nobody else is told of it."""
    where = "" if port is None else f" on port {port}"
    logging.getLogger("mockreel").warning("rejected a request%s: %d: %s", where, rejection.status, rejection.reason)

"""The head of a response as bytes: what is the same for many is put together once."""

from collections.abc import Sequence

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE

from mockreel.contract.messages.message import Response
from mockreel.server.http.rejection import VERSION_HEADER

# Statuses without a body (RFC 9110 15.3.5, 15.4.5), and headers that say how a message ends: these are not for here.
_BODILESS = frozenset({204, 304})
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection"})
_VERSION = b"%s: %s\r\n" % VERSION_HEADER


class ResponseHeads:
    """Writes the heads of complete responses, byte for byte as uvicorn does."""

    def __init__(self) -> None:
        self._defaults: Sequence[tuple[bytes, bytes]] | None = None
        self._beginnings: dict[int, bytes] = {}
        self._names: dict[bytes, bytes] = {}

    def of(self, response: Response, defaults: Sequence[tuple[bytes, bytes]], *, keep_alive: bool) -> bytes | None:
        """The head; None where it is no plain one.

        Args:
            defaults: headers that every response begins with, the same object as long as they are the same.
        """
        if defaults is not self._defaults:
            self._defaults = defaults
            self._beginnings.clear()
        beginning = self._beginnings.get(response.status) or self._begun(response.status, defaults)
        if beginning is None:
            return None
        lines = [beginning]
        names = self._names
        for name, value in response.headers:
            written = names.get(name) or self._name(name)
            if written is None or HEADER_VALUE_RE.search(value):
                return None
            lines += (written, value, b"\r\n")
        lines.append(_VERSION)
        lines.append(
            b"content-length: %d\r\n\r\n" if keep_alive else b"content-length: %d\r\nconnection: close\r\n\r\n"
        )
        lines[-1] %= len(response.body)
        return b"".join(lines)

    def _begun(self, status: int, defaults: Sequence[tuple[bytes, bytes]]) -> bytes | None:
        if status in _BODILESS or status not in STATUS_LINE or status < 200:
            return None
        lines = (b"%s: %s\r\n" % header for header in defaults)
        found = self._beginnings[status] = b"".join([STATUS_LINE[status], *lines])
        return found

    def _name(self, name: bytes) -> bytes | None:
        if name.lower() in _FRAMING or HEADER_RE.search(name):
            return None
        found = self._names[name] = name.lower() + b": "
        return found

"""The head of a response as bytes: the part that many share is built once."""

from collections.abc import Sequence

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE

from mockreel.contract.data.base_types import HeaderFields
from mockreel.contract.messages.message import Response
from mockreel.contract.messages.version_header import VERSION_FIELD

# Statuses without a body (RFC 9110 15.3.5, 15.4.5), and headers that define a message's end: not handled here.
_BODILESS = frozenset({204, 304})
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection"})
_VERSION = b"%s: %s\r\n" % VERSION_FIELD
# So many sets of headers are known again; then they are counted again.
MOST_CACHED = 64


class ResponseHeads:
    """Writes the heads of complete responses, byte for byte as uvicorn does.

    Args:
        added: what each ends with besides.
    """

    def __init__(self, added: HeaderFields = ()) -> None:
        lines = b"".join(b"%b: %b\r\n" % header for header in added).replace(b"%", b"%%")
        self._framing = _FRAMING | {name.lower() for name, _ in added}
        self._stays = b"%b%bcontent-length: %d\r\n" + lines + b"\r\n"
        self._closes = b"%b%bcontent-length: %d\r\n" + lines + b"connection: close\r\n\r\n"
        self._shares = not added  # whether what it writes is what others would
        self._defaults: Sequence[tuple[bytes, bytes]] | None = None
        self._beginnings: dict[int, bytes] = {}
        self._names: dict[bytes, bytes] = {}
        self._cache: dict[tuple[tuple[bytes, bytes], ...], bytes] = {}

    def of(self, response: Response, defaults: Sequence[tuple[bytes, bytes]], *, keep_alive: bool) -> bytes | None:
        """The head; None where it is no plain one.

        Args:
            defaults: headers that every response begins with, the same object as long as they are the same.
        """
        if defaults is not self._defaults:
            self._defaults = defaults
            self._beginnings.clear()
        beginning = self._beginnings.get(response.status) or self._status_bytes(response.status, defaults)
        own = response.head if self._shares else None
        own = own or self._cache.get(response.headers) or self._header_bytes(response.headers)
        if beginning is None or own is None:
            return None
        if self._shares:
            response.head = own
        end = self._stays if keep_alive else self._closes
        return end % (beginning, own, len(response.body))

    def _header_bytes(self, headers: tuple[tuple[bytes, bytes], ...]) -> bytes | None:
        """The headers of one response, and the version; those that others have too are remembered."""
        lines: list[bytes] = []
        names = self._names
        for name, value in headers:
            written = names.get(name) or self._name(name)
            if written is None or HEADER_VALUE_RE.search(value):
                return None
            lines += (written, value, b"\r\n")
        lines.append(_VERSION)
        found = b"".join(lines)
        if len(headers) <= 2:  # more headers are specific to one job
            if len(self._cache) >= MOST_CACHED:
                self._cache.clear()
            self._cache[headers] = found
        return found

    def _status_bytes(self, status: int, defaults: Sequence[tuple[bytes, bytes]]) -> bytes | None:
        if status in _BODILESS or status not in STATUS_LINE or status < 200:
            return None
        lines = (b"%s: %s\r\n" % header for header in defaults)
        found = self._beginnings[status] = b"".join([STATUS_LINE[status], *lines])
        return found

    def _name(self, name: bytes) -> bytes | None:
        if name.lower() in self._framing or HEADER_RE.search(name):
            return None
        found = self._names[name] = name.lower() + b": "
        return found

"""Bounds on what a connection may take its time with: the head of a request, its size, and its body."""

import contextlib
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# A head is complete within so many real seconds and bytes, a body within so many seconds; then the connection ends.
HEAD_SECONDS, BODY_SECONDS = 20.0, 120.0
HEAD_BYTES = 64 * 1024
# As much of a body that nobody reads, since its answer is given, is still taken, so that the answer can be read.
UNREAD_BYTES = 64 * 1024 * 1024
# At the end, a client has so long to close its side of TLS.
FAREWELL_SECONDS = 0.1


class Bounded(HttpToolsProtocol):
    """uvicorn's protocol, which waits for no client forever.

    A request costs it nothing but two assignments: `Loop` looks at all connections about once a second.
    """

    _in_head = False
    _taken = 0
    _messages = 0
    _seen: tuple[str, int] | None = None
    _since = 0.0

    def on_message_begin(self) -> None:
        self._in_head = True
        self._messages += 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._taken = 0
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._taken += len(data)
            if self._taken > HEAD_BYTES:
                self._end(431, b"Request Header Fields Too Large")
        elif self.cycle is not None and self.cycle.more_body and self.cycle.response_complete:
            self._taken += len(data)
            if self._taken > UNREAD_BYTES:
                self.transport.close()

    def shutdown(self) -> None:
        """The server ends: an idle connection is closed, and over TLS not waited for until its client closes it too."""
        idle = self.cycle is None or self.cycle.response_complete
        super().shutdown()
        if idle and self.scheme == "https":
            self.loop.call_later(FAREWELL_SECONDS, self._leave)

    def _leave(self) -> None:
        with contextlib.suppress(Exception):  # aborting TLS raises in Python 3.11's own loop
            self.transport.abort()

    def look(self, now: float) -> None:
        """End the connection if its client has been waited for too long."""
        waits = self._waits_for()
        if waits != self._seen:
            self._seen, self._since = waits, now
        elif waits is not None and now - self._since > (HEAD_SECONDS if waits[0] == "head" else BODY_SECONDS):
            self._end(408, b"Request Timeout")

    def _waits_for(self) -> tuple[str, int] | None:
        """What of which message the client still owes; None where it owes nothing, or where uvicorn sees to it."""
        if self._in_head or self.cycle is None:
            return "head", self._messages
        return ("body", self._messages) if self.cycle.more_body else None

    def _end(self, status: int, words: bytes) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(b"HTTP/1.1 %d %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % (status, words))
        self._in_head = False
        self.transport.close()


def look_at(connections: Iterable[Any], now: float) -> None:
    """End every connection whose client has been waited for too long."""
    for one in list(connections):
        if isinstance(one, Bounded):
            one.look(now)

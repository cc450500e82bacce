"""The end of a connection whose client may still be sending, without losing the response.

Closing a socket with unread input resets it, and a reset drops what the client has not read yet
(RFC 9112 9.6). So the sending side ends first, and further input is read and dropped, within limits.
"""

import asyncio
import contextlib

from mockreel.server.http.connection.connection_limits import (
    BODY_SECONDS,
    LINGER_BYTES,
    LINGER_SECONDS,
    QUIET_SECONDS,
    UNREAD_BYTES,
)


class LingeringClose:
    """Ends one connection, once everything has been written to it.

    TLS has no half-closed connections: there the connection is closed in the first pause of its client.

    Args:
        body: the client is sending the body of a request that has been answered, as it may, and reads when it has sent
            it: it has the time that any body has. Else what comes in makes the time no longer.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, *, body: bool = False) -> None:
        self._transport = transport
        self._loop = loop
        self._body_until = loop.time() + BODY_SECONDS if body else 0.0
        self._most = UNREAD_BYTES if body else LINGER_BYTES
        self._discarded = self._seen = 0
        self._unsent = transport.get_write_buffer_size()
        self._limit = loop.call_later(LINGER_SECONDS, self._look)
        self._pause: asyncio.TimerHandle | None = None
        if transport.can_write_eof():
            transport.write_eof()
        else:
            self._pause = loop.call_later(QUIET_SECONDS, self._close_if_quiet, self._discarded)

    def discard(self, size: int) -> None:
        """Something has come in."""
        self._discarded += size
        if self._discarded > self._most:
            abort(self._transport)

    def cancel(self) -> None:
        """The connection is lost."""
        self._limit.cancel()
        if self._pause is not None:
            self._pause.cancel()

    def _close_if_quiet(self, before: int) -> None:
        if self._discarded == before:
            self._transport.close()
        else:
            self._pause = self._loop.call_later(QUIET_SECONDS, self._close_if_quiet, self._discarded)

    def _look(self) -> None:
        """The time is over, but for a client that still reads what was written to it, or sends its body."""
        unsent, sent = self._transport.get_write_buffer_size(), self._discarded - self._seen
        if 0 < unsent < self._unsent or (sent and self._loop.time() < self._body_until):
            self._unsent, self._seen = unsent, self._discarded
            self._limit = self._loop.call_later(LINGER_SECONDS, self._look)
        else:
            abort(self._transport)


def abort(transport: asyncio.Transport) -> None:
    """End a connection at once."""
    with contextlib.suppress(Exception):  # aborting TLS raises in Python 3.11's own loop
        transport.abort()

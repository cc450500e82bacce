"""The input of a connection, within limits, parsed the same wherever the network splits it.

A connection is in one phase at a time: idle (no request has begun), in a head, or in a body.
"""

from abc import abstractmethod
from typing import Any, Literal

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockreel.server.http.connection.connection_limits import HEAD_BYTES, MOST_PARAMETERS, UNREAD_BYTES
from mockreel.server.http.connection.rejection import (
    HEAD_TOO_LARGE,
    LONG_QUERY,
    OPENING_BYTES,
    TRAILERS_TOO_LARGE,
    TUNNEL,
    Rejected,
    Rejection,
    unreadable,
)

# What a line of a head has beside its name and value.
_LINE_BYTES = len(b": \r\n")

Phase = Literal["idle", "head", "body"]


class BoundedReader(HttpToolsProtocol):
    """Reads the requests of one connection; what is none, or too much, is rejected."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._phase: Phase = "idle"
        self._messages = 0  # begun so far
        self._before = 0  # of them, before the last segment
        self._segment = 0  # bytes of the last segment
        self._received = 0  # bytes of the current head or unread body, without those of the segment that it began in
        self._has_content = False  # the last segment has some of a body
        self._bare = 0  # bytes of a body since its last content: lines of chunks, trailers
        self._opening = b""  # how the connection began
        self._deaf = False  # nothing that comes in is read any more

    @abstractmethod
    def _reject(self, rejection: Rejection) -> None:
        """Reject what comes in, and read no more."""

    @abstractmethod
    def _discard(self, size: int) -> None:
        """Throw away what comes in when nothing is read any more."""

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            self._discard(len(data))
            return
        self._unset_keepalive_if_required()
        self._before, self._segment = self._messages, len(data)
        self._has_content = False
        if self._messages < 2 and len(self._opening) < OPENING_BYTES:
            self._opening += data[:OPENING_BYTES]
        self._parse(data)
        if self._phase != "idle" and not self._deaf:
            self._count(self._segment if self._messages == self._before else 0)

    def _parse(self, data: bytes) -> None:
        try:
            self._feed(data)
        except httptools.HttpParserError as problem:
            raised = problem.__context__
            self._reject(raised.rejection if isinstance(raised, Rejected) else unreadable(self._opening, problem))

    def _feed(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                if self._should_upgrade():
                    self._phase = "idle"  # for this protocol nothing more comes in
                    self.handle_websocket_upgrade()
                    return
                data = data[offer.args[0] :]
                self._decline()
            else:
                return

    def _decline(self) -> None:
        """Ignore an offer to upgrade (RFC 9110 7.8): read the same head again without it.

        llhttp takes what follows such a head for another protocol, so a parser that has seen the offer skips the body.
        """
        line = b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        headers = [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"\r\n".join([line, *headers, b"", b""]))

    def _count(self, size: int) -> None:
        """Limit a head, what comes in a body without being content (trailers), or a body that is read no more."""
        if self._phase == "head":
            self._received += size
            if self._received > HEAD_BYTES:
                self._reject(HEAD_TOO_LARGE.filled(limit=HEAD_BYTES))
            return
        self._bare = 0 if self._has_content else self._bare + size
        if self._bare > 2 * HEAD_BYTES:  # how large trailers are without lines of chunks is seen at their end
            self._reject(TRAILERS_TOO_LARGE.filled(limit=HEAD_BYTES))
        elif self._is_body_unread():
            self._received += size
            if self._received > UNREAD_BYTES:
                self.transport.close()

    def _is_body_unread(self) -> bool:
        return self.cycle.response_complete

    # Callbacks of the parser

    def on_message_begin(self) -> None:
        self._phase = "head"
        self._messages += 1
        self._received = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._check_head()
        if self.parser.should_upgrade() and not self._should_upgrade():
            return  # read again in a moment, without the offer
        super().on_headers_complete()  # before its body is awaited: it may find that the target is no path
        if not self.parser.should_upgrade():
            self.headers = []  # trailers come in here, and are no headers (RFC 9110 6.5.1)
        self._phase = "body"
        self._received = self._bare = 0

    def on_body(self, body: bytes) -> None:
        self._has_content = True
        super().on_body(body)

    def _check_head(self) -> None:
        if not self.url.startswith(b"/"):
            self.url = _with_path(self.url)
        if self.parser.get_method() == b"CONNECT":
            raise Rejected(TUNNEL)
        if self.url.count(b"&") >= MOST_PARAMETERS:
            raise Rejected(LONG_QUERY.filled(limit=MOST_PARAMETERS))
        spans = self._messages == self._before
        if (spans or self._segment > HEAD_BYTES) and self._head_bytes() > HEAD_BYTES:
            raise Rejected(HEAD_TOO_LARGE.filled(limit=HEAD_BYTES))

    def _check_trailers(self) -> None:
        if self._field_bytes() > HEAD_BYTES:
            raise Rejected(TRAILERS_TOO_LARGE.filled(limit=HEAD_BYTES))
        if not self.parser.should_keep_alive():  # it reads nothing behind trailers that end the connection
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        if self.headers:
            self._check_trailers()
        self._phase = "idle"
        super().on_message_complete()

    def _should_upgrade(self) -> bool:
        return self.parser.get_method() == b"GET" and super()._should_upgrade()

    def _head_bytes(self) -> int:
        return len(self.url) + self._field_bytes()

    def _field_bytes(self) -> int:
        return sum(len(name) + len(value) + _LINE_BYTES for name, value in self.headers)


def _with_path(target: bytes) -> bytes:
    """A target with the path that a URL without one means (RFC 9110 4.2.3)."""
    scheme, colon, rest = target.partition(b"://")
    authority, mark, query = rest.partition(b"?")
    if not colon or b"/" in authority:
        return target
    return b"".join((scheme, colon, authority, b"/", mark, query))

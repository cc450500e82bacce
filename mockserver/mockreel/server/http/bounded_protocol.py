"""uvicorn's HTTP protocol as we need it: it ignores offers to upgrade, but for a WebSocket where a provider has one,
answers in order whatever comes behind, and waits for no client forever.

A connection is in one phase at a time: idle (no request has begun), in a head, or in a body. What cannot be served is
rejected in words, after every request before it has been answered.
"""

import contextlib
from collections.abc import Iterable
from typing import Any, Literal

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mockreel.server.http.limits import (
    BODY_SECONDS,
    FAREWELL_SECONDS,
    HEAD_BYTES,
    HEAD_SECONDS,
    LINGER_BYTES,
    LINGER_SECONDS,
    UNREAD_BYTES,
)
from mockreel.server.http.rejection import (
    HEAD_TOO_LARGE,
    TOO_SLOW,
    TUNNEL,
    Rejected,
    Rejection,
    Told,
    logged,
    unreadable,
)

# What a line of a head has beside its name and value.
_LINE_BYTES = len(b": \r\n")

Phase = Literal["idle", "head", "body"]


class Bounded(HttpToolsProtocol):
    """One connection.

    A request costs few assignments: `Loop` looks at all connections about once a second.

    Args:
        told: is told of each request that is rejected here; by default it is logged.
    """

    def __init__(self, *args: Any, told: Told = logged, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._told = told
        self._phase: Phase = "idle"
        self._messages = 0  # that have begun
        self._segment = 0  # bytes of what came in last
        self._taken = 0  # bytes of the present head or unread body, but for those of the segment that it began in
        self._running: RequestResponseCycle | None = None
        self._rejection: Rejection | None = None
        self._seen: tuple[Phase, int] | None = None
        self._since = 0.0

    # What comes in

    def data_received(self, data: bytes) -> None:
        if self._rejection is not None:
            self._discard(len(data))
            return
        self._unset_keepalive_if_required()
        before, self._segment = self._messages, len(data)
        self._parse(data)
        if self._phase != "idle" and self._rejection is None:
            self._count(self._segment if self._messages == before else 0)

    def _parse(self, data: bytes) -> None:
        before = self._messages
        try:
            self._feed(data)
        except httptools.HttpParserError as problem:
            raised = problem.__context__
            self._reject(
                raised.rejection if isinstance(raised, Rejected) else unreadable(data, problem, first=not before)
            )

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
        kept = [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"\r\n".join([line, *kept, b"", b""]))

    def _count(self, size: int) -> None:
        """Bound what a head, or a body that nobody reads any more, may take."""
        if self._phase == "head":
            self._taken += size
            if self._taken > HEAD_BYTES:
                self._reject(HEAD_TOO_LARGE.filled(limit=HEAD_BYTES))
        elif self._is_body_unread():
            self._taken += size
            if self._taken > UNREAD_BYTES:
                self.transport.close()

    def _is_body_unread(self) -> bool:
        return self.cycle.response_complete

    def _discard(self, size: int) -> None:
        """Throw away what comes behind a rejected request."""
        self._taken += size
        if self._taken > LINGER_BYTES and not self._owes:
            self._leave()

    # Callbacks of the parser

    def on_message_begin(self) -> None:
        self._phase = "head"
        self._messages += 1
        self._taken = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._check_head()
        if self.parser.should_upgrade() and not self._should_upgrade():
            return  # read again in a moment, without the offer
        super().on_headers_complete()  # before its body is awaited: it may find that the target is no path
        self._phase = "body"
        self._taken = 0

    def _check_head(self) -> None:
        if self.parser.get_method() == b"CONNECT":
            raise Rejected(TUNNEL)
        if self._segment + self._taken > HEAD_BYTES and self._head_bytes() > HEAD_BYTES:
            raise Rejected(HEAD_TOO_LARGE.filled(limit=HEAD_BYTES))

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._phase = "idle"
        super().on_message_complete()

    def _should_upgrade(self) -> bool:
        return self.parser.get_method() == b"GET" and super()._should_upgrade()

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + _LINE_BYTES for name, value in self.headers)

    # What goes out

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._rejection is not None and not self._owes:
            self._unset_keepalive_if_required()
            self._end(self._rejection)

    def give_up(self) -> None:
        """Nobody waits for the rest of the response that is being sent, so it is not missed."""
        if self._running is not None:
            self._running.disconnected = True

    @property
    def _owes(self) -> bool:
        """Whether a request has not been answered yet."""
        return bool(self.pipeline) or (self._running is not None and not self._running.response_complete)

    def _reject(self, rejection: Rejection) -> None:
        """Reject what comes in, once everything before it has been answered, and read no more."""
        if self._rejection is not None or self.transport.is_closing():
            return
        self._rejection = rejection
        if self._phase == "body":
            self._drop()
        self._told(self.server[1] if self.server else None, rejection)
        if not self._owes:
            self._end(rejection)

    def _drop(self) -> None:
        """Forget the request whose body is being read: it is the newest, and may be running or wait for its turn."""
        if self.pipeline:
            self.pipeline.popleft()
        elif self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
            if self._running.response_started:  # it cannot be ended
                self.transport.close()
            self._running = None

    def _end(self, rejection: Rejection) -> None:
        """The last words; the connection is closed once the client has had the time to read them.

        Closed at once, it could be reset by what is unread still, and responses be lost with it.
        """
        if self.transport.is_closing():
            return
        self._taken = 0
        self.flow.resume_reading()
        self.transport.write(rejection.written(self.server_state.default_headers))
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self._leave)

    def shutdown(self) -> None:
        """The server ends: an idle connection is closed, and over TLS not waited for until its client closes it too."""
        idle = not self._owes
        super().shutdown()
        if idle and self.scheme == "https":
            self.loop.call_later(FAREWELL_SECONDS, self._leave)

    def _leave(self) -> None:
        with contextlib.suppress(Exception):  # aborting TLS raises in Python 3.11's own loop
            self.transport.abort()

    # Whom it waits for

    def look(self, now: float) -> None:
        """End the connection if its client has been waited for too long."""
        waits = self._waits_for()
        if waits != self._seen:
            self._seen, self._since = waits, now
        elif waits is not None and now - self._since > self._time_limit(waits[0]):
            self._give_up_waiting(waits[0])

    def _waits_for(self) -> tuple[Phase, int] | None:
        """What of which message the client still owes; None where it waits itself."""
        if self._rejection is not None or (self._phase == "idle" and self._owes):
            return None
        return self._phase, self._messages

    def _time_limit(self, phase: Phase) -> float:
        limits: dict[Phase, float] = {"idle": self.timeout_keep_alive, "head": HEAD_SECONDS, "body": BODY_SECONDS}
        return limits[phase]

    def _give_up_waiting(self, phase: Phase) -> None:
        if phase == "idle":
            self.transport.close()
        else:
            self._reject(TOO_SLOW.filled(phase=phase, seconds=f"{self._time_limit(phase):g}"))


def look_at(connections: Iterable[Any], now: float) -> None:
    """End every connection whose client has been waited for too long."""
    for one in list(connections):
        if isinstance(one, Bounded):
            one.look(now)

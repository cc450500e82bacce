"""uvicorn's HTTP protocol as we need it: it ignores offers to upgrade, but for a WebSocket where a provider has one,
answers in order whatever comes behind, and waits for no client forever.

What cannot be served is rejected in words, after every request before it has been answered.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from mockreel.server.http.connection.bounded_reader import BoundedReader, Phase
from mockreel.server.http.connection.connection_limits import (
    BODY_SECONDS,
    FAREWELL_SECONDS,
    HEAD_SECONDS,
    LINGER_BYTES,
    LINGER_SECONDS,
)
from mockreel.server.http.connection.lingering_close import LingeringClose, abort
from mockreel.server.http.connection.rejection import TOO_SLOW, OnRejection, Rejection, logged


class Bounded(BoundedReader):
    """One connection.

    A request costs few assignments: `Loop` looks at all connections about once a second.

    Args:
        on_rejection: called with each request that is rejected here; by default it is logged.
    """

    def __init__(self, *args: Any, on_rejection: OnRejection = logged, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._on_rejection = on_rejection
        self._running: RequestResponseCycle | None = None
        self._rejection: Rejection | None = None  # sent before the connection ends
        self._ending: LingeringClose | None = None
        self._linger_timer: asyncio.TimerHandle | None = None  # with a client that has ended its side
        self._discarded = 0  # bytes behind the rejection
        self._seen: tuple[Phase, int] | None = None
        self._since = 0.0

    # The client's end

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client has ended its side: complete requests are still answered, if soon."""
        if self.scheme == "https" or not self._is_owed_response or not (self._deaf or self._phase == "idle"):
            return False
        if self._linger_timer is None:
            self._linger_timer = self.loop.call_later(LINGER_SECONDS, self._leave)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        if self._linger_timer is not None:
            self._linger_timer.cancel()
        if self._ending is not None:
            self._ending.cancel()
        super().connection_lost(exc)
        self.release()

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        self.release()

    def release(self) -> None:
        """The connection is over, or another protocol's: hold nothing that leads back here.

        Whatever holds itself is freed by the garbage collector alone, which `serve` lets run very rarely.
        """
        self._unset_keepalive_if_required()
        self._part()
        self.cycle = self._running = self._ending = None  # type: ignore[assignment]
        self.pipeline.clear()

    def _part(self) -> None:
        """The request that is running may be held for longer, and holds this connection no more."""
        if self._running is not None:
            self._running.transport = self.transport

    def _discard(self, size: int) -> None:
        """Throw away what comes behind the end, but no more than some of it before everything has been answered."""
        if self._ending is not None:
            self._ending.discard(size)
            return
        self._discarded += size
        if self._discarded > LINGER_BYTES:
            self.flow.pause_reading()

    # Output

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        cycle.transport = Ending(self)  # type: ignore[assignment]
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        self._part()
        super().on_response_complete()
        if self._is_owed_response:
            return
        if self._deaf:
            self._unset_keepalive_if_required()
            self._end()
        elif self._linger_timer is not None:
            self.transport.close()

    def end_after_response(self) -> None:
        """The response was the last one; of its request the client may still be sending the body."""
        self.pipeline.clear()
        if self._phase == "idle":
            self.transport.close()
        elif self._ending is None:
            self._linger(body=self._phase == "body")

    def give_up(self) -> None:
        """The rest of the current response will not be sent."""
        if self._running is not None:
            self._running.disconnected = True

    @property
    def _is_owed_response(self) -> bool:
        """Whether a request has not been answered yet."""
        return bool(self.pipeline) or (self._running is not None and not self._running.response_complete)

    def _reject(self, rejection: Rejection) -> None:
        """Reject what comes in, once everything before it has been answered, and read no more.

        The rest of a request that has been answered is rejected without a word: there is one response to a request.
        """
        if self._deaf or self.transport.is_closing():
            return
        self._deaf = True
        self._discarded = 0
        if self._phase != "body" or not self._is_body_unread():
            self._rejection = rejection
        if self._phase == "body":
            self._drop()
        self._on_rejection(self.server[1] if self.server else None, rejection)
        if not self._is_owed_response:
            self._end()

    def _drop(self) -> None:
        """Drop the request whose body is being read: it is the newest, and may be running or queued."""
        if self.pipeline:
            self.pipeline.popleft()
        elif self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
            if self._running.response_started:  # it cannot be ended
                self.transport.close()
            self._running = None

    def _end(self) -> None:
        """The last words, and the end of the connection."""
        if self.transport.is_closing() or self._ending is not None:
            return
        if self._rejection is not None:
            self.transport.write(self._rejection.to_bytes(self.server_state.default_headers))
        if self._linger_timer is not None:  # everything that the client has sent is read
            self.transport.close()
        else:
            self._linger()

    def _linger(self, *, body: bool = False) -> None:
        self._deaf = True
        self.flow.resume_reading()
        self._ending = LingeringClose(self.transport, self.loop, body=body)

    def shutdown(self) -> None:
        """The server ends: an idle connection is closed, over TLS without waiting for the client's close.

        A client that has ended its side is not waited for either, as it may be gone.
        """
        idle = not self._is_owed_response
        super().shutdown()
        if self._linger_timer is not None:
            self._leave()
        elif idle and self.scheme == "https":
            self.loop.call_later(FAREWELL_SECONDS, self._leave)

    def _leave(self) -> None:
        abort(self.transport)

    # Whom it waits for

    def look(self, now: float) -> None:
        """End the connection if its client has been waited for too long."""
        waits = self._waits_for()
        if waits != self._seen:
            self._seen, self._since = waits, now
        elif waits is not None and now - self._since > self._time_limit(waits[0]):
            self._give_up_waiting(waits[0])

    def _waits_for(self) -> tuple[Phase, int] | None:
        """Which part of which message the client still has to send; None if it is waiting itself."""
        if self._deaf or (self._phase == "idle" and self._is_owed_response):
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


class Ending:
    """The transport of a connection, for what answers one request: it ends the connection as its protocol does."""

    def __init__(self, protocol: Bounded) -> None:
        self._transport = protocol.transport
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing
        self.close = protocol.end_after_response


def look_at(connections: Iterable[Any], now: float) -> None:
    """End every connection whose client has been waited for too long."""
    for one in list(connections):
        if isinstance(one, Bounded):
            one.look(now)

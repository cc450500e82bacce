"""The fast path of a request: answered inside the protocol, in one write, without a task and without ASGI.

It is for a request on a provider's own port whose response is ready at once. All others take the ASGI path: some by
their head (a browser's page, a body of unknown or great length, HTTP/1.0, an upgrade, `Expect: 100-continue`), some by
their connection (an earlier request is unanswered, the client does not read), some by their response (it waits, has a
fault, or has no plain head).
"""

import asyncio
from collections.abc import Mapping, MutableMapping
from functools import partial
from typing import Any, Protocol
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from mockreel.contract.data.base_types import HeaderFields
from mockreel.contract.messages.message import HeaderFacts, Request, Response
from mockreel.server.http.connection.bounded_protocol import Bounded
from mockreel.server.http.response_head import ResponseHeads
from mockreel.simulator.provider_adapter import Answer

# A longer body is read on the ASGI path, which lets its client wait.
MOST_BODY = 64 * 1024
# A longer response is not copied behind its head: two writes cost less.
MOST_JOINED = 64 * 1024
# Headers whose requests take the long way: how a message ends, what it waits for, and which page has sent it.
_ASGI_ONLY = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"origin", b"sec-fetch-site", b"referer"})
# Methods whose body, if any, is not read.
_UNREAD = frozenset({"GET", "HEAD"})


class Responder(Protocol):
    """Who answers on a port."""

    @property
    def most_body(self) -> int:
        """How long a body may be."""

    def base_url(self, scope: MutableMapping[str, Any]) -> str:
        """Under which address it answers."""

    @property
    def added(self) -> HeaderFields:
        """Headers at the end of every response on its port, if the request has no origin."""

    def answer(self, request: Request) -> Answer:
        """The response, or an awaitable of it."""

    async def finish(self, request: Request, answer: Answer, scope: Any, receive: Any, send: Any) -> None:
        """Send an answer on the long way."""


class Head(HeaderFacts):
    """Headers, and what they mean for the path of their request: valid while the next ones are the same."""

    __slots__ = ("base_url", "is_long", "pairs", "size")

    def __init__(self, pairs: list[tuple[bytes, bytes]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs
        self.is_long = not _ASGI_ONLY.isdisjoint(self.first)
        self.base_url: str | None = None  # where the provider is reached, by its Host
        length = dict(pairs).get(b"content-length", b"0")  # the last of several
        self.size = int(length) if length.isdigit() and len(length) < 9 else MOST_BODY + 1


_NO_HEAD = Head([])


class FastPath(Bounded):
    """One connection, on whose port a provider may answer at once.

    Args:
        responders: the providers by port; read for each request, as they may change.
    """

    def __init__(self, *args: Any, responders: Mapping[int, Responder] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._responders = {} if responders is None else responders
        self._responder: Responder | None = None
        self._port = -1
        self._most = 0
        self._heads = ResponseHeads()
        self._reading = False  # a request that takes the short way
        self._ignoring = False  # what comes behind a request that has ended the connection
        self._head = _NO_HEAD
        self._method = ""
        self._target: Any = None
        self._path = ""
        self._body: bytes | list[bytes] = b""
        self._keep_alive = True
        self._answered = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        logs = self.config.access_log and self.access_log  # not the root logger's, which pytest sets
        if self.server is not None and self.limit_concurrency is None and not logs:
            self._port = self.server[1] or 0

    def connection_lost(self, exc: Exception | None) -> None:
        self._reading = False
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        super().connection_lost(exc)

    # Callbacks of the parser

    def on_message_begin(self) -> None:
        responder = self._responders.get(self._port)
        if responder is not self._responder:
            self._send_later(responder)
        if responder is None:
            super().on_message_begin()
            return
        self._phase = "head"
        self._messages += 1
        self._received = 0
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        if self._responder is None:
            super().on_headers_complete()
        elif self.transport.is_closing():
            self._ignoring = True
        elif self._is_short(self._responder):
            self._check_head()
            self._target = httptools.parse_url(self.url)
            self._path = self._target.path.decode("ascii")
            self._phase = "body"
            self._received = 0
            self._reading = True
            self._body = b""
            self._keep_alive = self.parser.should_keep_alive()
        else:
            self.scope = self._scope()  # type: ignore[assignment]
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._has_content = True
        if not self._reading:
            if not self._ignoring:
                super().on_body(body)
        elif not self._body:
            self._body = body
        else:
            self._body = [*self._body, body] if isinstance(self._body, list) else [self._body, body]

    def on_message_complete(self) -> None:
        if self._reading:
            assert self._responder is not None
            self._phase = "idle"
            self._respond(self._responder)
        elif not self._ignoring:
            super().on_message_complete()

    # The way

    def _send_later(self, responder: Responder | None) -> None:
        """Set the responder from now on; None sends all requests to ASGI."""
        self._responder, self._head = responder, _NO_HEAD
        if responder is not None:
            self._most = min(MOST_BODY, responder.most_body)
            self._heads = ResponseHeads(responder.added)

    def _is_short(self, responder: Responder) -> bool:
        """Whether the head allows it; the address that it names is known then."""
        parser, head = self.parser, self._head
        if (
            self._is_owed_response
            or self.flow.write_paused
            or parser.get_http_version() != "1.1"
            or parser.should_upgrade()
        ):
            return False
        if head.pairs != self.headers:
            head = self._head = Head(self.headers)
        method = self._method = parser.get_method().decode("ascii")
        if head.is_long or head.size > (0 if method in _UNREAD else self._most):
            return False
        if head.base_url is None:
            head.base_url = responder.base_url(self._scope())
        return True

    def _scope(self) -> dict[str, Any]:
        """ASGI's scope of the request, as uvicorn has it when a message begins."""
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "headers": self.headers,
            "state": self.app_state.copy(),
        }

    def _request(self) -> Request:
        path, body, head = self._path, self._body, self._head
        request = Request(
            self._method,
            (unquote(path) if "%" in path else path) or "/",
            self.headers,
            self._target.query or b"",
            body if isinstance(body, bytes) else b"".join(body),
            head.base_url or "",
            self.app_state,
        )
        request.known = head
        return request

    def _respond(self, responder: Responder) -> None:
        request = self._request()
        self._reading = False
        self._body = b""
        try:
            answer = responder.answer(request)
        except Exception as broken:  # the ASGI path handles it as any other
            self._go_long(request, _failed(broken))
            return
        if isinstance(answer, Response) and answer.fault is None and not self.flow.write_paused:
            head = self._heads.of(answer, self.server_state.default_headers, keep_alive=self._keep_alive)
            if head is not None:
                self._write(head, b"" if request.method == "HEAD" else answer.body)
                return
        self._go_long(request, answer)

    def _write(self, head: bytes, body: bytes) -> None:
        if len(body) <= MOST_JOINED:
            self.transport.write(head + body)
        else:
            self.transport.write(head)
            self.transport.write(body)
        self.server_state.total_requests += 1
        if not self._keep_alive:
            self.transport.close()
            return
        self._answered = self.loop.time()
        if self._idle_timer is None:
            self._idle_timer = self.loop.call_later(self.timeout_keep_alive, self._look_at_idle)

    def _look_at_idle(self) -> None:
        """End the connection if nothing has come since its last response; one timer serves all of them."""
        self._idle_timer = None
        if self._phase != "idle" or self._is_owed_response or self.transport.is_closing() or self._responder is None:
            return
        remaining = self._answered + self.timeout_keep_alive - self.loop.time()
        if remaining > 0:
            self._idle_timer = self.loop.call_later(remaining, self._look_at_idle)
        elif self.timeout_keep_alive_task is None:  # else the long way has answered since
            self.transport.close()

    def _go_long(self, request: Request, answer: Answer) -> None:
        """Send a ready or later response in a task."""
        assert self._responder is not None
        scope = {**self._scope(), "method": request.method, "path": request.path, "query_string": request.query}
        self.cycle = RequestResponseCycle(
            scope=scope,  # type: ignore[arg-type]
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=self._keep_alive,
            on_response=self.on_response_complete,
        )
        self.cycle.more_body = False
        self._start_asgi_task(self.cycle, partial(self._responder.finish, request, answer))

    # What else a connection does

    @property
    def _is_owed_response(self) -> bool:
        running = self._running
        return self._reading or bool(self.pipeline) or (running is not None and not running.response_complete)

    def _is_body_unread(self) -> bool:
        return not self._reading and not self._ignoring and super()._is_body_unread()

    def _drop(self) -> None:
        if self._reading:
            self._reading = False
        else:
            super()._drop()

    def shutdown(self) -> None:
        if self._reading:
            self._keep_alive = False
        else:
            super().shutdown()


async def _failed(broken: Exception) -> Response:
    raise broken

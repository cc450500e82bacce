"""Forward a request: count its cost, send it unchanged, return the response unchanged, then check both."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

import httpx2

from mockreel.contract import Contract
from mockreel.contract.messages.json_text import parsed_json
from mockreel.contract.messages.message import problem
from mockreel.engine.redaction.transport_reason import transport_reason
from mockreel.proxy.contract_watch import Watch
from mockreel.proxy.proxy_exchange import ClientRequest, Headers, Passed, StreamedBody, readable
from mockreel.proxy.spending_limit import LimitExceeded, Prices, Reservation, SpendingLimit
from mockreel.proxy.upstream import NoResponse, Sending, Upstream, no_response
from mockreel.server.http.asgi import WITHOUT_BODY, Receive, Scope, Send, send_reply

# Hop-by-hop headers, and those that the next connection sets itself.
_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    b"upgrade host expect".split()
)


# What a header's value must not have, RFC 9110 5.5.
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_SMALLER = "Send it smaller and without a Content-Encoding, or start the proxy without --max-spend."
_NO_SOCKET = "It forwards no WebSocket; connect to the address that the provider's response has."


class Observer(Protocol):
    """Gets the events of a proxy."""

    def passed(self, provider: str, passed: Passed, watch: Watch) -> None: ...

    def report_blocked(self, provider: str, line: str, why: str) -> None: ...

    def failed(self, provider: str, line: str, why: str) -> None: ...

    def doubted(self, why: str) -> None: ...


class ClientDisconnected(Exception):
    """The client disconnected during its request."""


@dataclass(slots=True)
class _Body:
    """A request's body: the part that is read before sending, and the rest."""

    receive: Receive
    most: int
    head: bytes = b""
    more: bool = True

    async def read(self) -> bytes | None:
        """The whole body; None if it is larger than the limit."""
        parts: list[bytes] = []
        size = 0
        while self.more and size <= self.most:
            parts.append(await self._chunk())
            size += len(parts[-1])
        self.head = b"".join(parts)
        return None if self.more or size > self.most else self.head

    async def _chunk(self) -> bytes:
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        self.more = message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk

    async def stream(self) -> AsyncIterator[bytes]:
        """The whole body as it arrives."""
        yield self.head
        while self.more:
            yield await self._chunk()


class Forwarder:
    """A raw ASGI endpoint between programs and one provider.

    Args:
        now: seconds of a monotonic clock.
        most_body: the largest body that is read before sending; requests that may be billed must not exceed it.
    """

    def __init__(
        self,
        contract: Contract,
        upstream: Upstream,
        *,
        watch: Watch,
        spending_limit: SpendingLimit,
        observer: Observer,
        most_body: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = contract.provider
        self._upstream = upstream
        self._watch = watch
        self._prices = Prices(contract)
        self._spending_limit = spending_limit
        self._observer = observer
        self._most = most_body
        self._now = now
        self.client: httpx2.AsyncClient | None = None  # belongs to the loop that serves

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(receive, self._most)
        client_request = _client_request(scope, self._now())
        is_head = client_request.method == "HEAD"
        if _first(client_request.headers, b"sec-websocket-key") is not None:  # the server has removed `upgrade`
            self._observer.report_blocked(self.name, self._watch.line(client_request), _NO_SOCKET)
            error = problem(501, "Proxy without WebSockets", f"Not sent by the proxy: {_NO_SOCKET}")
            await send_reply(error, send, head=is_head)
            return
        reservation: Reservation | None = None
        try:
            client_request.body = await body.read()
            client_request.operation = self._watch.operation(client_request.method, client_request.path)
            reservation = self._reserve(client_request)
            passed = await self._forward(scope, client_request, body, send)
        except ClientDisconnected:  # the provider has not got the whole request
            self._settle(reservation, arrived=False)
        except asyncio.CancelledError:  # the proxy stops; the request may have arrived
            self._settle(reservation, arrived=True)
            raise
        except LimitExceeded as reason:
            self._observer.report_blocked(self.name, self._watch.line(client_request), str(reason))
            await send_reply(
                problem(402, "Proxy spending limit", f"Not sent by the proxy: {reason}"), send, head=is_head
            )
        except NoResponse as reason:
            self._settle(reservation, arrived=reason.sent)
            if reason.sent:
                self._watch.unanswered(client_request)
            self._observer.failed(self.name, self._watch.line(client_request), str(reason))
            title = "Proxy without a response"
            await send_reply(
                problem(504 if reason.late else 502, title, f"From the proxy: {reason}"), send, head=is_head
            )
        else:
            self._judge(passed, reservation)

    def _reserve(self, client_request: ClientRequest) -> Reservation | None:
        """Reserve what the request may cost before it is sent."""
        operation = client_request.operation
        if not self._prices.may_bill(operation, client_request.method):
            return None
        name = operation.id if operation else self._watch.line(client_request)
        if client_request.plain is None and self._spending_limit.limit is not None:
            raise LimitExceeded(
                f"The body of {name} is {self._unreadable(client_request)}, so its price cannot be counted. {_SMALLER}"
            )
        body = parsed_json(client_request.plain)
        model = self._watch.model(operation, unquote(client_request.path), body) if operation else None
        cost = self._prices.cost(operation, model, body)
        single = operation is None or operation.submits
        return self._spending_limit.reserve(cost, currency=self._prices.currency, name=name, single=single)

    def _unreadable(self, client_request: ClientRequest) -> str:
        """Why a body cannot be read."""
        if client_request.body is None:
            return f"larger than {self._most:,} bytes, which is the most that is kept before it is sent"
        return client_request.decoded.why

    async def _forward(self, scope: Scope, client_request: ClientRequest, body: _Body, send: Send) -> Passed:
        """Forward the request, and the response as it arrives."""
        assert self.client is not None
        host = self._upstream.host(_first(client_request.headers, b"host"))
        content: Any = body.stream() if client_request.body is None else client_request.body or None
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        request = self._upstream.request(
            client_request.method, target, _request_headers(client_request.headers), content, host=host
        )
        where, sending = f"{request.url.scheme}://{host}", Sending()
        request.extensions["trace"] = sending.note
        try:
            response = await self.client.send(request, stream=True)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as trouble:
            raise no_response(trouble, where, whole=sending.whole) from None
        except Exception as trouble:  # raised by the HTTP library, such as for a body of another length than declared
            raise no_response(trouble, where, whole=sending.whole) from trouble
        if (why := _not_passable(response)) is not None:
            await response.aclose()
            raise NoResponse(f"{where} sent {why}, which is not passed on. The request has arrived.", sent=True)
        passed = Passed(
            client_request,
            response.status_code,
            _response_headers(response.headers.raw, response.status_code),
            StreamedBody(),
        )
        try:
            await send({"type": "http.response.start", "status": passed.status, "headers": passed.headers})
            async for chunk in response.aiter_raw():
                passed.streamed.add(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            passed.streamed.whole = True
            await send({"type": "http.response.body", "body": b""})
        except httpx2.HTTPError as trouble:
            # The client's connection ends in the middle of the response too.
            self._observer.failed(
                self.name,
                self._watch.line(client_request),
                f"{where} broke off its response: {transport_reason(trouble)}",
            )
        finally:
            await response.aclose()
        return passed

    def _judge(self, passed: Passed, reservation: Reservation | None) -> None:
        """Check an exchange; the client already has its response."""
        clear = passed.status < 500 and passed.streamed.whole
        self._settle(reservation, arrived=not self._watch.surely_rejected(passed), clear=clear)
        try:
            if (why := self._watch.doubt(passed.client_request)) is not None:
                self._observer.doubted(why)
            self._observer.passed(self.name, passed, self._watch)
        except Exception as broken:
            logging.getLogger("mockreel").error(
                "%s could not be checked", self._watch.line(passed.client_request), exc_info=broken
            )

    def _settle(self, reservation: Reservation | None, *, arrived: bool, clear: bool = False) -> None:
        """Release the reservation of a rejected request; one that may have arrived stays counted."""
        if reservation is None:
            return
        if not arrived:
            self._spending_limit.release(reservation)
        elif not clear:
            self._spending_limit.uncertain += 1


def _client_request(scope: Scope, now: float) -> ClientRequest:
    path = scope["raw_path"].decode("latin-1")
    return ClientRequest(scope["method"], path, scope["query_string"].decode("latin-1"), list(scope["headers"]), now)


def _request_headers(headers: Headers) -> Headers:
    """The headers of a request for the provider."""
    dropped = _HOP | _connection_headers(headers)
    forwarded = [(name, value) for name, value in headers if name not in dropped]
    return [(name, readable(value) if name == b"accept-encoding" else value) for name, value in forwarded]


def _not_passable(response: httpx2.Response) -> str | None:
    """What a response has that no server may send, in words that quote nothing; None if there is nothing."""
    if not 200 <= response.status_code < 600:
        return f"the status {response.status_code}, where HTTP has 200 to 599"
    name = next((name for name, value in response.headers.raw if _CONTROL.search(value)), None)
    return None if name is None else f"control characters in the header {name.decode('latin-1').lower()}"


def _response_headers(headers: Headers, status: int) -> Headers:
    """The headers of a response for the client."""
    lower = [(name.lower(), value) for name, value in headers]
    dropped = _HOP | _connection_headers(lower) | ({b"content-length"} if status in WITHOUT_BODY else frozenset())
    return [(name, value) for name, value in lower if name not in dropped]


def _connection_headers(headers: Headers) -> frozenset[bytes]:
    """The headers that `Connection` names; they are hop-by-hop too."""
    values = (value for name, value in headers if name == b"connection")
    return frozenset(one.strip().lower() for value in values for one in value.split(b","))


def _first(headers: Headers, name: bytes) -> bytes | None:
    return next((value for key, value in headers if key == name), None)

"""The way of a request through the proxy: counted, sent on as it is, answered as it was answered, and then judged."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

import httpx2
import orjson

from mockreel.contract import Contract
from mockreel.contract.messages.message import problem
from mockreel.proxy.contract_watch import Watch
from mockreel.proxy.passed_exchange import Asked, Headers, Kept, Passed, readable
from mockreel.proxy.spending_limit import NotAfforded, Prices, SpendingLimit, Taken
from mockreel.proxy.upstream import NotAnswered, Sending, Upstream, not_answered
from mockreel.server.http.asgi import WITHOUT_BODY, Receive, Scope, Send, send_reply

# Headers that concern one connection only, and what the next one sets itself.
_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    b"upgrade host expect".split()
)


_NO_SOCKET = "It forwards no WebSocket; connect to the address that the provider's response has."


class Ear(Protocol):
    """Who is told what happens."""

    def passed(self, provider: str, passed: Passed, watch: Watch) -> None: ...

    def refused(self, provider: str, line: str, why: str) -> None: ...

    def failed(self, provider: str, line: str, why: str) -> None: ...

    def doubted(self, why: str) -> None: ...


class Gone(Exception):
    """The client has left in the middle of its request."""


@dataclass(slots=True)
class _Body:
    """A request's body: the part that was read before it is sent, and what follows."""

    receive: Receive
    most: int
    begun: bytes = b""
    more: bool = True

    async def read(self) -> bytes | None:
        """The whole of it; None where it is larger than what is kept."""
        parts: list[bytes] = []
        size = 0
        while self.more and size <= self.most:
            parts.append(await self._chunk())
            size += len(parts[-1])
        self.begun = b"".join(parts)
        return None if self.more or size > self.most else self.begun

    async def _chunk(self) -> bytes:
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise Gone
        self.more = message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk

    async def stream(self) -> AsyncIterator[bytes]:
        """All of it, as it arrives."""
        yield self.begun
        while self.more:
            yield await self._chunk()


class Forwarder:
    """A raw ASGI endpoint between programs and one provider.

    Args:
        now: seconds of a clock that only runs.
        most_body: so much of a request's body is held before it is sent on; what could bill must fit.
    """

    def __init__(
        self,
        contract: Contract,
        upstream: Upstream,
        *,
        watch: Watch,
        spending_limit: SpendingLimit,
        ear: Ear,
        most_body: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = contract.provider
        self._upstream = upstream
        self._watch = watch
        self._prices = Prices(contract)
        self._spending_limit = spending_limit
        self._ear = ear
        self._most = most_body
        self._now = now
        self.client: httpx2.AsyncClient | None = None  # belongs to the loop that serves

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(receive, self._most)
        asked = _asked(scope, self._now())
        head = asked.method == "HEAD"
        if _first(asked.headers, b"sec-websocket-key") is not None:  # the server has taken `upgrade` away
            self._ear.refused(self.name, asked.line, _NO_SOCKET)
            told = problem(501, "Proxy without WebSockets", f"Not sent by the proxy: {_NO_SOCKET}")
            await send_reply(told, send, head=head)
            return
        taken: Taken | None = None
        try:
            asked.body = await body.read()
            asked.operation = self._watch.operation(asked.method, asked.path)
            taken = self._counted(asked)
            passed = await self._forward(scope, asked, body, send)
        except Gone:  # in the middle of its request, so that nothing whole has arrived
            self._settle(taken, arrived=False)
        except asyncio.CancelledError:  # the proxy ends, and the request may have arrived
            self._settle(taken, arrived=True)
            raise
        except NotAfforded as reason:
            self._ear.refused(self.name, asked.line, str(reason))
            await send_reply(problem(402, "Proxy spending limit", f"Not sent by the proxy: {reason}"), send, head=head)
        except NotAnswered as reason:
            self._settle(taken, arrived=reason.sent)
            if reason.sent:
                self._watch.unanswered(asked)
            self._ear.failed(self.name, asked.line, str(reason))
            title = "Proxy without a reply"
            await send_reply(problem(504 if reason.late else 502, title, f"From the proxy: {reason}"), send, head=head)
        else:
            self._judge(passed, taken)

    def _counted(self, asked: Asked) -> Taken | None:
        """What the request may cost, counted before it is sent."""
        operation = asked.operation
        if not self._prices.may_bill(operation, asked.method):
            return None
        name = operation.id if operation else asked.line
        if asked.plain is None and self._spending_limit.limit is not None:
            raise NotAfforded(f"The body of {name} is {self._unread(asked)}, so its price cannot be counted.")
        body = _parsed(asked.plain)
        model = self._watch.model(operation, unquote(asked.path), body) if operation else None
        cost = self._prices.cost(operation, model, body)
        single = operation is None or operation.submits
        return self._spending_limit.take(cost, currency=self._prices.currency, name=name, single=single)

    def _unread(self, asked: Asked) -> str:
        """Why a body cannot be read."""
        if asked.body is None:
            return f"larger than {self._most} bytes"
        return f"not {asked.coding[:40]!r} that can be read here (gzip and deflate can be)"

    async def _forward(self, scope: Scope, asked: Asked, body: _Body, send: Send) -> Passed:
        """Send the request on, and hand back what comes, as it comes."""
        assert self.client is not None
        host = self._upstream.host(_first(asked.headers, b"host"))
        content: Any = body.stream() if asked.body is None else asked.body or None
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        request = self._upstream.request(asked.method, target, _onward(asked.headers), content, host=host)
        where, sending = f"{request.url.scheme}://{host}", Sending()
        request.extensions["trace"] = sending.note
        try:
            reply = await self.client.send(request, stream=True)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as trouble:
            raise not_answered(trouble, where, whole=sending.whole) from None
        except Exception as trouble:  # of the library below: a body that is not as long as its head says, and the like
            raise not_answered(trouble, where, whole=sending.whole) from trouble
        passed = Passed(asked, reply.status_code, _homeward(reply.headers.raw, reply.status_code), Kept())
        try:
            await send({"type": "http.response.start", "status": passed.status, "headers": passed.headers})
            async for chunk in reply.aiter_raw():
                passed.kept.take(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            passed.kept.whole = True
            await send({"type": "http.response.body", "body": b""})
        except httpx2.HTTPError as trouble:
            # The client sees the same: the connection ends in the middle of the response.
            self._ear.failed(self.name, asked.line, f"{where} broke off its reply: {trouble or type(trouble).__name__}")
        finally:
            await reply.aclose()
        return passed

    def _judge(self, passed: Passed, taken: Taken | None) -> None:
        """What the contract says of it; the client has its response already."""
        clear = passed.status < 500 and passed.kept.whole
        self._settle(taken, arrived=not self._watch.surely_refused(passed), clear=clear)
        try:
            if (why := self._watch.doubt(passed.asked)) is not None:
                self._ear.doubted(why)
            self._ear.passed(self.name, passed, self._watch)
        except Exception as broken:
            logging.getLogger("mockreel").error("%s could not be checked", passed.asked.line, exc_info=broken)

    def _settle(self, taken: Taken | None, *, arrived: bool, clear: bool = False) -> None:
        """Give back what a refused request was counted with; one that may have arrived stays counted."""
        if taken is None:
            return
        if not arrived:
            self._spending_limit.give_back(taken)
        elif not clear:
            self._spending_limit.uncertain += 1


def _asked(scope: Scope, now: float) -> Asked:
    path = scope["raw_path"].decode("latin-1")
    return Asked(scope["method"], path, scope["query_string"].decode("latin-1"), list(scope["headers"]), now)


def _onward(headers: Headers) -> Headers:
    """The headers of a request as the next connection gets them."""
    dropped = _HOP | _named(headers)
    kept = [(name, value) for name, value in headers if name not in dropped]
    return [(name, readable(value) if name == b"accept-encoding" else value) for name, value in kept]


def _homeward(headers: Headers, status: int) -> Headers:
    """The headers of a response as the client gets them."""
    lower = [(name.lower(), value) for name, value in headers]
    dropped = _HOP | _named(lower) | ({b"content-length"} if status in WITHOUT_BODY else frozenset())
    return [(name, value) for name, value in lower if name not in dropped]


def _named(headers: Headers) -> frozenset[bytes]:
    """The headers that `Connection` names: they concern one connection too."""
    values = (value for name, value in headers if name == b"connection")
    return frozenset(one.strip().lower() for value in values for one in value.split(b","))


def _first(headers: Headers, name: bytes) -> bytes | None:
    return next((value for known, value in headers if known == name), None)


def _parsed(body: bytes | None) -> Any:
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return None

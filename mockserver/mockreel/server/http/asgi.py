"""Between ASGI and a provider: read a request within limits, pass it on, send the response.

Provider traffic skips Starlette's routes and Request objects; everything else goes to the inner app.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from mockreel.contract.data.base_types import HeaderFields
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Request, Response, problem
from mockreel.contract.messages.version_header import VERSION_FIELD
from mockreel.engine.faults import NO_FAULTS
from mockreel.server.http.fault_player import Damaging, Sleep
from mockreel.server.http.origin import Origin
from mockreel.server.http.protocol import wire_of
from mockreel.simulator import pipeline
from mockreel.simulator.provider import Provider
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

WITHOUT_BODY = (204, 304)
# The error row of a provider that has no time for anybody.
UNAVAILABLE = "unavailable"


class Front:
    """A raw ASGI endpoint for one provider.

    Args:
        provider: answers the requests.
        prefix: where it is mounted; removed from the path.
        origin: the address of results; from the request's Host header if None.
        added: headers that outer middleware adds to each response.
        sleep: waits the real seconds of a fault.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        prefix: str = "",
        origin: Origin | None = None,
        sleep: Sleep = asyncio.sleep,
        added: HeaderFields = (),
    ) -> None:
        self.added = added
        self._provider = provider
        self._sleep = sleep
        self._prefix = prefix
        self._origin = origin or Origin(prefix=prefix, trusted=None)
        self._limit = provider.settings.max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.follow(scope, receive, send)
            return
        method: str = scope["method"]
        body = b"" if method in ("GET", "HEAD") else await self._body(receive)
        if body is None:
            return
        path = local_path(scope).removeprefix(self._prefix)
        base = self._origin.of(scope)
        state = scope.get("state")
        request = Request(method, path or "/", scope["headers"], scope["query_string"], body, base, state)
        await self.finish(request, self.answer(request), scope, receive, send)

    @property
    def most_body(self) -> int:
        """How long a body may be."""
        return self._limit

    def base_url(self, scope: Scope) -> str:
        """Under which address it answers a request; of one connection's requests only their Host makes a difference."""
        return self._origin.of(scope)

    def answer(self, request: Request) -> Answer:
        """The response to one request that has been read, or an awaitable of it."""
        self._provider.scheduler.start()
        return self._provider.answer(request)

    async def finish(self, request: Request, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
        """Send an answer, however it comes and whatever befalls it."""
        response = answer if isinstance(answer, Response) else await self._waited(request, answer)
        head = request.method == "HEAD"
        if response.fault is None:
            await send_reply(response, send, head=head)
        else:
            playing = Damaging(receive, send, wire_of(scope), closing=self._is_closing, sleep=self._sleep)
            await playing.play(response, headers_of(response), head=head)

    async def follow(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The provider's messages on a WebSocket."""
        from starlette.websockets import WebSocket  # noqa: PLC0415  (few programs follow anything)

        from mockreel.server.http.web_socket import follow  # noqa: PLC0415

        path = local_path(scope).removeprefix(self._prefix)
        await follow(self._provider, path, WebSocket(scope, receive, send))

    def _is_closing(self) -> bool:
        return self._provider.scheduler.closing

    async def _waited(self, request: Request, answer: Awaitable[Response]) -> Response:
        """An answer that waits for the clock; where the server is stopped meanwhile, the provider's own no."""
        try:
            return await answer
        except asyncio.CancelledError:
            if not self._provider.scheduler.closing:
                raise
        return unavailable(self._provider, request)

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body; a byte more than the limit if it is larger; None if the client has gone."""
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            return body
        parts, size = [body], len(body)
        while message.get("more_body") and size <= self._limit:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
        return b"".join(parts)


def unavailable(provider: Provider, request: Request) -> Response:
    """The provider's response when it is overloaded."""
    context = RequestContext(provider, request, provider.clock.now())
    context.faults = NO_FAULTS
    found = provider.contract.router.find(request.path)
    operation = found.methods.get(request.method) if found else None
    if operation is not None:
        context.operation = context.known_operation = operation
    if UNAVAILABLE not in provider.contract.errors:
        return problem(503, "Stopping", "The server is being stopped.")
    return pipeline.refuse(context, ErrorResponse(UNAVAILABLE))


async def send_reply(response: Response, send: Send, *, head: bool) -> None:
    """Send a complete response; to a HEAD request without its body."""
    await send({"type": "http.response.start", "status": response.status, "headers": headers_of(response)})
    await send({"type": "http.response.body", "body": b"" if head else response.body})


def headers_of(response: Response) -> list[tuple[bytes, bytes]]:
    """The headers of a response as they are sent."""
    headers = [*response.headers, VERSION_FIELD]
    if response.status in WITHOUT_BODY:
        return headers
    for name, _ in headers:
        if name == b"content-length":
            return headers
    headers.append((b"content-length", b"%d" % len(response.body)))
    return headers


def signed(send: Send) -> Send:
    """A `send` that adds the mock server's version to a response."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), VERSION_FIELD]
        await send(message)

    return sending


def local_path(scope: Scope) -> str:
    """The path below the place where the application is mounted."""
    path: str = scope["path"]
    root = scope.get("root_path")
    return path.removeprefix(root) if root else path


class ByPort:
    """Selects the provider by the port of a request; every other port is the control port.

    Args:
        responders: the providers behind the fronts, for a protocol that calls them without ASGI.
    """

    def __init__(
        self, fronts: Mapping[int, App], behind: App, *, responders: Mapping[int, Front] | None = None
    ) -> None:
        self._fronts = fronts
        self._behind = behind
        self.responders = responders or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            front = self._fronts.get(scope["server"][1])
            if front is not None:
                await front(scope, receive, send)
                return
        await self._behind(scope, receive, send)

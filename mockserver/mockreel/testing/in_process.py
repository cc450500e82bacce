"""Send requests to a server in the same process, without a socket."""

import asyncio
from collections.abc import Callable, MutableMapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from mockreel.server.http.protocol import Connection
from mockreel.simulator.fault_selection import WIRE

Headers = list[tuple[str, str]]
App = Callable[[MutableMapping[str, Any], Callable[[], Any], Callable[[Any], Any]], Any]


class ConnectionBroken(Exception):
    """A fault has ended the connection before the response was complete."""


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(slots=True)
class _Connection(Connection):
    """The connection for faults: raw bytes, or its end, break it for the client."""

    broken: bool = False

    def write(self, data: bytes) -> None:
        self.broken = True

    async def flushed(self) -> None:
        """Nothing is buffered."""

    def close(self) -> None:
        self.broken = True

    def reset(self) -> None:
        self.broken = True

    @property
    def is_closing(self) -> bool:
        return self.broken


@dataclass(frozen=True, slots=True)
class Channel:
    """Sends requests to a server's application from any thread.

    Args:
        app: the application.
        submit: runs a coroutine on the application's event loop.
        ports: by host name, the provider's port.
    """

    app: App
    submit: Callable[[Any], "Future[Any]"]
    ports: dict[str, int] = field(default_factory=dict)

    def has(self, url: str) -> bool:
        """Whether a URL has a provider's host."""
        return (urlsplit(url).hostname or "") in self.ports

    def begin(self, method: str, url: str, headers: Headers, body: bytes) -> "Future[Response]":
        """Send a request; the future has its response, or raises `ConnectionBroken`."""
        return self.submit(self._request(method, url, headers, body))

    async def _request(self, method: str, url: str, headers: Headers, body: bytes) -> Response:
        parts = urlsplit(url)
        connection = _Connection()
        fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        if not any(name == b"host" for name, _ in fields):
            fields.insert(0, (b"host", parts.netloc.rpartition("@")[2].encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method.upper(),
            "scheme": parts.scheme,
            "path": unquote(parts.path) or "/",
            "raw_path": parts.path.encode() or b"/",
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": fields,
            "server": ("127.0.0.1", self.ports[parts.hostname or ""]),
            "client": ("127.0.0.1", 0),
            "state": {WIRE: connection},
        }
        return await _response(self.app, scope, body, connection)


async def _response(app: App, scope: MutableMapping[str, Any], body: bytes, connection: _Connection) -> Response:
    """The response of an application."""
    sent: list[MutableMapping[str, Any]] = []
    request_sent = asyncio.Event()

    async def receive() -> MutableMapping[str, Any]:
        if request_sent.is_set():
            await asyncio.Event().wait()  # the client stays connected until it has its response
        request_sent.set()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next((one for one in sent if one["type"] == "http.response.start"), None)
    pieces = [one for one in sent if one["type"] == "http.response.body"]
    if start is None or connection.broken or not pieces or pieces[-1].get("more_body"):
        raise ConnectionBroken
    return Response(start["status"], [*start["headers"]], b"".join(one.get("body", b"") for one in pieces))

"""Requests to a server in the same process, without a socket: what a client's transport asks, and what it gets."""

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
    """A fault has ended the connection before the response was whole."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response as it came."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(slots=True)
class _Connection(Connection):
    """What a fault sees of the connection: bytes past HTTP, and its end, break it for the client."""

    broken: bool = False

    def write(self, data: bytes) -> None:
        self.broken = True

    async def flushed(self) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        self.broken = True

    def reset(self) -> None:
        self.broken = True

    @property
    def is_closing(self) -> bool:
        return self.broken


@dataclass(frozen=True, slots=True)
class Channel:
    """The way into a server's application from any thread.

    Args:
        app: what answers, by the port that a request came in on.
        submit: runs a coroutine on the application's own loop.
        ports: by host name, the port of the provider that has it.
    """

    app: App
    submit: Callable[[Any], "Future[Any]"]
    ports: dict[str, int] = field(default_factory=dict)

    def has(self, url: str) -> bool:
        """Whether a URL is a provider's."""
        return (urlsplit(url).hostname or "") in self.ports

    def begin(self, method: str, url: str, headers: Headers, body: bytes) -> "Future[Response]":
        """Send a request; the future gives its response, or raises `ConnectionBroken`."""
        return self.submit(self._ask(method, url, headers, body))

    async def _ask(self, method: str, url: str, headers: Headers, body: bytes) -> Response:
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
        return await _answered(self.app, scope, body, connection)


async def _answered(app: App, scope: MutableMapping[str, Any], body: bytes, connection: _Connection) -> Response:
    """What an application sends, put together."""
    sent: list[MutableMapping[str, Any]] = []
    asked = asyncio.Event()

    async def receive() -> MutableMapping[str, Any]:
        if asked.is_set():
            await asyncio.Event().wait()  # the client stays until it has its response
        asked.set()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next((one for one in sent if one["type"] == "http.response.start"), None)
    pieces = [one for one in sent if one["type"] == "http.response.body"]
    if start is None or connection.broken or not pieces or pieces[-1].get("more_body"):
        raise ConnectionBroken
    return Response(start["status"], [*start["headers"]], b"".join(one.get("body", b"") for one in pieces))

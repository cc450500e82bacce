"""Answer calls of httpx, requests and aiohttp to the providers' real hosts in this process.

While a test runs, each client's transport is patched: `HTTPTransport` of httpx (and httpx2), `HTTPAdapter` of
requests, and the connector of aiohttp, which connects to the server's port instead of the host.
"""

import asyncio
import io
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from http.client import responses
from typing import Any, TypeVar

from mockreel.errors import MockreelError
from mockreel.server.http.sockets import port_of
from mockreel.server.mock_server import MockServer
from mockreel.testing.in_process import Channel, ConnectionBroken, Response
from mockreel.testing.shared_server import SharedServer

T = TypeVar("T")


class NotIntercepted(MockreelError, OSError):
    """A client that is not intercepted tried to call a provider's host."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} was not called: this client is not intercepted. intercept=True answers httpx, requests and "
            "aiohttp that were imported before the test began; give others the base URL of the fixture."
        )


@contextmanager
def intercepted(server: SharedServer, mock_server: MockServer) -> Iterator[None]:
    """Answer calls to the hosts of the simulated providers until the block ends; other hosts are not affected."""
    ports = {
        host.lower(): port_of(server.sockets[provider.name])
        for provider in mock_server.simulator.providers.values()
        for host in provider.contract.hosts
    }
    channel = Channel(server, server.submit, ports)
    replaced = [(owner, name, getattr(owner, name), function) for owner, name, function in _replacements(channel)]
    for owner, name, _, function in replaced:
        setattr(owner, name, function)
    try:
        yield
    finally:
        for owner, name, original, _ in replaced:
            setattr(owner, name, original)


def _replacements(channel: Channel) -> Iterator[tuple[Any, str, Any]]:
    """The replacements: owner, name, function."""
    for name in ("httpx", "httpx2"):
        if (module := sys.modules.get(name)) is not None:
            yield module.HTTPTransport, "handle_request", _httpx(channel, module)
            yield module.AsyncHTTPTransport, "handle_async_request", _async_httpx(channel, module)
    if (module := sys.modules.get("requests")) is not None:
        yield module.adapters.HTTPAdapter, "send", _requests(channel, module)
    if (module := sys.modules.get("aiohttp")) is not None:
        yield module.TCPConnector, "_create_connection", _aiohttp(channel, module.TCPConnector)
    yield socket, "getaddrinfo", _lookup(channel)


def _lookup(channel: Channel) -> Callable[..., Any]:
    """A replacement that resolves no provider's host."""
    original = socket.getaddrinfo

    def getaddrinfo(host: Any, *rest: Any, **options: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if isinstance(name, str) and name.lower() in channel.ports:
            raise NotIntercepted(name)
        return original(host, *rest, **options)

    return getaddrinfo


def _httpx(channel: Channel, httpx: Any) -> Callable[..., Any]:
    original = httpx.HTTPTransport.handle_request

    def handle_request(self: Any, request: Any) -> Any:
        if not channel.has(str(request.url)):
            return original(self, request)
        future = channel.begin(request.method, str(request.url), request.headers.multi_items(), request.read())
        try:
            found = _waited(future, _read_timeout(request))
        except (ConnectionBroken, TimeoutError) as problem:
            raise _httpx_error(httpx, request, problem) from problem
        return _httpx_response(httpx, found)

    return handle_request


def _async_httpx(channel: Channel, httpx: Any) -> Callable[..., Any]:
    original = httpx.AsyncHTTPTransport.handle_async_request

    async def handle_async_request(self: Any, request: Any) -> Any:
        if not channel.has(str(request.url)):
            return await original(self, request)
        body = await request.aread()
        future = channel.begin(request.method, str(request.url), request.headers.multi_items(), body)
        try:
            found = await _awaited(future, _read_timeout(request))
        except (ConnectionBroken, TimeoutError) as problem:
            raise _httpx_error(httpx, request, problem) from problem
        return _httpx_response(httpx, found)

    return handle_async_request


def _read_timeout(request: Any) -> float | None:
    found: float | None = request.extensions.get("timeout", {}).get("read")
    return found


def _httpx_error(httpx: Any, request: Any, problem: Exception) -> Exception:
    if isinstance(problem, TimeoutError):
        timeout: Exception = httpx.ReadTimeout("The read operation timed out", request=request)
        return timeout
    error: Exception = httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    return error


def _httpx_response(httpx: Any, found: Response) -> Any:
    return httpx.Response(
        found.status, headers=found.headers, content=found.body, extensions={"http_version": b"HTTP/1.1"}
    )


def _requests(channel: Channel, requests: Any) -> Callable[..., Any]:
    original = requests.adapters.HTTPAdapter.send

    def send(self: Any, request: Any, stream: bool = False, timeout: Any = None, **options: Any) -> Any:
        if not channel.has(request.url):
            return original(self, request, stream=stream, timeout=timeout, **options)
        seconds = timeout[1] if isinstance(timeout, tuple) else timeout
        future = channel.begin(request.method, request.url, [*request.headers.items()], _bytes(request.body))
        try:
            found = _waited(future, seconds)
        except TimeoutError as problem:
            raise requests.ReadTimeout("Read timed out.", request=request) from problem
        except ConnectionBroken as problem:
            raise requests.ConnectionError("Connection aborted.", request=request) from problem
        return self.build_response(request, _urllib3_response(found))

    return send


def _urllib3_response(found: Response) -> Any:
    urllib3: Any = sys.modules["urllib3"]  # requests has imported it
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in found.headers]
    return urllib3.HTTPResponse(
        body=io.BytesIO(found.body),
        headers=urllib3.HTTPHeaderDict(headers),
        status=found.status,
        reason=responses.get(found.status),
        preload_content=False,
    )


def _bytes(body: bytes | str | Iterable[bytes] | Any | None) -> bytes:
    """A body in any form that requests accepts."""
    if body is None:
        return b""
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        return _bytes(body.read())
    return b"".join(_bytes(piece) for piece in body)


def _aiohttp(channel: Channel, connector: Any) -> Callable[..., Any]:
    original = connector._create_connection

    async def create_connection(self: Any, req: Any, *rest: Any, **options: Any) -> Any:
        port = channel.ports.get((req.url.host or "").lower())
        if port is None:
            return await original(self, req, *rest, **options)
        _, protocol = await asyncio.get_running_loop().create_connection(self._factory, "127.0.0.1", port)
        return protocol

    return create_connection


def _waited(future: "Future[T]", seconds: float | None) -> T:
    """The result of a future, within some real seconds.

    Raises:
        TimeoutError: the time is over; the request is cancelled.
    """
    try:
        return future.result(seconds)
    except TimeoutError:
        future.cancel()
        raise


async def _awaited(future: "Future[T]", seconds: float | None) -> T:
    """Like `_waited`, in a coroutine under asyncio or another event loop that httpx supports."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        import anyio  # noqa: PLC0415  (a dependency of httpx and mockreel)

        return await anyio.to_thread.run_sync(_waited, future, seconds)
    async with asyncio.timeout(seconds):
        return await asyncio.wrap_future(future)

"""The proxy of a run: it terminates TLS for the providers' hosts, forwards allowed calls, and blocks the rest."""

import asyncio
import contextlib
import logging
import socket
import ssl
import struct
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

from mockreel.proxy.intercept.guard import FIRST, Resolver
from mockreel.proxy.intercept.host_routes import Routes, is_loopback
from mockreel.proxy.intercept.http_heads import (
    HEAD_BYTES,
    Head,
    ProxyError,
    authority_of,
    login_of,
    read_head,
    rewritten,
    send_error,
)
from mockreel.proxy.intercept.traffic_record import TrafficRecord

HEAD_SECONDS = 20.0
HANDSHAKE_SECONDS = 20.0
CONNECT_SECONDS = 30.0
CLOSE_SECONDS = 5.0
LAST_SECONDS = 0.5
# Turns of the event loop between an accepted connection and its task.
ACCEPTED_AFTER = 5


LOOPBACK = "127.0.0.1"
Serve = Callable[[StreamReader, StreamWriter], Coroutine[Any, Any, None]]


class Proxy:
    """A proxy on a free local port, and a TLS port for each provider's host.

    Args:
        routes: the destinations of calls.
        context: terminates TLS for the providers' hosts.
        traffic: records the calls.
        names: a name server, for programs behind the guard.
    """

    def __init__(
        self, routes: Routes, context: ssl.SSLContext, *, traffic: TrafficRecord, names: Resolver | None = None
    ) -> None:
        self._routes = routes
        self._context = context
        self._resolver = names
        self._servers: list[asyncio.Server] = []
        self._serving: set[asyncio.Task[Any]] = set()
        self._over = False
        self.traffic = traffic
        self.url = ""
        self.names = 0  # the port of the name server
        self.tls_ports: dict[str, tuple[str, int]] = {}

    async def open(self) -> None:
        """Open the ports."""
        self.url = f"http://127.0.0.1:{await self._listen(self._serve)}"
        for number, host in enumerate(sorted(self._routes.providers)):
            self.tls_ports[host] = await self._listen_at(str(FIRST + number), self._tls_handler(host))
        if self._resolver is not None:
            self.names = await self._listen(self._resolver.serve)
            await self._resolver.open(self.names)

    async def close(self) -> None:
        """Close the ports and every connection."""
        self._over = True
        for _ in range(ACCEPTED_AFTER):  # asyncio loses a connection if its server closes earlier
            await asyncio.sleep(0)
        for server in self._servers:
            server.close()
        if self._resolver is not None:
            self._resolver.close()
        if self._serving:  # the program has ended: how its last connections ended is still reported
            await asyncio.wait(self._serving, timeout=LAST_SECONDS)
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _listen_at(self, own: str, serve: Serve) -> tuple[str, int]:
        """Listen at the host's own address on Linux, where all of 127/8 is local, so that the address identifies it."""
        try:
            return own, await self._listen(serve, host=own)
        except OSError:
            return LOOPBACK, await self._listen(serve)

    async def _listen(self, serve: Serve, *, host: str = LOOPBACK) -> int:
        async def served(reader: StreamReader, writer: StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._serving.add(task)
            plain = writer.transport
            cut = False
            try:
                await serve(reader, writer)
            except ConnectionResetError:
                cut = _reset(plain)  # pass a reset on to the other side
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # either side has ended, or the run is over
            finally:
                await _close(writer, plain, at_once=self._over or cut)
                self._serving.discard(task)

        server = await asyncio.start_server(served, host, 0, limit=HEAD_BYTES)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def _tls_handler(self, host: str) -> Serve:
        async def serve(reader: StreamReader, writer: StreamWriter) -> None:
            await self._to_provider(host, reader, writer)

        return serve

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection to the proxy: a tunnel, or one plain request."""
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await read_head(reader)
            await (self._tunnel if head.method == "CONNECT" else self._forward)(head, reader, writer)
        except ProxyError as error:
            await send_error(writer, error.status, str(error))

    async def _tunnel(self, head: Head, reader: StreamReader, writer: StreamWriter) -> None:
        host, port = authority_of(head.target, 443)
        if host in self._routes.providers:
            if port != 443:
                raise self._refuse(host, self._routes.unencrypted(host))
            await _established(writer)
            await self._to_provider(host, reader, writer)
            return
        out, into = await self._outside("https", host, port)
        try:
            await _established(writer)
            await _joined(reader, writer, out, into)
        finally:
            into.close()

    async def _to_provider(self, host: str, reader: StreamReader, writer: StreamWriter) -> None:
        """Terminate TLS and pass the bytes to the provider's port."""
        try:
            await writer.start_tls(self._context, ssl_handshake_timeout=HANDSHAKE_SECONDS)
        except (ssl.SSLError, OSError):
            self.traffic.distrust(host)
            return
        first = await _first_bytes(reader)
        if not first:
            self.traffic.silent(host)
            return
        self.traffic.arrived[host] += 1
        out, into = await asyncio.open_connection("127.0.0.1", self._routes.providers[host])
        into.write(first)
        await _joined(reader, writer, out, into)

    async def _forward(self, head: Head, reader: StreamReader, writer: StreamWriter) -> None:
        """Forward a request without TLS, one per connection."""
        parts = urlsplit(head.target)
        if parts.scheme != "http" or not parts.hostname:
            raise ProxyError(400, f"{head.target[:200]!r} is not a URL; this port is the proxy of a run.")
        host, port = parts.hostname, parts.port or 80
        if host in self._routes.providers:
            raise self._refuse(host, self._routes.unencrypted(host))
        out, into = await self._outside("http", host, port)
        try:
            into.write(rewritten(head, parts, self._proxy("http", host, port)))
            await into.drain()
            await _joined(reader, writer, out, into)
        finally:
            into.close()

    async def _outside(self, scheme: str, host: str, port: int) -> tuple[StreamReader, StreamWriter]:
        """A connection to an allowed host, through the previous proxy if there is one."""
        if not self._routes.is_open(host):
            raise self._refuse(host, self._routes.blocked(host))
        self.traffic.outside[host] += 1
        proxy = self._proxy(scheme, host, port)
        if proxy is None:
            return await _connected(host, port, host)
        if proxy.scheme != "http" or not proxy.hostname:
            raise ProxyError(502, f"Your proxy {proxy.scheme}://{proxy.hostname} is not an http:// proxy.")
        out, into = await _connected(proxy.hostname, proxy.port or 80, f"the proxy {proxy.hostname}")
        if scheme == "https":
            into.write(
                f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n".encode() + login_of(proxy) + b"\r\n"
            )
            status = (await out.readuntil(b"\r\n\r\n")).split(b"\r\n", 1)[0].decode("latin-1")
            if " 200" not in status:
                into.close()
                raise ProxyError(
                    502, f"The proxy {proxy.hostname} of your environment does not let {host} pass: {status}"
                )
        return out, into

    def _proxy(self, scheme: str, host: str, port: int) -> SplitResult | None:
        """The previous proxy for an outside host; this machine is called directly."""
        return None if is_loopback(host) else self._routes.before.proxy(scheme, host, port)

    def _refuse(self, host: str, why: str) -> ProxyError:
        self.traffic.refuse(host, why)
        return ProxyError(403, why)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of asyncio's is worth one: a client that closes at once after the handshake is not."""
    return "eof_received() has no effect" not in record.getMessage()


@contextlib.contextmanager
def proxying(
    routes: Routes, context: ssl.SSLContext, *, traffic: TrafficRecord, names: Resolver | None = None
) -> Iterator[Proxy]:
    """Run a proxy in a thread until the block ends."""
    proxy = Proxy(routes, context, traffic=traffic, names=names)
    loop = asyncio.new_event_loop()
    # The traffic record reports broken handshakes; asyncio need not log them.
    loop.set_exception_handler(lambda _, event: logging.getLogger(__name__).debug("%s", event))
    thread = threading.Thread(target=loop.run_forever, name="mockreel proxy", daemon=True)
    logger = logging.getLogger("asyncio")
    logger.addFilter(_is_news)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(proxy.open(), loop).result()
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(proxy.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        logger.removeFilter(_is_news)


async def _connected(host: str, port: int, name: str) -> tuple[StreamReader, StreamWriter]:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as problem:
        raise ProxyError(502, f"{name} cannot be reached: {problem or 'no answer'}") from problem


async def _first_bytes(reader: StreamReader) -> bytes:
    """What a client begins with; nothing if it ends the connection instead."""
    try:
        return await reader.read(65536)
    except OSError:
        return b""


async def _established(writer: StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await writer.drain()


async def _joined(reader: StreamReader, writer: StreamWriter, out: StreamReader, into: StreamWriter) -> None:
    """Copy bytes both ways until either side has ended.

    Raises:
        ConnectionResetError: the called side has reset its connection.
    """
    ways = [asyncio.create_task(_carry(reader, into)), asyncio.create_task(_carry(out, writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        into.close()  # first, as the end of the run may cancel the rest
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        await _close(into, into.transport, at_once=False)
    if not ways[1].cancelled() and ways[1].result():
        raise ConnectionResetError


def _reset(plain: asyncio.WriteTransport) -> bool:
    """Reset a connection, without a TLS shutdown."""
    found = plain.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    plain.abort()
    return True


async def _close(writer: StreamWriter, plain: asyncio.WriteTransport, *, at_once: bool) -> None:
    """Close a connection and wait until it is closed; `plain` is the transport below TLS, if any.

    Aborting the transport of TLS itself raises in Python 3.11.
    """
    writer.close()
    if not at_once:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await writer.wait_closed()
            return
    plain.abort()
    with contextlib.suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()


async def _carry(source: StreamReader, sink: StreamWriter) -> bool:
    """Copy bytes until either side has ended; returns whether the source was reset."""
    is_reading = True
    try:
        while chunk := await source.read(65536):
            is_reading = False
            sink.write(chunk)
            await sink.drain()
            is_reading = True
    except ConnectionResetError:
        return is_reading
    except OSError:
        pass
    return False

"""uvicorn as we run it: it reports when it is ready, ends on request, and leaves signals to the application."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

import uvicorn

from mockreel.errors import MockreelError
from mockreel.server.http.connection.bounded_protocol import look_at

# Of the loop's ticks, of which there are ten a second, so many lie between two looks at the connections.
LOOK_TICKS = 10


T = TypeVar("T")


def web_socket_protocol(**arguments: Any) -> asyncio.Protocol:
    """uvicorn's protocol for a WebSocket, loaded with the first one: few programs ever open one."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol  # noqa: PLC0415

    return WebSocketsSansIOProtocol(**arguments)


class Loop(uvicorn.Server):
    """Reports when it is ready, and leaves signals to the application: a library must not handle them."""

    ready: Callable[[], None] | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _over: asyncio.Event

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._over, self._loop = asyncio.Event(), asyncio.get_running_loop()
        await super().serve(sockets)

    async def main_loop(self) -> None:
        """As the original, but it ends at once on request, not at the next tick."""
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % 864_000
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self._over.wait()

    async def on_tick(self, counter: int) -> bool:
        if counter % LOOK_TICKS == 0:
            look_at(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    def submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Do something on the server's loop, from another thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that serves."""
        assert self._loop is not None, "it does not serve yet"
        return self._loop

    def end(self) -> None:
        """End serving; from any thread."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._over.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As the original, without its line about requests that still wait: they are answered, and the log has that."""
        uvicorns = logging.getLogger("uvicorn.error")

        def others(record: logging.LogRecord) -> bool:
            return not str(record.msg).startswith("Cancel ")

        uvicorns.addFilter(others)
        try:
            await super().shutdown(sockets=sockets)
        finally:
            uvicorns.removeFilter(others)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started and self.ready is not None:
            try:
                self.ready()
            except BaseException:  # it ends as any server does, or uvicorn logs the end of its lifespan as an error
                await self.shutdown(sockets=sockets)
                raise


class Serves(Protocol):
    """Runnable in a thread of its own."""

    def run(self, *, ready: Callable[[], None] | None = None) -> None: ...

    def stop(self) -> None: ...


@contextlib.contextmanager
def in_thread(server: Serves, *, what: str, leaving: list[threading.Thread] | None = None) -> Iterator[None]:
    """Run a server in a thread until the block ends.

    Args:
        what: what is served, in words.
        leaving: receives the thread instead of waiting for it; it ends within moments.

    Raises:
        MockreelError: it cannot be served.
    """
    served = threading.Event()
    settled = threading.Event()  # served, or never going to be
    failed: list[BaseException] = []

    def ready() -> None:
        served.set()
        settled.set()

    def run() -> None:
        try:
            server.run(ready=ready)
        except BaseException as problem:  # handed to the caller's thread
            failed.append(problem)
        finally:
            settled.set()

    thread = threading.Thread(target=run, name="mockreel", daemon=True)
    thread.start()
    settled.wait()
    try:
        if not served.is_set():
            raise MockreelError(f"{what} could not be served.") from (failed[0] if failed else None)
        yield
    finally:
        server.stop()
        if leaving is None:
            thread.join()
        else:
            leaving.append(thread)

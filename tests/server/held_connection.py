"""A connection in memory, on a loop whose clock moves only when a test moves it: what a protocol does, and when."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from uvicorn import Config
from uvicorn.server import ServerState

from mockreel.server.http.connection.bounded_protocol import Bounded

T = TypeVar("T")


class HeldLoop(asyncio.SelectorEventLoop):
    """A loop on which time passes by `pass_time` only."""

    def __init__(self) -> None:
        super().__init__()
        self._moment = 1000.0

    def time(self) -> float:
        return self._moment

    def do(self, action: Callable[..., T], *given: Any) -> T:
        """Do something on the loop, as it runs."""

        async def doing() -> T:
            return action(*given)

        return self.run_until_complete(doing())

    def turn(self) -> None:
        """Let everything run that can run now."""
        for _ in range(4):
            self.run_until_complete(asyncio.sleep(0))

    def pass_time(self, seconds: float) -> None:
        """Let so much time pass, in small steps."""
        end = self._moment + seconds
        while self._moment < end:
            self._moment = min(end, self._moment + 0.05)
            self.turn()


@contextlib.contextmanager
def held_loop() -> Iterator[HeldLoop]:
    """The loop of this thread until the block ends; what still waits on it then is cancelled."""
    loop = HeldLoop()
    asyncio.set_event_loop(loop)
    try:
        yield loop
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.turn()
    finally:
        asyncio.set_event_loop(None)
        loop.close()


class HeldTransport(asyncio.Transport):
    """The server's end of a connection: stores what is written, and reports what has been done with it.

    Args:
        tls: it cannot be closed on one side only.
        unsent: how much of what is written the client has not taken.
    """

    def __init__(self, *, port: int = 80, tls: bool = False) -> None:
        shown: dict[str, Any] = {"sockname": ("127.0.0.1", port), "peername": ("127.0.0.1", 50_000)}
        super().__init__({**shown, **({"sslcontext": object()} if tls else {})})
        self.tls = tls
        self.unsent = 0
        self.written = b""
        self.done: list[str] = []
        self.reading = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert "eof" not in self.done
        self.written += data

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def can_write_eof(self) -> bool:
        return not self.tls

    def write_eof(self) -> None:
        assert not self.tls
        self.done.append("eof")

    def close(self) -> None:
        self.done.append("close")

    def abort(self) -> None:
        self.done.append("abort")

    def is_closing(self) -> bool:
        return "close" in self.done or "abort" in self.done

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class HeldConnection:
    """One connection to an application."""

    def __init__(
        self,
        loop: HeldLoop,
        config: Config,
        *,
        protocol: Callable[..., asyncio.Protocol] = Bounded,
        port: int = 80,
        tls: bool = False,
    ) -> None:
        self.loop = loop
        self.transport = HeldTransport(port=port, tls=tls)
        made = protocol(config=config, server_state=ServerState(), app_state={}, _loop=loop)
        self.protocol = cast(Bounded, made)
        self.protocol.connection_made(self.transport)

    def send(self, *pieces: bytes) -> None:
        """What the client sends, as far as the server still reads."""
        for piece in pieces:
            if self.transport.is_closing():
                return
            self.loop.do(self.protocol.data_received, piece)
            self.loop.turn()

    def end_side(self) -> bool:
        """The client ends its side; whether the server keeps its own open."""
        stored = bool(self.loop.do(self.protocol.eof_received))
        if not stored:
            self.transport.close()
        self.loop.turn()
        return stored

    def lose(self) -> None:
        """The connection is gone."""
        self.loop.do(self.protocol.connection_lost, None)
        self.loop.turn()

    @property
    def statuses(self) -> list[int]:
        """Of what has been answered."""
        return [int(part[:3]) for part in self.transport.written.split(b"HTTP/1.1 ")[1:]]

    @property
    def done(self) -> list[str]:
        """What has been done to the transport: `eof`, `close`, `abort`."""
        return self.transport.done

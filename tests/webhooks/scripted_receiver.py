"""A receiver of webhooks whose every byte a test decides, and an exchange with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from mockreel.webhooks import HttpSender, Outcome, Outgoing, Targets

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Receiver:
    """A server on loopback that reads whole requests and answers each with `talk`."""

    def __init__(self, talk: Talk, host: str = "127.0.0.1") -> None:
        self.talk = talk
        self.host = host
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0
        self.tasks: set[asyncio.Task[Any] | None] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.tasks.add(asyncio.current_task())
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                await self.talk(reader, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()
            self.tasks.discard(asyncio.current_task())

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Receiver"]:
        server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in [task for task in self.tasks if task]:
                task.cancel()
            while self.tasks:
                await asyncio.sleep(0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=1"


def says(answer: bytes, *, close: bool = False) -> Talk:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        if close:
            writer.close()

    return talk


def reply(status: int, body: bytes = b"", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def outgoing(url: str, *, timeout: float = 5.0) -> Outgoing:
    headers = (("X-Signature", "abc"), ("Content-Type", "application/json"))
    return Outgoing(url, headers, b'{"event":"done"}', timeout)


def exchange(talk: Talk, *, timeout: float = 5.0, times: int = 1) -> tuple[list[Outcome], Receiver]:
    """Send to a new receiver several times; returns the outcomes and the received requests."""

    async def go() -> tuple[list[Outcome], Receiver]:
        sender = HttpSender(Targets(), user_agent="mockreel/test")
        async with Receiver(talk).listening() as receiver:
            found = [await sender.send(outgoing(receiver.url, timeout=timeout)) for _ in range(times)]
            await sender.close()
            return found, receiver

    return asyncio.run(go())


async def hangs(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()

"""Takes callbacks in a process of its own, answers 200 at once, and notes when each came.

`python -m bench.receiver`: prints its port; asked `count` or `all` on its input, prints how many came,
or when each did, by path.
"""

import asyncio
import sys
import time

import orjson

REPLY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Receiver(asyncio.Protocol):
    """One connection; requests come one after the other, each with a content length."""

    arrivals: dict[str, list[float]]

    def __init__(self, arrivals: dict[str, list[float]]) -> None:
        self.arrivals = arrivals
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, found, rest = self.data.partition(b"\r\n\r\n")
        if not found or len(rest) < _length(head):
            return
        self.data = b""
        path = head.split(b" ", 2)[1].decode()
        self.arrivals.setdefault(path, []).append(time.monotonic())
        self.transport.write(REPLY)


def _length(head: bytes) -> int:
    lower = head.lower()
    start = lower.index(b"content-length:") + 15
    return int(lower[start:].split(b"\r\n", 1)[0])


async def main() -> None:
    """Receive until stopped."""
    loop = asyncio.get_running_loop()
    arrivals: dict[str, list[float]] = {}
    server = await loop.create_server(lambda: Receiver(arrivals), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        sys.stdout.write((orjson.dumps(arrivals) if line == "all\n" else orjson.dumps(len(arrivals))).decode() + "\n")
        sys.stdout.flush()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())

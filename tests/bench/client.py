"""Our own load generator, for machines without wrk: raw sockets, a few requests in flight on each.

`python -m bench.client PORT CONNECTIONS SECONDS REQUESTS` prints one line of JSON.
"""

import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import orjson

from bench.figures import quantile

# Requests in flight on one connection: enough that this process is not the bottleneck.
DEPTH = 4


@dataclass
class Connection:
    """One keep-alive connection that sends the next requests when all that it sent are answered."""

    socket: socket.socket
    requests: Iterator[bytes]
    latencies: list[float] = field(default_factory=list)
    rest: bytes = b""
    waiting: int = 0
    sent: float = 0.0

    def send(self) -> None:
        self.waiting = DEPTH
        self.sent = time.perf_counter()
        self.socket.sendall(b"".join(islice(self.requests, DEPTH)))

    def receive(self) -> None:
        """Take what has come; each complete response is one latency."""
        chunk = self.socket.recv(262_144)
        if not chunk:
            raise SystemExit("the server has closed a connection")
        data, at, now = self.rest + chunk, 0, time.perf_counter()
        while (end := _end(data, at)) is not None:
            self.latencies.append((now - self.sent) * 1000)
            self.waiting -= 1
            at = end
        self.rest = data[at:]
        if not self.waiting:
            self.send()


def _end(data: bytes, start: int) -> int | None:
    """Where the response that begins at `start` ends; None while it is incomplete."""
    head = data.find(b"\r\n\r\n", start)
    if head < 0:
        return None
    named = data.find(b"content-length: ", start, head) + 16
    end = head + 4 + int(data[named : data.find(b"\r", named)])
    return end if end <= len(data) else None


def read_requests(path: Path) -> list[bytes]:
    """The requests of a file that `load.write_requests` wrote."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        line = data.index(b"\n", at)
        size = int(data[at:line])
        found.append(data[line + 1 : line + 1 + size])
        at = line + 1 + size
    return found


def main(port: int, connections: int, seconds: float, path: Path) -> None:
    """Load for the given time, then print what came of it."""
    requests = read_requests(path)
    with selectors.DefaultSelector() as selector:
        every = []
        for number in range(connections):
            one = socket.create_connection(("127.0.0.1", port))
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            every.append(Connection(one, islice(cycle(requests), number, None)))
            selector.register(one, selectors.EVENT_READ, every[-1])
        began = time.perf_counter()
        for connection in every:
            connection.send()
        while (taken := time.perf_counter() - began) < seconds:
            for key, _ in selector.select(0.1):
                key.data.receive()
    latencies = [latency for connection in every for latency in connection.latencies]
    p99 = quantile(latencies, 0.99) if latencies else 0
    line = {"requests": len(latencies), "seconds": taken, "errors": 0, "p99": p99}
    sys.stdout.write(orjson.dumps(line).decode() + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))

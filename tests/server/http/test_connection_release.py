"""What a connection leaves behind: nothing, without the garbage collector, which `serve` lets run very rarely."""

import gc
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from server.http_calls import port_of, raw

from mockreel.server import serving
from mockreel.server.http.protocol import WireProtocol

HEAD = b"Host: x\r\nAuthorization: Bearer k\r\n"
KINDS = {
    "short": b"GET /v1/models HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n",
    "long": b"GET /v1/models HTTP/1.0\r\n" + HEAD + b"\r\n",
    "rejected": b"junk\r\n\r\n",
    "unanswered": b"POST /v1/models HTTP/1.1\r\n" + HEAD + b"Content-Length: 9\r\n\r\n",
    "pipelined": (b"GET /v1/models HTTP/1.1\r\n" + HEAD + b"Expect: 100-continue\r\n\r\n") * 3,
}


@contextmanager
def collector_off() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def connections() -> int:
    return sum(isinstance(one, WireProtocol) for one in gc.get_objects())


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_holds_nothing_that_holds_it(kind: str) -> None:
    """However it has ended."""
    with serving("runflow") as server, collector_off():
        before = connections()
        for _ in range(5):
            if kind == "unanswered":
                with closing(socket.create_connection(("127.0.0.1", port_of(server.runflow.url)))) as one:
                    one.sendall(KINDS[kind])
            else:
                raw(server.runflow.url, KINDS[kind])
        deadline = time.monotonic() + 20
        while (left := connections()) > before and time.monotonic() < deadline:
            time.sleep(0.02)

    assert left <= before

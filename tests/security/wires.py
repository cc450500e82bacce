"""A running mock server, and bare sockets to it."""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

from support.local_http import QuietHandler, on_free_port, running

from mockreel.server.mock_server import MockServer

KEY = b"Authorization: Bearer rf_live_one\r\n"
SUBMIT = "/v1/models/google/veo3.1/lite/runs"
HEALTH = b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"  # the server ends the connection


@dataclass
class Wires:
    """Sends bytes to a port of a mock server; gives what comes back until the server ends the connection."""

    server: MockServer

    def port(self, address: str) -> int:
        return int(self.server.addresses[address].url.rpartition(":")[2])

    def open(self, address: str = "runflow") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port(address)), 20)

    def said(self, data: bytes, *, address: str = "runflow") -> bytes:
        """All that is answered until the server ends the connection."""
        with self.open(address) as one:
            with contextlib.suppress(OSError):  # it has ended it already
                one.sendall(data)
            return received(one)

    def statuses(self, data: bytes, *, address: str = "runflow") -> list[int]:
        """The status of each answer."""
        return statuses(self.said(data, address=address))

    def alive(self) -> bool:
        """Whether the mock server still answers."""
        return self.statuses(LAST) == [200]


def received(one: socket.socket) -> bytes:
    """Everything until the other side ends."""
    came = b""
    try:
        while chunk := one.recv(65536):
            came += chunk
    except ConnectionResetError:
        pass
    return came


def statuses(text: bytes) -> list[int]:
    return [int(part[:3]) for part in text.split(b"HTTP/1.1 ")[1:]]


@dataclass
class Receiver:
    """A receiver of callbacks, which responds with a redirect if a test sets one."""

    port: int = 0
    location: str = ""
    paths: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on this machine."""
    found = Receiver()

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            found.paths.append(self.path)
            found.names |= {name.lower() for name in self.headers}
            self.send_response(307 if found.location else 204)
            self.send_header("location", found.location)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

    with running(on_free_port(Handler)) as port:
        found.port = port
        yield found

"""A mock server with `encore` on real sockets, and a receiver for its callbacks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx2
import pytest
from staging import FOURTH, START

from mockreel import serving
from mockreel.server.mock_server import MockServer

GOOD = {"model": "solo", "input": {"prompt": "a red door"}}


@dataclass
class Received:
    """The received callbacks, in order; `answer` gives the status of each response."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answer: Callable[[int], int] = lambda _: 204


@pytest.fixture
def server() -> Iterator[MockServer]:
    """`encore` alone, on free ports, with a paused clock; its jobs end within ten simulated seconds."""
    with serving("encore", data=FOURTH, held=True, start=START) as running:
        yield running


@pytest.fixture
def received() -> Iterator[Received]:
    """A receiver of callbacks on this machine."""
    came = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            came.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(came.answer(len(came.bodies)))
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    came.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield came
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def client(server: MockServer) -> Iterator[httpx2.Client]:
    """A client of `encore` with one connection at a time."""
    headers = {"Authorization": f"Bearer {server.encore.key}"}
    with httpx2.Client(base_url=server.encore.url, headers=headers, trust_env=False, timeout=20) as speaking:
        yield speaking

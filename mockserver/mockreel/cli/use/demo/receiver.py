"""The demo's own callback receiver: refuses the first attempts of each callback, takes the next, times them all."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Arrival:
    """One attempt as it arrived: real and simulated seconds, what was sent, and how it was answered."""

    real: float
    simulated: float
    headers: Mapping[str, str]
    body: bytes
    answered: int


@dataclass
class Receiver:
    """Arrivals by path. `refuse` is how many attempts of each callback are answered with 500."""

    rejections: int
    now: Callable[[], float]
    url: str = ""
    arrivals: dict[str, list[Arrival]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Note an attempt; the status to answer it with."""
        with self.lock:
            seen = self.arrivals.setdefault(path, [])
            status = 500 if len(seen) < self.rejections else 200
            seen.append(Arrival(time.monotonic(), self.now(), headers, body, status))
            return status

    def of(self, name: str) -> tuple[Arrival, ...]:
        """The attempts that arrived for one callback URL."""
        with self.lock:
            return tuple(self.arrivals.get(f"/{name}", ()))


@contextmanager
def receiving(*, rejections: int, now: Callable[[], float]) -> Iterator[Receiver]:
    """A receiver on a free loopback port until the block ends."""
    receiver = Receiver(rejections, now)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(receiver.receive(self.path, headers, body))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Attempts are shown by the demo, not by the receiver."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

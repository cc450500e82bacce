"""Takes webhooks, refuses some, and remembers when it accepted which."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

# A webhook that is refused three times has failed, and nobody is told of its job any more.
REFUSALS = 2


class Receiver(ThreadingHTTPServer):
    """`accepted` has, by job, the moments (monotonic) at which a webhook of it was answered with 200.

    `count` is how many webhooks have arrived so far; each is counted before it is answered.
    """

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, *, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.accepted: dict[str, list[float]] = {}
        self.refused: Counter[str] = Counter()
        self.count = 0
        self.draws = random.Random(seed)
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"

    def handle_error(self, *_: Any) -> None:
        """A server that was killed takes no answer."""


class _Take(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.count += 1
            takes = self.server.draws.random() < 0.8 or self.server.refused[body["run_id"]] >= REFUSALS
            if takes:
                self.server.accepted.setdefault(body["run_id"], []).append(time.monotonic())
            else:
                self.server.refused[body["run_id"]] += 1
        self.send_response(200 if takes else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""


@contextmanager
def receiving(*, seed: int) -> Iterator[Receiver]:
    """A receiver in threads of its own."""
    with Receiver(seed=seed) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()

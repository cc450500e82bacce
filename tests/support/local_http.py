"""HTTP servers of a test, on free ports of this machine: any handler, or a receiver of webhooks."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any


class QuietHandler(BaseHTTPRequestHandler):
    """Prints nothing."""

    def read_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def respond(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Send a whole response."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def running(server: HTTPServer, *, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve in a thread until the block ends; gives the port."""
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def on_free_port(handler: Callable[..., Any]) -> ThreadingHTTPServer:
    """A server with this handler that does not wait for open connections when it ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    return server


@dataclass(frozen=True)
class Webhook:
    """A request that was received; header names in lower case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass
class WebhookReceiver:
    """Receives webhooks: `status` is called with the number of each, from 1, and gives the status of its response."""

    status: Callable[[int], int] = lambda _: 204
    answer: bytes = b""
    url: str = ""
    received: list[Webhook] = field(default_factory=list)
    _arrived: Condition = field(default_factory=Condition)

    @property
    def bodies(self) -> list[bytes]:
        return [webhook.body for webhook in self.received]

    @property
    def headers(self) -> list[Mapping[str, str]]:
        return [webhook.headers for webhook in self.received]

    def wait(self, count: int, *, timeout: float = 20.0) -> bool:
        """Whether so many webhooks have been received within the time."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self.received) >= count, timeout)

    def take(self, webhook: Webhook) -> int:
        """Keep a webhook; gives its number."""
        with self._arrived:
            self.received.append(webhook)
            self._arrived.notify_all()
            return len(self.received)


@contextmanager
def webhook_receiver(
    status: Callable[[int], int] = lambda _: 204,
    *,
    answer: bytes = b"",
    tls: ssl.SSLContext | None = None,
    name: str = "127.0.0.1",
) -> Iterator[WebhookReceiver]:
    """A receiver of webhooks until the block ends.

    Args:
        name: the host in its URL.
    """
    receiver = WebhookReceiver(status, answer)

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            body = self.read_body()
            number = receiver.take(Webhook({key.lower(): value for key, value in self.headers.items()}, body))
            self.respond(receiver.status(number), receiver.answer)

    with running(on_free_port(Handler), tls=tls) as port:
        receiver.url = f"{'http' if tls is None else 'https'}://{name}:{port}/hook"
        yield receiver

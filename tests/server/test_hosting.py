"""Callbacks of a mock server over real sockets: tried again by its clock, and never to itself."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from server.speaking import GOOD, ask
from staging import FOURTH

from mockreel import __version__
from mockreel.server.mock_server import MockServer
from mockreel.server.socket_server import serving


class Receiver(ThreadingHTTPServer):
    """Takes callbacks, and refuses the first two."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.third = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Take(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(200 if len(self.server.got) > 2 else 503)
        self.end_headers()
        if len(self.server.got) > 2:
            self.server.third.set()

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_callback_is_tried_again_by_the_clock_until_it_is_taken(receiver: Receiver) -> None:
    """A running clock, sped up: three attempts, the same bytes, to the URL that the map leads to."""
    mapped = {"https://my.app": receiver.url.removesuffix("/hook")}
    with serving("encore", data=FOURTH, speed=50.0, callback_map=mapped) as running:
        body = {**GOOD, "tell": "https://my.app/hook"}
        id_ = ask(running.encore.url, "POST", "/v1/jobs", body)[1]["id"]
        assert receiver.third.wait(20)
        (delivery,) = running.simulator.provider("encore").deliveries.of(id_)
        while delivery.status == "pending":
            time.sleep(0)

    headers, _ = receiver.got[0]
    assert len({content for _, content in receiver.got}) == 1
    assert len({told["Encore-Signature"] for told, _ in receiver.got}) == 1
    assert headers["User-Agent"] == f"mockreel/{__version__}"
    gaps = [later.at - earlier.ended for earlier, later in zip(delivery.attempts, delivery.attempts[1:], strict=False)]
    assert (gaps[0] >= 1, gaps[1] >= 2) == (True, True)
    assert delivery.status == "delivered"


def test_a_callback_to_the_mock_server_itself_fails_with_the_reason(served: MockServer) -> None:
    """The job is taken all the same."""
    for url in (served.encore.url, served.aimlapi.url, served.control.url):
        status, job, _ = ask(served.encore.url, "POST", "/v1/jobs", {**GOOD, "tell": f"{url}/v1/jobs"})
        assert status == 201
        ask(served.control.url, "POST", "/_mockreel/clock/advance", {"seconds": 100})
        (delivery,) = served.simulator.provider("encore").deliveries.of(job["id"])
        assert (delivery.status, len(delivery.attempts)) == ("failed", 1)
        assert "is mockreel itself" in delivery.reason

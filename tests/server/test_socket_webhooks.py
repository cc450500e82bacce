"""Callbacks of a mock server over real sockets: tried again by its clock, and never to itself."""

import time
from collections.abc import Iterator

import pytest
from server.http_calls import GOOD, ask
from support.caller import FOURTH
from support.local_http import WebhookReceiver, webhook_receiver

from mockreel import __version__
from mockreel.server.mock_server import MockServer
from mockreel.server.socket_server import serving


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    """It rejects the first two attempts."""
    with webhook_receiver(lambda number: 200 if number > 2 else 503) as found:
        yield found


def test_a_callback_is_tried_again_by_the_clock_until_it_is_accepted(receiver: WebhookReceiver) -> None:
    """A running clock, sped up: three attempts, the same bytes, to the URL that the map leads to."""
    mapped = {"https://my.app": receiver.url.removesuffix("/hook")}
    with serving("encore", data=FOURTH, speed=50.0, callback_map=mapped) as running:
        body = {**GOOD, "tell": "https://my.app/hook"}
        id_ = ask(running.encore.url, "POST", "/v1/jobs", body)[1]["id"]
        assert receiver.wait(3)
        (delivery,) = running.simulator.provider("encore").deliveries.of(id_)
        while delivery.status == "pending":
            time.sleep(0)

    assert len(set(receiver.bodies)) == 1
    assert len({headers["encore-signature"] for headers in receiver.headers}) == 1
    assert receiver.headers[0]["user-agent"] == f"mockreel/{__version__}"
    gaps = [later.at - earlier.ended for earlier, later in zip(delivery.attempts, delivery.attempts[1:], strict=False)]
    assert (gaps[0] >= 1, gaps[1] >= 2) == (True, True)
    assert delivery.status == "delivered"


def test_a_callback_to_the_mock_server_itself_fails_with_the_reason(served: MockServer) -> None:
    """The job is accepted all the same."""
    for url in (served.encore.url, served.aimlapi.url, served.control.url):
        status, job, _ = ask(served.encore.url, "POST", "/v1/jobs", {**GOOD, "tell": f"{url}/v1/jobs"})
        assert status == 201
        ask(served.control.url, "POST", "/_mockreel/clock/advance", {"seconds": 100})
        (delivery,) = served.simulator.provider("encore").deliveries.of(job["id"])
        assert (delivery.status, len(delivery.attempts)) == ("failed", 1)
        assert "is mockreel itself" in delivery.reason

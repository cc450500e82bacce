"""A mock server with `encore` on real sockets, and a receiver for its callbacks."""

from collections.abc import Iterator

import httpx2
import pytest
from support.caller import FOURTH, START
from support.local_http import WebhookReceiver, webhook_receiver

from mockreel import serving
from mockreel.server.mock_server import MockServer

GOOD = {"model": "solo", "input": {"prompt": "a red door"}}


@pytest.fixture
def server() -> Iterator[MockServer]:
    """`encore` alone, on free ports, with a paused clock; its jobs end within ten simulated seconds."""
    with serving("encore", data=FOURTH, held=True, start=START) as running:
        yield running


@pytest.fixture
def received() -> Iterator[WebhookReceiver]:
    """A receiver of callbacks on this machine."""
    with webhook_receiver() as receiver:
        yield receiver


@pytest.fixture
def client(server: MockServer) -> Iterator[httpx2.Client]:
    """A client of `encore` with one connection at a time."""
    headers = {"Authorization": f"Bearer {server.encore.key}"}
    with httpx2.Client(base_url=server.encore.url, headers=headers, trust_env=False, timeout=20) as speaking:
        yield speaking

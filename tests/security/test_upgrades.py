"""An offer to speak another protocol is ignored: its body is read, and is nobody's second request (RFC 9110 7.8)."""

import contextlib
import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from security.wires import HEALTH, KEY, LAST, SUBMIT, Wires, received, statuses

from mockreel.contract import Contract
from mockreel.server.mock_server import MockServer
from mockreel.server.webhook_receiver import HandledWebhook, Receiver, Server
from mockreel.simulator.in_process.sample_webhooks import happening
from mockreel.webhooks import Targets
from mockreel.webhooks.recognition import Recogniser

BODY = b'{"input":{"prompt":"a boat","duration":"4s"}}'
TOKENS = (
    b"h2c",
    b"H2C",
    b"websocket",
    b"TLS/1.0",
    b"HTTP/2.0, h2c",
    b"foo/1, bar, baz/2",
    b"connect-udp",
    b"",
    b"h2c\r\nUpgrade: websocket",
)
CONNECTIONS = (b"Upgrade", b"keep-alive, Upgrade, HTTP2-Settings", b"upgrade\r\nConnection: HTTP2-Settings")


def by_length(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def by_chunks(body: bytes) -> bytes:
    half = len(body) // 2
    parts = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:]))
    return b"Transfer-Encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n"


FRAMINGS = {"length": by_length, "chunked": by_chunks}


def whole(data: bytes) -> list[bytes]:
    return [data]


def behind_the_head(data: bytes) -> list[bytes]:
    head, _, rest = data.partition(b"\r\n\r\n")
    return [head + b"\r\n\r\n", rest]


def in_sevens(data: bytes) -> list[bytes]:
    return [data[at : at + 7] for at in range(0, len(data), 7)]


SEGMENTATIONS = {"one segment": whole, "body apart": behind_the_head, "sevens": in_sevens}


@dataclass(frozen=True)
class Address:
    """A request to a kind of port, and how the arrival of its body is seen there."""

    port: int
    head: bytes
    body: bytes
    arrived: Callable[[], Any]
    expected: Any
    good: int
    then: bytes  # a request behind it that ends the connection
    then_status: int = 200


@contextlib.contextmanager
def listening(contract: Contract, shown: Callable[[HandledWebhook], None]) -> Iterator[int]:
    """The port of a `listen`, while it runs."""
    ready = threading.Event()
    server = Server(Receiver(Recogniser([contract]), Targets(), shown), ready=lambda _: ready.set())
    thread = threading.Thread(target=server.listen)
    thread.start()
    try:
        assert ready.wait(20)
        yield int(server.url.rpartition(":")[2])
    finally:
        server.end()
        thread.join()


@pytest.fixture(params=["provider", "below the control port", "control", "listen"])
def address(request: pytest.FixtureRequest, wires: Wires) -> Iterator[Address]:
    server: MockServer = wires.server
    json = b"Host: localhost\r\nContent-Type: application/json\r\n"
    if request.param == "listen":
        got: list[HandledWebhook] = []
        contract = server.simulator.provider("runflow").contract
        sample = happening(contract, "run.completed", seed=1)
        head = b"POST /hook HTTP/1.1\r\n" + json
        with listening(contract, got.append) as port:
            last = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            words = ["run.completed"]
            yield Address(port, head, sample.body, lambda: [one.webhook.word for one in got], words, 200, last, 405)
        return
    if request.param == "control":
        rules = server.simulator.rules
        before = len(rules.all)
        last = b"GET /_mockreel/clock HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        head = b"POST /_mockreel/rules HTTP/1.1\r\n" + json
        body = b'{"scenario": "slow", "prompt": "a kite"}'
        yield Address(
            wires.port("control"), head, body, lambda: [one.prompt for one in rules.all[before:]], ["a kite"], 200, last
        )
        rules.clear()
        return
    provider = server.simulator.provider("runflow")
    before = len(provider.jobs)

    under, where = ("", "runflow") if request.param == "provider" else ("/runflow", "control")
    head = f"POST {under}{SUBMIT} HTTP/1.1\r\n".encode() + json + KEY
    last = f"GET {under}/v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    yield Address(wires.port(where), head, BODY, lambda: len(provider.jobs) - before, 1, 201, last)


COMBINATIONS = list(itertools.product(TOKENS, CONNECTIONS[:1], FRAMINGS, SEGMENTATIONS)) + list(
    itertools.product(TOKENS[:1], CONNECTIONS[1:], FRAMINGS, SEGMENTATIONS)
)


@pytest.mark.parametrize("sent", COMBINATIONS, ids=str)
def test_an_offer_to_upgrade_is_ignored(address: Address, sent: tuple[bytes, bytes, str, str]) -> None:
    """Any value, with a length or in chunks, in one segment or many, at every kind of port."""
    token, connection, framing, segmentation = sent
    offer = b"Connection: " + connection + b"\r\nUpgrade: " + token + b"\r\nHTTP2-Settings: AAMAAABkAAQCAAAA\r\n"
    data = address.head + offer + FRAMINGS[framing](address.body) + address.then

    assert spoken(address.port, SEGMENTATIONS[segmentation](data)) == [address.good, address.then_status]
    assert address.arrived() == address.expected


def spoken(port: int, segments: list[bytes]) -> list[int]:
    """The statuses of what is answered to segments, each of which is its own packet."""
    with socket.create_connection(("127.0.0.1", port), 20) as one:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for segment in segments:
            one.sendall(segment)
        return statuses(received(one))


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("token", TOKENS)
def test_what_stands_in_the_body_behind_an_offer_is_no_request(wires: Wires, token: bytes, framing: str) -> None:
    """A whole submit as the body of a request whose schema refuses it: one answer, and no job."""
    jobs = wires.server.simulator.provider("runflow").jobs
    inner = f"POST {SUBMIT} HTTP/1.1\r\nHost: x\r\n".encode() + KEY + b"Content-Type: application/json\r\n"
    hidden = inner + by_length(BODY)
    offer = b"Connection: Upgrade\r\nUpgrade: " + token + b"\r\n"
    before = len(jobs)
    for segmentation in SEGMENTATIONS.values():
        data = inner + offer + FRAMINGS[framing](hidden) + LAST
        assert spoken(wires.port("runflow"), segmentation(data)) == [422, 200]
    assert len(jobs) == before


def test_offers_can_be_pipelined(wires: Wires) -> None:
    """Each one is ignored, with a body or without."""
    offer = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
    polite = HEALTH[:-2] + offer + b"\r\n"
    submit = f"POST {SUBMIT} HTTP/1.1\r\nHost: x\r\n".encode() + KEY + b"Content-Type: application/json\r\n" + offer

    assert wires.statuses((polite + submit + by_chunks(BODY)) * 50 + LAST) == [200, 201] * 50 + [200]


@pytest.mark.parametrize("offer", [b"Connection: Upgrade, close\r\nUpgrade: h2c\r\n"])
def test_an_offer_does_not_hide_that_the_client_ends_the_connection(wires: Wires, offer: bytes) -> None:
    """`close` stands beside it."""
    assert wires.statuses(HEALTH[:-2] + offer + b"\r\n") == [200]

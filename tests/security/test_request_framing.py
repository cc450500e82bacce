"""Where a request ends is never in doubt: what can be read in two ways is refused, and the connection ends with it."""

import contextlib
import socket

import pytest
from security.wires import HEALTH, KEY, LAST, SUBMIT, Wires, received, statuses

BODY = b'{"input":{"prompt":"a boat","duration":"4s"}}'
HEAD = f"POST {SUBMIT} HTTP/1.1\r\nHost: x\r\n".encode() + KEY + b"Content-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
DOUBTFUL = {
    "both, the length first": HEAD + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "both, the chunks first": HEAD + CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 0\r\n" + LENGTH + b"\r\n" + BODY,
    "a list of lengths": HEAD + b"Content-Length: 45, 45\r\n\r\n" + BODY,
    "a signed length": HEAD + b"Content-Length: +45\r\n\r\n" + BODY,
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n" + BODY,
    "a length beyond numbers": HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n" + BODY,
    "a folded header": HEAD + b"Content-Length: 0\r\nX-A: b\r\n c\r\n\r\n",
    "a folded coding": HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": HEAD + b"Content-Length : 45\r\n\r\n" + BODY,
    "a coding that is not a coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks that are not the last coding": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "identity with a length": HEAD + b"Transfer-Encoding: identity\r\n" + LENGTH + b"\r\n" + BODY,
    "a chunk beyond numbers": HEAD + CHUNKED + b"\r\nFFFFFFFFFFFFFFFFF\r\nab\r\n0\r\n\r\n",
    "a negative chunk": HEAD + CHUNKED + b"\r\n-1\r\nab\r\n0\r\n\r\n",
    "a chunk in 0x": HEAD + CHUNKED + b"\r\n0x2\r\nab\r\n0\r\n\r\n",
    "a chunk that goes on": HEAD + CHUNKED + b"\r\n2\r\nabXX0\r\n\r\n",
    "a line feed in a chunk's extension": HEAD + CHUNKED + b"\r\n2;a\nxx\r\nab\r\n0\r\n\r\n",
    "bare line feeds": b"GET /v1/health HTTP/1.1\nHost: x\n\n",
    "bare carriage returns": b"GET /v1/health HTTP/1.1\rHost: x\r\r",
    "a zero byte in a header": b"GET /v1/health HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("address", ["runflow", "control"])
@pytest.mark.parametrize("data", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_what_can_be_read_in_two_ways_is_refused(wires: Wires, data: bytes, address: str) -> None:
    """One 400, and what follows on the connection is not read as a request."""
    before = len(wires.server.simulator.provider("runflow").jobs)

    assert wires.statuses(data + LAST, address=address) == [400]
    assert len(wires.server.simulator.provider("runflow").jobs) == before


def test_a_body_where_none_belongs_is_no_second_request(wires: Wires) -> None:
    """What stands in the body of a GET is skipped, and the request behind it is answered."""
    one = b"GET /v1/health HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(HEALTH) + HEALTH
    assert wires.statuses(one + LAST) == [200, 200]


@pytest.mark.parametrize("requested", [b"http://evil.example/v1/health", b"//evil.example/v1/health"])
def test_an_address_in_the_request_line_leads_nowhere_else(wires: Wires, requested: bytes) -> None:
    """It is answered here, or not at all."""
    (status,) = wires.statuses(b"GET " + requested + b" HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert status in (200, 404)


@pytest.mark.parametrize("requested", [b"http://x", b"https://x:443", b"http://x?y=http://z/"])
@pytest.mark.parametrize("address", ["runflow", "control"])
def test_an_address_without_a_path_means_its_root(wires: Wires, requested: bytes, address: str) -> None:
    """As a proxy's client may write it (RFC 9112 3.2.2)."""
    line = b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    assert wires.statuses(line % requested, address=address) == wires.statuses(line % b"/", address=address)


def test_trailers_are_no_headers(wires: Wires) -> None:
    """RFC 9110 6.5.1: a key or a preference means nothing there; nobody waits behind one that ends the connection."""
    chunks = b"\r\n%x\r\n%s\r\n0\r\n" % (len(BODY), BODY)
    no_key = HEAD.replace(KEY, b"") + CHUNKED + chunks + KEY + b"\r\n"
    wish = HEAD + CHUNKED + chunks + b"Prefer: scenario=insufficient-credit\r\n\r\n"
    end = HEAD + CHUNKED + chunks + b"Connection: close\r\n\r\n"

    assert wires.statuses(no_key + wish + HEALTH + end + HEALTH) == [401, 201, 200, 201]


def test_a_tunnel_is_not_dug(wires: Wires) -> None:
    """The mock server is no proxy."""
    assert wires.statuses(b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n") == [400]


def test_many_requests_in_one_piece_are_answered_one_by_one(wires: Wires) -> None:
    """In their order, and none is lost."""
    assert wires.statuses(HEALTH * 499 + LAST) == [200] * 500
    assert wires.alive()


@pytest.mark.parametrize("size", [1, 1000, 65_536])
def test_any_number_of_requests_may_come_at_once(wires: Wires, size: int) -> None:
    """More than 64 KB of them, cut anywhere: none is refused, and each is answered in order."""
    data = (HEALTH + HEAD + LENGTH + b"\r\n" + BODY) * (40 if size == 1 else 600)
    last = b"GET /v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with wires.open() as one:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        came = b""
        one.settimeout(20)
        for at in range(0, len(data), size):
            one.sendall(data[at : at + size])
            if size > 1:
                came += _ready(one)
        one.sendall(last)
        came += received(one)

    assert statuses(came) == [200, 201] * (data.count(HEALTH)) + [404]


def _ready(one: socket.socket) -> bytes:
    """What has come already, so that neither side waits for the other to read."""
    came = b""
    one.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while chunk := one.recv(65536):
            came += chunk
    one.settimeout(20)
    return came

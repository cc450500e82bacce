"""Every fault of a response over real sockets: what clients receive, whether a job started, and the next request."""

import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx
import httpx2
import orjson
import pytest
import requests
from engine.faults.conftest import GOOD
from engine.faults.expected import BROKEN, EXPECTED, RAISES, Seen

from mockreel.server.mock_server import MockServer

every_fault = pytest.mark.parametrize("fault", EXPECTED)
LIBRARIES = ("httpx", "httpx2", "requests")


def opened(server: MockServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(server.encore.url).port or 0), timeout=20)


def request(fault: str | None, *, method: str = "POST", path: str = "/v1/jobs", more: str = "") -> bytes:
    """A request as bytes, after whose response the server closes the connection."""
    body = orjson.dumps(GOOD) if method == "POST" else b""
    wish = f"Prefer: fault={fault}\r\n" if fault else ""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer k\r\nConnection: close\r\n{wish}{more}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def seen_by(one: socket.socket) -> Seen:
    """All received bytes until the connection ends."""
    data = b""
    while True:
        try:
            chunk = one.recv(65536)
        except ConnectionResetError:
            return Seen(data, "reset")
        if not chunk:
            return Seen(data, "closed")
        data += chunk


def ask(server: MockServer, fault: str | None, **given: Any) -> Seen:
    with closing(opened(server)) as one:
        one.sendall(request(fault, **given))
        return seen_by(one)


@every_fault
def test_a_bare_socket_receives_it_and_the_journal_has_it(server: MockServer, fault: str) -> None:
    """Byte by byte, and how the connection ends; the next request is answered as ever."""
    expected = EXPECTED[fault]
    seen = ask(server, fault)

    assert expected.raw(seen), seen
    assert len(server.simulator.provider("encore").jobs) == expected.begun
    (entry,) = server.journal.requests()
    assert entry.fault is not None
    assert entry.fault.startswith(fault.split(";", maxsplit=1)[0])
    assert entry.status == (seen.status if seen.status else 201 if expected.begun else 0)
    assert ask(server, None).status == 201


def speaker(name: str, server: MockServer) -> Any:
    """A client library with a keep-alive connection."""
    headers = {"Authorization": f"Bearer {server.encore.key}"}
    if name == "requests":
        session = requests.Session()
        session.trust_env = False
        session.headers.update(headers)
        return session
    library: Any = httpx if name == "httpx" else httpx2
    return library.Client(headers=headers, timeout=20, trust_env=False)


@pytest.fixture(params=LIBRARIES)
def spoken(request: pytest.FixtureRequest, server: MockServer) -> Iterator[tuple[str, Any]]:
    """A library's name, and a client of it."""
    client = speaker(request.param, server)
    yield request.param, client
    client.close()


@every_fault
def test_client_libraries_see_it_and_go_on(server: MockServer, spoken: tuple[str, Any], fault: str) -> None:
    """They raise an error of the transport, or give the response; the same client's next request is answered."""
    name, client = spoken
    url = f"{server.encore.url}/v1/jobs"
    expected = EXPECTED[fault]
    if expected.reply == RAISES:
        with pytest.raises(BROKEN[name]):
            client.post(url, json=GOOD, headers={"Prefer": f"fault={fault}"})
    else:
        assert client.post(url, json=GOOD, headers={"Prefer": f"fault={fault}"}).status_code == expected.reply
    assert len(server.simulator.provider("encore").jobs) == expected.begun

    listed = client.get(url)
    assert listed.status_code == 200
    assert len(listed.json()["jobs"]) == expected.begun


@every_fault
def test_every_fault_can_befall_a_poll(server: MockServer, fault: str) -> None:
    """A GET as well as a POST, and below the provider's name on the control port."""
    for url in (server.encore.url, f"{server.control.url}/encore"):
        parts = urlsplit(url)
        with closing(socket.create_connection(("127.0.0.1", parts.port or 0), timeout=20)) as one:
            one.sendall(request(fault, method="GET", path=f"{parts.path}/v1/health"))
            seen = seen_by(one)
        reply = EXPECTED[fault].reply
        assert seen.status in ((0, 200) if reply == RAISES else (200 if reply == 201 else reply,))
        assert ask(server, None, method="GET", path="/v1/health").status == 200


def test_a_client_that_gives_up_is_not_waited_for(server: MockServer) -> None:
    """Its own time-out ends the hanging, and the server can be stopped at once."""
    with httpx2.Client(trust_env=False, timeout=0.05) as client, pytest.raises(httpx2.ReadTimeout):
        client.get(f"{server.encore.url}/v1/health", headers={"Prefer": "fault=hang; seconds=3600"})

    assert ask(server, None, method="GET", path="/v1/health").status == 200


def test_a_server_that_is_stopped_does_not_wait_for_a_fault(server: MockServer) -> None:
    """Hanging connections are closed; stopping would take minutes otherwise."""
    one = opened(server)
    one.sendall(request("hang; seconds=3600"))
    other = opened(server)
    other.sendall(request("delay; seconds=300"))
    while len(server.journal) < 2:
        pass
    server.simulator.scheduler.closing = True

    assert seen_by(one) == Seen(b"", "closed")
    assert seen_by(other).status == 201
    one.close()
    other.close()


def test_a_client_that_does_not_read_is_reset_in_the_end(server: MockServer) -> None:
    """What cannot be written is dropped, not stored."""
    made = orjson.loads(ask(server, None).body)
    server.advance(100)
    with closing(opened(server)) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.sendall(request("reset; at=middle", method="GET", path=f"/_mockreel/media/{made['id']}.mp4"))
        while not server.journal.requests(path="/_mockreel/media/*"):
            pass
        assert seen_by(one).end == "reset"


def test_a_pipelined_request_behind_a_fault_is_not_answered(server: MockServer) -> None:
    """The connection is gone, and the server with it that would."""
    with closing(opened(server)) as one:
        one.sendall(request("close").replace(b"Connection: close\r\n", b"") + request(None, method="GET"))
        assert seen_by(one) == Seen(b"", "closed")

    assert len(server.journal.requests()) == 1


def test_a_rejected_request_can_have_a_fault_too(server: MockServer) -> None:
    """Even one without an operation or a key."""
    seen = ask(server, "truncated", method="GET", path="/v9")
    assert seen.status == 404
    assert seen.lacks > 0
    assert ask(server, "reset", method="GET", path="/v9") == Seen(b"", "reset")

    with closing(opened(server)) as one:
        one.sendall(request("throttled; retry_after=3").replace(b"Bearer k", b"Bearer invalid"))
        seen = seen_by(one)
    assert (seen.status, seen.header("retry-after")) == (429, "3")
    assert b"too-fast" in seen.body


def test_a_clip_can_be_cut_off(server: MockServer, client: httpx2.Client) -> None:
    """Results are fetched over the same wire."""
    made = client.post("/v1/jobs", json=GOOD).json()
    server.advance(100)
    url = client.get(f"/v1/jobs/{made['id']}").json()["url"]

    with pytest.raises(httpx2.RemoteProtocolError):
        client.get(url, headers={"Prefer": "fault=truncated"})
    whole, cut = client.get(url).content, client.get(url, headers={"Prefer": "fault=malformed"}).content
    assert cut == whole[: len(whole) // 2]


def test_a_head_is_damaged_without_a_body(server: MockServer) -> None:
    """There is none."""
    seen = ask(server, "truncated", method="HEAD", path="/v1/health")

    assert (seen.status, seen.body, seen.end) == (200, b"", "closed")


def test_a_faulty_response_still_has_the_mockreel_header(server: MockServer) -> None:
    """Wherever there are headers."""
    for fault in ("truncated", "wrong-length", "gateway", "throttled", "reset; at=middle", "drip; every=0"):
        assert ask(server, fault).header("mockreel-version")


def test_a_reset_is_a_reset_and_no_polite_end(server: MockServer) -> None:
    """The other end's kernel says ECONNRESET, not end of file."""
    with closing(opened(server)) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
        one.sendall(request("reset"))
        with pytest.raises(ConnectionResetError):
            one.recv(1)

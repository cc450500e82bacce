"""What clients may send over a socket: any line, any piece, in any order, and hang up."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from server.http_calls import GOOD, ask, connect, port_of, raw
from support.caller import FOURTH

from mockreel import Settings
from mockreel.server.http.connection.connection_limits import MOST_PARAMETERS
from mockreel.server.mock_server import MockServer
from mockreel.server.socket_server import serving

MEBI = 1024 * 1024
LINES = {
    b"GET /v1/health HTTP/1.1": 200,
    b"GET /v1/health HTTP/1.0": 200,
    b"GET /v1/./health HTTP/1.1": 404,
    b"GET /v1/../v1/health HTTP/1.1": 404,
    b"GET //v1/health HTTP/1.1": 404,
    b"GET /v1%2fhealth HTTP/1.1": 200,
    b"GET /v1/health?%ff=%zz&&=&limit HTTP/1.1": 200,
    b"GET /v1/health?" + b"&".join([b"a=b"] * MOST_PARAMETERS) + b" HTTP/1.1": 200,
    b"GET /v1/health?" + b"&".join([b"a=b"] * (MOST_PARAMETERS + 1)) + b" HTTP/1.1": 414,
    b"GET /v1/health#part HTTP/1.1": None,
    b"GET http://api.encore.invalid/v1/health HTTP/1.1": 200,
    b"OPTIONS * HTTP/1.1": None,
    b"CONNECT api.encore.invalid:443 HTTP/1.1": None,
    b"GET /v1/health HTTP/9.9": None,
    b"BREW /v1/health HTTP/1.1": None,
    b"\xff\xfe\x00": None,
    b"GET  HTTP/1.1": None,
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1": None,
}


@pytest.mark.parametrize("line", LINES)
def test_any_request_line_gets_an_answer(line: bytes, served: MockServer) -> None:
    """Or an error response of the server; never a 500, and the next client is served."""
    found = raw(served.encore.url, line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")

    expected = LINES[line]
    assert expected is None or found[0].split()[1] == str(expected).encode()
    assert not found or not found[0].split()[1].startswith(b"5")
    assert ask(served.encore.url, "GET", "/v1/health")[0] == 200


@pytest.mark.parametrize("line", [b"OPTIONS * HTTP/1.1", b"GET * HTTP/1.1", b"GET http://x/ HTTP/1.1"])
def test_any_request_line_gets_an_answer_at_the_control_port(line: bytes, served: MockServer) -> None:
    """Where prefixes are looked for."""
    found = raw(served.control.url, line + b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")

    assert found
    assert found[0].split()[1].startswith(b"4")


def test_requests_may_follow_each_other_on_one_connection(served: MockServer) -> None:
    """Also sent at once; a HEAD between them has no body."""
    get, head = b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n", b"HEAD /v1/health HTTP/1.1\r\nHost: x\r\n\r\n"
    with closing(connect(served.encore.url)) as client:
        for method in ("GET", "HEAD", "GET"):
            client.request(method, "/v1/health")
            answer = client.getresponse()
            assert answer.status == 200
            assert answer.read() == (b"" if method == "HEAD" else b'{"well":true}')
            assert answer.getheader("content-length") == "13"

    assert raw(served.encore.url, get + get + get, answers=3) == [b"HTTP/1.1 200 OK"] * 3
    assert raw(served.encore.url, get + head) == [b"HTTP/1.1 200 OK"]


def test_a_body_that_comes_with_a_get_is_passed_over(served: MockServer) -> None:
    """It does not pass for the next request."""
    body = b"DELETE /v1/jobs/x HTTP/1.1\r\nHost: x\r\n\r\n"
    get = b"GET /v1/health HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    assert raw(served.encore.url, get + get, answers=2) == [b"HTTP/1.1 200 OK"] * 2


PIECES = [
    b"GET ",
    b"/v1/jobs",
    b" HTTP/1.1",
    b"\r\n",
    b"Host: x",
    b"Content-Length: ",
    b"5",
    b"-1",
    b"Transfer-Encoding: ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
@settings(max_examples=60)
def test_no_bytes_end_the_server(served: MockServer, sent: bytes) -> None:
    """Whatever is sent, the next client is served."""
    with closing(socket.create_connection(("127.0.0.1", port_of(served.encore.url)), timeout=20)) as one:
        one.sendall(sent)
        one.shutdown(socket.SHUT_WR)
        answer = one.recv(65536)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    assert not answer.startswith(b"HTTP/1.1 5")
    assert ask(served.encore.url, "GET", "/v1/health")[0] == 200


def test_an_upgrade_is_not_taken_up(served: MockServer) -> None:
    """All providers speak HTTP only."""
    sent = b"GET /v1/health HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    sent += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

    (line,) = raw(served.encore.url, sent)

    assert line == b"HTTP/1.1 200 OK"


def test_a_body_may_come_in_chunks(served: MockServer) -> None:
    """Of any size."""
    sent = b"PUT /v1/echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent += b"1\r\na\r\n" + b"3;ext=1\r\nbcd\r\n" + b"2000\r\n" + b"e" * 0x2000 + b"\r\n0\r\nTrailer: x\r\n\r\n"

    assert raw(served.encore.url, sent) == [b"HTTP/1.1 200 OK"]


def test_a_body_of_the_largest_size_is_accepted_and_a_byte_more_is_not(served: MockServer) -> None:
    """32 MiB, over a real socket, by a client that sends all before it reads."""
    body = b"x" * (32 * MEBI)
    status, echoed, _ = ask(served.encore.url, "PUT", "/v1/echo", body)
    assert (status, echoed == body) == (200, True)

    status, refused, _ = ask(served.encore.url, "PUT", "/v1/echo", body + b"x")

    assert (status, refused["error"]["code"]) == (413, "too-large")


def test_a_body_without_end_is_refused_while_it_comes() -> None:
    """The client hears of it, whatever it still sends."""
    with serving("encore", data=FOURTH, settings=Settings(max_body=MEBI)) as running:
        with closing(socket.create_connection(("127.0.0.1", port_of(running.encore.url)), timeout=20)) as one:
            one.sendall(b"PUT /v1/echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n")
            one.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
            chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
            for _ in range(64):
                one.sendall(chunk)
            assert one.recv(100).startswith(b"HTTP/1.1 413 ")
        assert ask(running.encore.url, "GET", "/v1/health")[0] == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /v1/hea",
        b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        (
            b"POST /v1/wait HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer gone\r\nContent-Type: application/json\r\n"
            b'Content-Length: 40\r\n\r\n{"model":"solo","input":{"prompt":"xxx"}}'
        ),
        b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n" * 100,
    ],
)
def test_a_client_may_hang_up_at_any_point(sent: bytes, served: MockServer) -> None:
    """With a reset even; the next client is served, and half a request begins nothing."""
    before = served.simulator.journal.count
    for _ in range(5):
        one = socket.create_connection(("127.0.0.1", port_of(served.encore.url)), timeout=20)
        one.sendall(sent)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        one.close()

    assert ask(served.encore.url, "GET", "/v1/health")[0] == 200
    assert b"jobs" not in sent or served.simulator.journal.count == before + 1


def test_a_request_that_waits_is_answered_when_the_clock_is_advanced(served: MockServer) -> None:
    """Others are answered meanwhile."""
    with ThreadPoolExecutor() as pool:
        before = served.simulator.clock.now()
        waiting = pool.submit(ask, served.encore.url, "POST", "/v1/wait", GOOD)
        while not ask(served.encore.url, "GET", "/v1/jobs")[1]["jobs"]:
            time.sleep(0)
        assert not waiting.done()
        assert ask(served.control.url, "POST", "/_mockreel/clock/advance", {"seconds": 100})[1]["now"] == before + 100

        status, job, _ = waiting.result(20)

    assert (status, job["state"]) == (200, "done")


def test_many_clients_at_once_are_served(served: MockServer) -> None:
    """Each with an account of its own, none with another's jobs."""

    def play(number: int) -> tuple[int, int]:
        key = f"Bearer client-{number}"
        made = [ask(served.encore.url, "POST", "/v1/jobs", GOOD, Authorization=key)[0] for _ in range(5)]
        return made.count(201), len(ask(served.encore.url, "GET", "/v1/jobs", Authorization=key)[1]["jobs"])

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(play, range(40))) == {(5, 5)}

"""What a client sees is the same on both ways of a request, byte for byte; the usual request takes the short one."""

import contextlib
import socket
import ssl
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from server.http_calls import port_of
from support.caller import FOURTH, START

from mockreel import Settings
from mockreel.contract.messages.message import Response
from mockreel.server.http.asgi import Front
from mockreel.server.http.response_head import ResponseHeads
from mockreel.server.http.tls import made_certificate
from mockreel.server.mock_server import MockServer
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server, hosted

HOST = b"Host: x\r\n"
KEY = b"Authorization: Bearer k\r\n"
JSON = b"Content-Type: application/json\r\n"
BODY = b'{"model":"solo","input":{"prompt":"x"}}'
GET = b"GET /v1/health HTTP/1.1\r\n" + HOST + b"\r\n"
LAST = b"GET /v1/health HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
# Few, so that the limit is below what the short way takes at most.
MOST_BODY = 4000


def get(*headers: bytes, path: bytes = b"/v1/health", method: bytes = b"GET", version: bytes = b"1.1") -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"%s %s HTTP/%s\r\n" % (method, path, version) + HOST + KEY + lines + b"\r\n"


def post(body: bytes = BODY, *headers: bytes, path: bytes = b"/v1/jobs", length: bool = True) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    size = b"Content-Length: %d\r\n" % len(body) if length else b""
    return b"POST %s HTTP/1.1\r\n" % path + HOST + KEY + JSON + size + lines + b"\r\n" + body


CHUNKED = post(b"", b"Transfer-Encoding: chunked", length=False)
DELAYED = get(b"Prefer: fault=delay; seconds=0.02")
# Each is sent in these pieces on a connection of its own, and everything is read that comes back.
CASES: dict[str, Sequence[bytes]] = {
    "a poll": [GET + LAST],
    "a submit": [post() + LAST],
    "a submit, byte by byte": [*[bytes([one]) for one in post()], LAST],
    "a head in pieces": [GET[:9], GET[9:30], GET[30:] + LAST],
    "a body in pieces": [post()[:-20], post()[-20:-3], post()[-3:] + LAST],
    "an invalid submit": [post(b'{"model":"solo","input":{"prompt":7,"more":1}}') + LAST],
    "no JSON": [post(b"{") + LAST],
    "a POST without a body": [post(b"") + LAST],
    "a POST that tells no length": [post(b"", length=False) + LAST],
    "no key": [b"GET /v1/jobs HTTP/1.1\r\n" + HOST + b"\r\n" + LAST],
    "no such path": [get(path=b"/v1/%6eothing?x=1") + LAST],
    "an escaped path": [get(path=b"/v1/he%61lth") + LAST],
    "a whole address": [get(path=b"http://elsewhere.test/v1/health") + LAST],
    "an address without a path": [get(path=b"http://elsewhere.test") + LAST],
    "an asterisk": [GET + get(path=b"*", method=b"OPTIONS") + LAST],
    "no ASCII in a path": [GET + get(path=b"/v1/\xff")],
    "HEAD": [get(method=b"HEAD") + LAST],
    "a GET with a body": [get(b"Content-Length: %d" % len(GET)) + GET + LAST],
    "a wrong method": [get(method=b"PATCH") + LAST],
    "HTTP/1.0": [get(version=b"1.0")],
    "HTTP/1.0 that stays": [get(b"Connection: keep-alive", version=b"1.0")],
    "close": [LAST + GET + b"junk"],
    "close on a submit": [post(BODY, b"Connection: close") + GET],
    "chunks": [CHUNKED + b"5\r\n" + BODY[:5] + b"\r\n", b"%x\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\n\r\n" + LAST],
    "trailers": [CHUNKED + b"%x\r\n%s\r\n0\r\nPrefer: scenario=fail\r\nX: y\r\n\r\n" % (len(BODY), BODY) + LAST],
    "100 Continue": [post(BODY, b"Expect: 100-continue")[: -len(BODY)], BODY + LAST],
    "an upgrade": [get(b"Connection: Upgrade", b"Upgrade: h2c") + LAST],
    "an upgrade with a body": [post(BODY, b"Connection: Upgrade", b"Upgrade: h2c") + LAST],
    "the largest body": [post(b'"' + b"x" * (MOST_BODY - 2) + b'"') + LAST],
    "too large a body": [post(b"x" * (MOST_BODY + 1), b"Connection: close")],
    "a page's submit": [post(BODY, b"Origin: https://page.test") + LAST],
    "a page's look": [get(b"Origin: https://page.test", b"Referer: https://page.test/x") + LAST],
    "a delay": [DELAYED + LAST],
    "a delay among others": [GET + DELAYED + post() + GET + DELAYED + get(method=b"HEAD") + LAST],
    "a cut response": [get(b"Prefer: fault=truncated") + GET],
    "garbage": [get(b"Prefer: fault=garbage") + GET],
    "another status": [get(b"Prefer: fault=status; code=502") + LAST],
    "an unknown fault": [get(b"Prefer: fault=nothing") + LAST],
    "a wished refusal": [post(BODY, b"Prefer: scenario=rate-limited") + LAST],
    "a wish that counts": [post(BODY, b"Prefer: scenario=fail") + LAST],
    "many at once": [GET * 40 + post() * 40 + LAST],
    "junk behind": [GET * 3 + post() + b"junk\r\n\r\n" + GET],
    "junk behind a delay": [DELAYED + GET + b"junk\r\n\r\n" + GET],
    "a bad target behind delays": [DELAYED + post() + get(path=b"/v1/\xff")],
    "a tunnel": [GET + get(path=b"x:443", method=b"CONNECT")],
    "too large a head": [GET + get(b"X-Long: " + b"x" * 70_000)],
    "a body that breaks off": [GET + CHUNKED + b"XX"],
}


@contextlib.contextmanager
def hosting(**options: Any) -> Iterator[tuple[MockServer, MockServer]]:
    """Two servers of the same simulator: with the short way, and with the long one only."""
    with contextlib.ExitStack() as stack:
        servers = [
            Server(Options(("encore",), **{"data": FOURTH, "held": True, "start": START, **options}), short=short)
            for short in (True, False)
        ]
        short, long = (stack.enter_context(hosted(server)) for server in servers)
        yield short, long


@pytest.fixture(scope="module")
def ways() -> Iterator[tuple[MockServer, MockServer]]:
    with hosting(settings=Settings(max_body=MOST_BODY)) as both:
        yield both


def connected(server: MockServer, port: int) -> socket.socket:
    """A connection, encrypted where the server is."""
    one = socket.create_connection(("127.0.0.1", port), timeout=20)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if server.ca is None:
        return one
    return ssl.create_default_context(cafile=server.ca).wrap_socket(one, server_hostname="127.0.0.1")


def said(server: MockServer, pieces: Sequence[bytes], *, half: bool = False) -> bytes:
    """Everything that is answered until the server ends the connection; its own port is written as PORT."""
    port = port_of(server.encore.url)
    with connected(server, port) as one:
        with contextlib.suppress(OSError):  # the server may have ended it
            for piece in pieces:
                one.sendall(piece)
            if half:
                one.shutdown(socket.SHUT_WR)
        found = b""
        with contextlib.suppress(ConnectionResetError, ssl.SSLEOFError):  # TLS has no half-closed connections
            while chunk := one.recv(65536):
                found += chunk
    return found.replace(b":%d" % port, b":PORT")


def kept(server: MockServer) -> list[Any]:
    """What the journal says, and forgets."""
    found = [(one.method, one.path, one.operation, one.status, one.body, one.job) for one in server.simulator.journal]
    server.simulator.journal.clear()
    return found


@pytest.mark.parametrize("name", CASES)
def test_both_ways_say_the_same(name: str, ways: tuple[MockServer, MockServer]) -> None:
    """And the journal says the same of them."""
    short, long = (said(server, CASES[name]) for server in ways)
    noted = [kept(server) for server in ways]

    assert short == long
    assert short
    assert noted[0] == noted[1]


@pytest.fixture(scope="module")
def encrypted() -> Iterator[tuple[MockServer, MockServer]]:
    with made_certificate("127.0.0.1") as tls, hosting(settings=Settings(max_body=MOST_BODY), tls=tls) as both:
        yield both


@pytest.mark.parametrize("name", CASES)
def test_both_ways_say_the_same_over_tls(name: str, encrypted: tuple[MockServer, MockServer]) -> None:
    """Byte for byte, once decrypted."""
    short, long = (said(server, CASES[name]) for server in encrypted)

    assert short == long
    assert short


@pytest.mark.parametrize("pieces", [[post()[:-1]], [post()[:30]], [GET + post()[:-1]]])
def test_a_request_that_is_never_complete_is_not_answered(
    pieces: list[bytes], ways: tuple[MockServer, MockServer]
) -> None:
    """And begins no job."""
    before = [len(server.simulator.provider("encore").jobs) for server in ways]
    for server in ways:
        assert said(server, pieces, half=True).count(b"HTTP/1.1 201") == 0
    assert [len(server.simulator.provider("encore").jobs) for server in ways] == before


@pytest.mark.parametrize("origin", ["*", "https://page.test"])
def test_cors_is_the_same_on_both_ways(origin: str) -> None:
    """With a page and without one."""
    page = b"Origin: https://page.test"
    asks = get(page, b"Access-Control-Request-Method: POST", method=b"OPTIONS")
    with hosting(cors=(origin,)) as ways:
        for pieces in ([GET + get(page) + post(BODY, page) + GET + post() + LAST], [asks + GET + LAST]):
            short, long = (said(server, pieces) for server in ways)
            assert short == long


@pytest.mark.parametrize("cors", [(), ("*",), ("https://page.test",)])
def test_the_usual_request_takes_the_short_way(cors: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """ASGI is not used; for what is unusual it is."""
    requested: list[str] = []
    call = Front.__call__

    async def counted(self: Front, scope: Any, receive: Any, send: Any) -> None:
        requested.append(scope["method"])
        await call(self, scope, receive, send)

    monkeypatch.setattr(Front, "__call__", counted)
    with hosting(cors=cors) as (short, long):
        said(short, [GET + post() + get(method=b"HEAD") + DELAYED + LAST])
        assert requested == ["GET"]  # the last one only, as it comes behind one that waits
        said(long, [GET + LAST])
        assert requested == ["GET"] * 3


def test_one_connection_is_answered_by_what_its_requests_say() -> None:
    """Other headers, another key, another host: what was found out about the ones before does not count."""
    other = GET.replace(b"Host: x", b"Host: y")
    pieces = post() + get() + post(BODY, b"Prefer: scenario=fail") + other + post().replace(b"Bearer k", b"Bearer l")
    pieces += post().replace(b"Bearer k", b"Bearer invalid") + post().replace(b"Bearer k", b"Basic k") + post() + LAST
    with hosting() as ways:
        short, long = (said(server, [pieces]) for server in ways)
        noted = [kept(server) for server in ways]

    assert short == long
    assert noted[0] == noted[1]
    assert short.count(b"HTTP/1.1 201") >= 4


def test_what_breaks_inside_is_reported_as_on_the_asgi_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a 500, once."""

    def broken(self: Front, request: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(Front, "answer", broken)
    with hosting() as ways:
        short, long = (said(server, [GET + GET]) for server in ways)

    assert short == long
    assert short.startswith(b"HTTP/1.1 500 ")


def test_a_client_that_does_not_read_is_waited_for(ways: tuple[MockServer, MockServer]) -> None:
    """Everything is answered once it reads."""
    many = 3000
    for server in ways:
        with socket.create_connection(("127.0.0.1", port_of(server.encore.url)), timeout=20) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.sendall(GET * many + LAST)
            found = b""
            while chunk := one.recv(65536):
                found += chunk
        assert found.count(b"HTTP/1.1 200 OK\r\n") == many + 1


@pytest.mark.parametrize(
    "response",
    [
        Response(204, b""),
        Response(304, b""),
        Response(101, b""),
        Response(200, b"", ((b"content-length", b"0"),)),
        Response(200, b"", ((b"connection", b"close"),)),
        Response(200, b"", ((b"x", b"a\r\nb: c"),)),
        Response(200, b"", ((b"x y", b"a"),)),
    ],
)
def test_no_head_is_written_that_is_not_plain(response: Response) -> None:
    """It is left to uvicorn."""
    assert ResponseHeads().of(response, [], keep_alive=True) is None


def test_a_head_says_the_date_of_its_moment() -> None:
    """What is written before all responses may change."""
    heads = ResponseHeads()
    for date in (b"one", b"two"):
        assert b"date: " + date in (heads.of(Response(200, b"x"), [(b"date", date)], keep_alive=True) or b"")

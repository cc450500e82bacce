"""What cannot be read as a request: rejected in words, signed, logged, and never instead of an earlier response."""

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from security.wires import HEALTH, KEY, SUBMIT, Wires, received, statuses

from mockreel import __version__
from mockreel.server.http.connection.rejection import Rejection
from mockreel.server.http.protocol import WireProtocol
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server, hosted, serving
from mockreel.simulator.settings import Settings

BODY = b'{"input":{"prompt":"a boat","duration":"4s"}}'
GOOD = f"POST {SUBMIT} HTTP/1.1\r\nHost: x\r\n".encode() + KEY
GOOD += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY

# What nobody can read, by what the error response must say of it.
JUNK = {
    "TLS": (bytes.fromhex("16030100f8010000f40303"), "TLS (https://) was sent to a port for plain HTTP"),
    "a byte of TLS": (b"\x16", "TLS (https://) was sent"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), "HTTP/2 was sent"),
    "SOCKS 5": (b"\x05\x01\x00", "SOCKS was sent"),
    "SOCKS 4": (b"\x04\x01\x1f\x90\x7f\0\0\x01\0", "SOCKS was sent"),
    "a tunnel": (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n", "this is not a proxy"),
    "words": (b"hello\r\n\r\n", "cannot be read as HTTP/1.1"),
    "a bare line feed": (b"GET / HTTP/1.1\nHost: x\n\n", "cannot be read as HTTP/1.1"),
    "a large head": (
        b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        "The head of a request is larger than 65536 bytes",
    ),
}


@contextlib.contextmanager
def logged() -> Iterator[tuple[Wires, list[dict[str, Any]]]]:
    """A running mock server, and what its log has when the block ends."""
    with serving("runflow", held=True) as server:
        cursor = server.simulator.events.cursor
        found: list[dict[str, Any]] = []
        yield Wires(server), found
        found += [dict(event.row()) for event in server.simulator.events.since(cursor).events]


@pytest.mark.parametrize("address", ["runflow", "control"])
@pytest.mark.parametrize("name", JUNK)
def test_it_is_reported_in_words_to_the_client_and_in_the_log(name: str, address: str) -> None:
    """With the version, the port, the provider where it is one's, and no more than that."""
    data, says = JUNK[name]
    with logged() as (wires, events):
        output = wires.said(data, address=address)
        port = wires.port(address)

    (refused,) = [event for event in events if event["kind"] == "rejected"]
    assert says in output.decode()
    assert f"mockreel-version: {__version__}\r\n".encode() in output
    assert b"connection: close" in output
    assert (refused["port"], refused["provider"]) == (port, None if address == "control" else address)
    assert refused["reason"].encode() == output.partition(b"\r\n\r\n")[2]
    assert [refused["status"]] == statuses(output)


@pytest.mark.parametrize("apart", [False, True], ids=["one segment", "apart"])
@pytest.mark.parametrize("name", JUNK)
@pytest.mark.parametrize("many", [1, 40])
def test_junk_behind_good_requests_replaces_no_response(name: str, many: int, apart: bool) -> None:
    """Every one before it is answered, in order, and then it is refused; what follows it is not read."""
    data, _ = JUNK[name]
    with serving("runflow", held=True) as server:
        wires = Wires(server)
        with wires.open() as one:
            parts = [GOOD * many, data + HEALTH] if apart else [GOOD * many + data + HEALTH]
            for part in parts:
                one.sendall(part)
            found = statuses(received(one))
        jobs = len(server.simulator.provider("runflow").jobs)

    assert found[:many] == [201] * many
    assert [status // 100 for status in found[many:]] == [4]
    assert jobs == many


@pytest.mark.parametrize("bad", [b"XX", b"-1\r\n", b"5\r\nabcdeXX"])
@pytest.mark.parametrize("before", [0, 1, 10])
def test_a_body_that_breaks_off_into_junk_is_refused_itself(bad: bytes, before: int) -> None:
    """Its chunks are none: it is no request, and those before it are answered."""
    chunked = GOOD.partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n"
    with serving("runflow", held=True) as server:
        found = Wires(server).statuses(GOOD * before + chunked + bad)
        jobs = len(server.simulator.provider("runflow").jobs)

    assert (found, jobs) == ([201] * before + [400], before)


def test_no_secret_in_a_request_is_part_of_the_reason() -> None:
    """Neither from its target nor from its headers."""
    secrets = ["rf_live_hidden"]
    for target, header in itertools.product((b"nothing?api_key=rf_live_hidden", b"/"), (b"rf_live_hidden\0", b"x")):
        with logged() as (wires, events):
            output = wires.said(b"GET " + target + b" HTTP/1.1\r\nAuthorization: " + header + b"\r\nBad Header\r\n\r\n")
        assert statuses(output) == [400]
        assert not [secret for secret in secrets if secret in output.decode() + str(events)]


def test_another_loggers_warning_tells_where_nobody_else_does(caplog: pytest.LogCaptureFixture) -> None:
    """In a uvicorn of the user's own."""
    from mockreel.server.http.connection.rejection import logged as to_the_log  # noqa: PLC0415

    to_the_log(8701, Rejection(400, "Because."))

    assert caplog.messages == ["rejected a request on port 8701: 400: Because."]


def test_what_only_begins_like_another_protocol_is_junk() -> None:
    """Behind a request it is not reported as the client's protocol."""
    with serving("runflow", held=True) as server:
        output = Wires(server).said(HEALTH + b"\x16\x03\x01")

    assert statuses(output) == [200, 400]
    assert output.endswith(b"The request cannot be read as HTTP/1.1: Invalid method encountered.")


# Idle connections


@pytest.mark.parametrize("given", [{}, {"keep_alive": 300}])
def test_idle_connections_outlive_the_pace_of_any_poll(given: dict[str, Any]) -> None:
    """75 s by default: RunningHub's docs advise to poll every 5 s."""
    server = Server(Options(("runflow",), settings=Settings(), **given))
    try:
        assert server._server.config.timeout_keep_alive == given.get("keep_alive", 75)
    finally:
        server.close()


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize("seconds", [1, 300])
def test_the_idle_time_is_what_a_connection_waits(seconds: int, short: bool) -> None:
    """From the end of its last response."""
    server = Server(Options(("runflow",), keep_alive=seconds), short=short)
    with hosted(server) as mock_server, Wires(mock_server).open() as one:
        one.sendall(HEALTH)
        assert statuses(one.recv(65536)) == [200]
        (connection,) = server._server.server_state.connections
        assert isinstance(connection, WireProtocol)
        timer = connection._idle_timer if short else connection.timeout_keep_alive_task
        assert timer is not None
        assert connection.timeout_keep_alive == seconds
        assert seconds - 1 < timer.when() - connection.loop.time() < seconds + 0.1

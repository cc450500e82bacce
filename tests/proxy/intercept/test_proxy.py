"""The proxy by itself: what is no request to it, many connections at once, and its end."""

import socket
import ssl
import time
from collections.abc import Iterator

import pytest
from proxy.intercept.conftest import ServerLog

from mockreel.proxy.intercept.certificate_authority import Authority, authority
from mockreel.proxy.intercept.host_routes import Routes
from mockreel.proxy.intercept.intercept_proxy import Proxy, proxying
from mockreel.proxy.intercept.traffic_record import TrafficRecord

pytest.importorskip("trustme", reason="the extra [run] is not installed, so no proxy was opened")

HOST = "api.one.example"


@pytest.fixture
def trusted() -> Iterator[Authority]:
    """An authority for the one simulated host."""
    with authority([HOST], {}) as made:
        yield made


@pytest.fixture
def proxy(server: ServerLog, trusted: Authority) -> Iterator[Proxy]:
    """A proxy whose one provider is the small server."""
    with proxying(Routes({HOST: server.port}), trusted.context, traffic=TrafficRecord(lambda _: None)) as opened:
        yield opened


def _port(proxy: Proxy) -> int:
    return int(proxy.url.rpartition(":")[2])


def _output(proxy: Proxy, sent: bytes) -> bytes:
    """The proxy's response to some bytes."""
    with socket.create_connection(("127.0.0.1", _port(proxy)), 10) as one:
        one.sendall(sent)
        return b"".join(iter(lambda: one.recv(65536), b""))


def _secure(proxy: Proxy, trusted: Authority) -> ssl.SSLSocket:
    """A connection to the provider through the proxy, as a client makes it."""
    one = socket.create_connection(("127.0.0.1", _port(proxy)), 10)
    one.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    assert one.recv(65536).startswith(b"HTTP/1.1 200 ")
    return ssl.create_default_context(cafile=str(trusted.bundle)).wrap_socket(one, server_hostname=HOST)


@pytest.mark.parametrize(
    ("sent", "status", "why"),
    [
        (b"hello\r\n\r\n", 400, b"no HTTP/1.1 request"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, b"this port is the proxy of a run"),
        (b"GET https://api.one.example/ HTTP/1.1\r\n\r\n", 400, b"is not a URL"),
        (b"GET http://files.example/ HTTP/1.1\r\n\r\n", 403, b"--allow-host files.example"),
        (b"GET http://api.one.example/ HTTP/1.1\r\n\r\n", 403, b"a key would be sent unencrypted"),
        (b"CONNECT api.one.example:8080 HTTP/1.1\r\n\r\n", 403, b"on the usual port"),
        (b"CONNECT api.one.example:port HTTP/1.1\r\n\r\n", 400, b"is not a host and port"),
        (b"CONNECT 127.0.0.1:9 HTTP/1.1\r\n\r\n", 502, b"cannot be reached"),
        (b"x" * 70_000 + b"\r\n\r\n", 400, b"no HTTP/1.1 request"),
    ],
)
def test_an_impossible_request_gets_an_error_message(proxy: Proxy, sent: bytes, status: int, why: bytes) -> None:
    """In the status line too, as clients show no more."""
    output = _output(proxy, sent)

    assert output.startswith(b"HTTP/1.1 %d " % status)
    assert why in output.split(b"\r\n", 1)[0]


def test_plain_requests_on_this_machine_pass(proxy: Proxy, server: ServerLog) -> None:
    """With their body, and without what was meant for the proxy."""
    head = f"POST {server.url}/a?b=c HTTP/1.1\r\nHost: h\r\nProxy-Connection: keep-alive\r\nContent-Length: 4\r\n\r\n"

    assert _output(proxy, head.encode() + b"body").endswith(b"heard")
    assert server.lines == ["POST /a?b=c HTTP/1.1"]
    assert server.bodies == [b"body"]
    assert "proxy-connection" not in server.headers[0]


def test_many_connections_at_once_reach_the_provider(proxy: Proxy, trusted: Authority, server: ServerLog) -> None:
    """Each with its own TLS."""
    open_ones = [_secure(proxy, trusted) for _ in range(20)]
    for one in open_ones:
        one.sendall(b"GET /x HTTP/1.0\r\n\r\n")
    output = [b"".join(iter(lambda one=one: one.recv(65536), b"")) for one in open_ones]  # type: ignore[misc]
    for one in open_ones:
        one.close()

    assert all(text.endswith(b"heard") for text in output)
    assert len(server.lines) == proxy.traffic.arrived[HOST] == 20


def test_the_port_of_a_host_needs_no_connect(proxy: Proxy, trusted: Authority) -> None:
    """For programs that take no proxy."""
    context = ssl.create_default_context(cafile=str(trusted.bundle))
    with (
        socket.create_connection(proxy.tls_ports[HOST], 10) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as one,
    ):
        one.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert b"".join(iter(lambda: one.recv(65536), b"")).endswith(b"heard")


def test_a_certificate_for_another_host_is_not_made(proxy: Proxy, trusted: Authority) -> None:
    """The authority has signed for the providers' hosts alone."""
    context = ssl.create_default_context(cafile=str(trusted.bundle))
    with (
        socket.create_connection(proxy.tls_ports[HOST], 10) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
    ):
        context.wrap_socket(plain, server_hostname="api.other.example")


def test_a_client_that_leaves_after_the_handshake_is_reported_once(
    server: ServerLog, trusted: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """Some look at the certificate themselves, once TLS stands; nothing of it is in anybody's log."""
    reported: list[str] = []
    with proxying(Routes({HOST: server.port}), trusted.context, traffic=TrafficRecord(reported.append)) as proxy:
        for _ in range(3):
            _secure(proxy, trusted).close()

    assert len(reported) == 1
    assert f"{HOST} was not called: the program ended the connection before its first request." in reported[0]
    assert (proxy.traffic.unused[HOST], caplog.text) == (3, "")


def test_open_connections_do_not_hold_up_the_end(server: ServerLog, trusted: Authority) -> None:
    """A program may have left some."""
    with proxying(Routes({HOST: server.port}), trusted.context, traffic=TrafficRecord(lambda _: None)) as proxy:
        idle = _secure(proxy, trusted)
        silent = socket.create_connection(("127.0.0.1", _port(proxy)), 10)
        began = time.monotonic()
    took = time.monotonic() - began
    idle.close()
    silent.close()

    assert took < 5

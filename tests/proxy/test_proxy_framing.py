"""What could be read in two ways does not get through the proxy: not to the provider, and not back."""

import socket

import pytest
from proxy.conftest import KEY, FakeUpstream, PutBetween
from security.test_request_framing import DOUBTFUL
from security.wires import LAST, received, statuses


@pytest.mark.parametrize("data", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_an_ambiguous_request_is_not_forwarded(put_between: PutBetween, provider: FakeUpstream, data: bytes) -> None:
    """It is rejected here, with all that follows it on the connection."""
    between = put_between()
    with socket.create_connection(("127.0.0.1", int(between.proxy.urls["runflow"].rpartition(":")[2])), 20) as one:
        one.sendall(data + LAST)
        assert statuses(received(one)) == [400]
    assert provider.received == []


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nX: a\r\n Y: b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nhello",
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    ],
)
def test_an_ambiguous_response_is_reported_and_not_forwarded(
    put_between: PutBetween, provider: FakeUpstream, response: bytes
) -> None:
    """As a missing response, in one complete response of the proxy, or read harmlessly."""
    between = put_between()
    provider.raw = response
    reported = between.send("GET", "/v1/health")

    assert reported.status_code in (200, 502)
    assert not [name for name in reported.headers if name.lower() in ("y", "x-evil")]
    provider.raw = None
    assert between.send("GET", "/v1/health").json() == {"status": "ok"}
    assert KEY not in "\n".join(between.output)

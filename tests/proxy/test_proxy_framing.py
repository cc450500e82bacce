"""What could be read in two ways does not get through the proxy: not to the provider, and not back."""

import re
import socket

import httpx2
import pytest
from proxy.conftest import INPUT, KEY, SUBMIT, FakeUpstream, PutBetween
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


HUSH = "hush-Zk4mPq9XwL2vTn8B"


@pytest.mark.parametrize(
    "response",
    [
        f"HTTP/1.1 200 OK\r\nX Key: {HUSH}\r\nContent-Length: 0\r\n\r\n",
        f"HTTP/1.1 abc {HUSH}\r\n\r\n",
        f"{HUSH}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{HUSH}\r\n",
        f"HTTP/1.1 200 OK\r\nSet-Cookie: a={HUSH}\x01\r\nContent-Length: 0\r\n\r\n",
        f"HTTP/1.1 999 {HUSH}\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
    ],
)
def test_an_unreadable_response_is_reported_without_what_it_said(
    put_between: PutBetween, provider: FakeUpstream, response: str
) -> None:
    """To the client and in the log, with a reason and a count; the request's cost stays counted as uncertain."""
    between = put_between()
    provider.raw = response.encode()
    try:
        shown = between.send("POST", SUBMIT, INPUT).text
    except httpx2.RemoteProtocolError:  # what had begun ends in the middle
        shown = ""
    log = "\n".join(between.output)

    assert HUSH not in shown + log
    assert re.search(r"runs: .+ (sent|broke off) \S.+: \S|runs: .+ sent \S", log), log
    assert not log.rstrip().endswith(":")
    assert between.spending_limit.uncertain == 1
    assert between.proxy.report.failures == 1

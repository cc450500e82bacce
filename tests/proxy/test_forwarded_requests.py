"""Requests are forwarded unchanged over verified TLS, and responses are returned unchanged."""

import gzip
import socket
import threading
from urllib.parse import unquote

import orjson
import pytest
from proxy.conftest import INPUT, KEY, SUBMIT, Between, FakeUpstream, PutBetween
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mockreel.contract.messages.message import Response
from mockreel.proxy.proxy_report import Report


def test_a_request_and_its_response_pass_unchanged(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Method, target, key and body one way; status, headers and body the other."""
    between = put_between()
    body = b'{"input":  {"prompt": "a paper boat"}}'
    response = between.send("POST", SUBMIT + "?a=%2F&b", body, idempotency_key="one")

    received = provider.received[0]
    assert (received.method, received.target, received.body) == ("POST", SUBMIT + "?a=%2F&b", body)
    assert received.headers["Host"] == "api.runflow.io"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.headers["idempotency-key"] == "one"
    assert response.status_code == 201
    assert response.json()["status_code"] == "queued"


def test_an_untrusted_host_gets_nothing(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Without the authority the key does not leave."""
    between = put_between(ca=None)
    response = between.submit()

    assert response.status_code == 502
    assert "is not trusted" in response.json()["detail"]
    assert "--ca FILE" in response.json()["detail"]
    assert provider.received == []
    assert between.spending_limit.sums.get("USD", 0) == 0


def test_headers_of_the_connection_stay_behind(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Those that HTTP names, and those that `Connection` does."""
    between = put_between()
    provider.tamper = lambda _, response: Response(
        response.status,
        response.body,
        (
            *response.headers,
            (b"connection", b"x-hop"),
            (b"x-hop", b"1"),
            (b"keep-alive", b"timeout=5"),
            (b"x-end", b"2"),
        ),
    )
    response = between.send("GET", "/v1/health", connection="keep-alive, x-own", x_own="1", te="trailers", x_end="2")

    sent = {name.lower() for name in provider.received[0].headers}
    assert "x-end" in sent
    assert not sent & {"x-own", "te", "proxy-connection"}
    assert response.headers["x-end"] == "2"
    assert not {"x-hop", "keep-alive"} & {*response.headers}


def test_a_websocket_is_rejected_by_the_proxy_itself(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Instead of a request without its upgrade, which the provider would answer as it likes."""
    between = put_between()
    url = str(between.client.base_url).replace("http", "ws")
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{url}/ws/c_instance?c_host=a")

    assert refused.value.response.status_code == 501
    assert b"It forwards no WebSocket" in refused.value.response.body
    assert provider.received == []
    assert any("/ws/c_instance" in line and "was not sent" in line for line in between.output)


def test_codings_that_the_proxy_cannot_read_are_not_requested(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Only codings that the proxy can decode are forwarded; the response stays encoded for the client."""
    between = put_between()
    provider.tamper = lambda _, response: Response(
        response.status, gzip.compress(b'{"status": 5}'), ((b"content-encoding", b"gzip"), *response.headers)
    )
    response = between.send("GET", "/v1/health", accept_encoding="br, gzip;q=0.8, zstd")

    assert provider.received[0].headers["accept-encoding"] == "gzip;q=0.8"
    assert response.headers["content-encoding"] == "gzip"
    assert response.json() == {"status": 5}
    assert any("/status" in line for line in between.violations)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_a_response_without_a_body_passes_without_one(
    put_between: PutBetween, provider: FakeUpstream, method: str, status: int
) -> None:
    """With any declared length; the connection stays usable."""
    between = put_between()
    provider.tamper = lambda _, response: Response(status, b"", ((b"content-length", b"15"), (b"etag", b'"x"')))
    response = between.send(method, "/v1/health")
    provider.tamper = None

    assert (response.status_code, response.content, response.headers["etag"]) == (status, b"", '"x"')
    assert between.send("GET", "/v1/health").json() == {"status": "ok"}


def test_a_chunked_response_passes_completely(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Its length is not known before."""
    between = put_between()
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    provider.raw = head + b'9\r\n{"status"\r\n6\r\n:"ok"}\r\n0\r\n\r\n'

    assert between.send("GET", "/v1/health").json() == {"status": "ok"}
    assert between.violations == []


def test_a_large_upload_is_streamed(put_between: PutBetween, provider: FakeUpstream) -> None:
    """A body above the limit is forwarded but not checked."""
    between = put_between(most_body=1000)
    body = b"x" * 100_000
    between.client.put("/asset-uploads/one?token=t", content=iter([body, body]), headers={"content-type": "image/png"})

    assert provider.received[0].body == body + body


def test_a_response_is_streamed(put_between: PutBetween, provider: FakeUpstream) -> None:
    """The proxy does not wait for its end."""
    between = put_between()
    begun = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nhello"
    provider.raw = begun
    with socket.create_connection(("127.0.0.1", _port(between)), 10) as one:
        one.sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
        came = b"".join(iter(lambda: one.recv(65536), b""))

    assert came.endswith(b"\r\n\r\nhello")
    assert b"content-length: 10" in came
    assert any("broke off its response" in line for line in between.output)


def test_an_unreachable_upstream_is_reported_with_a_message(put_between: PutBetween) -> None:
    """It names the host, and says that nothing was sent; the money is given back."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        between = put_between(connects={"api.runflow.io": f"127.0.0.1:{free.getsockname()[1]}"})
        response = between.submit()

    assert response.status_code == 502
    assert response.headers["content-type"] == "application/problem+json"
    assert "https://api.runflow.io cannot be reached" in response.json()["detail"]
    assert "Nothing was sent" in response.json()["detail"]
    assert between.spending_limit.unknown == 0
    assert between.spending_limit.sums["USD"] == 0


def test_a_connection_that_ends_before_the_response_may_have_cost(
    put_between: PutBetween, provider: FakeUpstream
) -> None:
    """The job may exist, so its price stays counted and is reported as uncertain."""
    between = put_between()
    provider.raw = b""
    response = between.submit()

    assert response.status_code == 502
    assert "may have arrived" in response.json()["detail"]
    assert between.spending_limit.uncertain == 1
    assert between.spending_limit.sums["USD"] > 0


def test_a_client_that_disconnects_during_its_request_spends_nothing(
    put_between: PutBetween, provider: FakeUpstream
) -> None:
    """Half a submit is none, and is not sent."""
    between = put_between()
    with socket.create_connection(("127.0.0.1", _port(between)), 10) as one:
        head = f"POST {SUBMIT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        one.sendall(head.encode() + b'{"input"')
    assert between.send("GET", "/v1/health").status_code == 200

    assert [received.method for received in provider.received] == ["GET"]
    assert [*between.spending_limit.lines()] == ["Spent: nothing."]


def test_a_clients_own_host_chooses_among_the_providers(put_between: PutBetween, provider: FakeUpstream) -> None:
    """A provider with two hosts is requested at the host that the client names."""
    between = put_between(name="runninghub")
    for host in ("www.runninghub.cn", "evil.example", "www.runninghub.ai"):
        between.send("POST", "/openapi/v2/query", {"taskId": "1"}, host=host)

    assert [received.headers["Host"] for received in provider.received] == [
        "www.runninghub.cn",
        "www.runninghub.ai",
        "www.runninghub.ai",
    ]


def test_the_response_arrives_before_it_is_checked(put_between: PutBetween, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow checks do not delay the client."""
    between = put_between()
    judging, answered = threading.Event(), threading.Event()

    def slowly(*_: object) -> None:
        judging.set()
        assert answered.wait(10)

    monkeypatch.setattr(Report, "passed", slowly)
    assert between.send("GET", "/v1/health").json() == {"status": "ok"}
    assert judging.wait(10)
    answered.set()


def test_a_failing_check_breaks_no_response(
    put_between: PutBetween, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log reports it as an error of the proxy."""
    between = put_between()
    monkeypatch.setattr("mockreel.proxy.contract_watch.Watch.violations", lambda *_: 1 / 0)

    assert between.send("GET", "/v1/health").status_code == 200
    assert between.send("GET", "/v1/health").status_code == 200
    assert "GET /v1/health could not be checked" in caplog.text


def test_no_key_is_ever_reported(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Not even in a violation that quotes a response with the key."""
    between = put_between()
    provider.tamper = lambda _, response: Response(
        200, orjson.dumps({"status": f"hello {KEY}", "id": KEY}), ((b"content-type", b"application/json"),)
    )
    between.send("GET", "/v1/runs/01a1fc26-6fac-7335-9e7a-f48a3848d822")
    between.send("POST", SUBMIT, {"input": {"prompt": 5, "note": KEY}})

    assert between.violations
    assert KEY not in "\n".join(between.output)
    assert INPUT["input"]["prompt"] not in repr(between.proxy.report)


@pytest.mark.parametrize("path", ["/no/such/{}", "/v1/runs/{}/no/such", "/{}/{}", "/no/{}?q={}", "/go//me:{}@host"])
@pytest.mark.parametrize("quoted", [KEY, "".join(f"%{byte:02x}" for byte in KEY.encode())])
def test_a_key_in_an_unknown_path_is_not_reported(put_between: PutBetween, path: str, quoted: str) -> None:
    """Neither in a line about the exchange nor in the summary."""
    between = put_between()
    between.send("GET", path.replace("{}", quoted))
    between.send("POST", path.replace("{}", quoted), {"input": 5})

    said = "\n".join([*between.output, *between.proxy.report.lines()])
    assert between.violations
    assert KEY not in unquote(said)
    assert "…" in said


def _port(between: Between) -> int:
    return int(between.proxy.urls["runflow"].rpartition(":")[2])

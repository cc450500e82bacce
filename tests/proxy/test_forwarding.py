"""What goes through the proxy arrives as it was sent, over verified TLS, and comes back as it was answered."""

import gzip
import socket
import threading

import orjson
import pytest
from proxy.conftest import INPUT, KEY, SUBMIT, Between, FakeUpstream, PutBetween
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mockreel.contract.messages.message import Response
from mockreel.proxy.proxy_report import Report


def test_a_request_and_its_reply_pass_as_they_are(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Method, target, key and body one way; status, headers and body the other."""
    between = put_between()
    body = b'{"input":  {"prompt": "a paper boat"}}'
    reply = between.ask("POST", SUBMIT + "?a=%2F&b", body, idempotency_key="one")

    heard = provider.heard[0]
    assert (heard.method, heard.target, heard.body) == ("POST", SUBMIT + "?a=%2F&b", body)
    assert heard.headers["Host"] == "api.runflow.io"
    assert heard.headers["authorization"] == f"Bearer {KEY}"
    assert heard.headers["idempotency-key"] == "one"
    assert reply.status_code == 201
    assert reply.json()["status_code"] == "queued"


def test_a_host_that_nobody_vouches_for_gets_nothing(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Without the authority the key does not leave."""
    between = put_between(ca=None)
    reply = between.submit()

    assert reply.status_code == 502
    assert "is not trusted" in reply.json()["detail"]
    assert "--ca FILE" in reply.json()["detail"]
    assert provider.heard == []
    assert between.spending_limit.sums.get("USD", 0) == 0


def test_headers_of_the_connection_stay_behind(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Those that HTTP names, and those that `Connection` does."""
    between = put_between()
    provider.tamper = lambda _, reply: Response(
        reply.status,
        reply.body,
        (*reply.headers, (b"connection", b"x-hop"), (b"x-hop", b"1"), (b"keep-alive", b"timeout=5"), (b"x-end", b"2")),
    )
    reply = between.ask("GET", "/v1/health", connection="keep-alive, x-own", x_own="1", te="trailers", x_end="2")

    sent = {name.lower() for name in provider.heard[0].headers}
    assert "x-end" in sent
    assert not sent & {"x-own", "te", "proxy-connection"}
    assert reply.headers["x-end"] == "2"
    assert not {"x-hop", "keep-alive"} & {*reply.headers}


def test_a_websocket_is_refused_by_the_proxy_itself(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Instead of a request without its upgrade, which the provider would answer as it likes."""
    between = put_between()
    url = str(between.client.base_url).replace("http", "ws")
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{url}/ws/c_instance?c_host=a")

    assert refused.value.response.status_code == 501
    assert b"It forwards no WebSocket" in refused.value.response.body
    assert provider.heard == []
    assert any("/ws/c_instance" in line and "was not sent" in line for line in between.said)


def test_what_the_proxy_cannot_read_is_not_asked_for(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Of the codings that a client takes, the known ones are passed on; the response stays coded for the client."""
    between = put_between()
    provider.tamper = lambda _, reply: Response(
        reply.status, gzip.compress(b'{"status": 5}'), ((b"content-encoding", b"gzip"), *reply.headers)
    )
    reply = between.ask("GET", "/v1/health", accept_encoding="br, gzip;q=0.8, zstd")

    assert provider.heard[0].headers["accept-encoding"] == "gzip;q=0.8"
    assert reply.headers["content-encoding"] == "gzip"
    assert reply.json() == {"status": 5}
    assert any("/status" in line for line in between.violations)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_a_reply_without_a_body_passes_as_one(
    put_between: PutBetween, provider: FakeUpstream, method: str, status: int
) -> None:
    """Whatever length it claims; the connection goes on."""
    between = put_between()
    provider.tamper = lambda _, reply: Response(status, b"", ((b"content-length", b"15"), (b"etag", b'"x"')))
    reply = between.ask(method, "/v1/health")
    provider.tamper = None

    assert (reply.status_code, reply.content, reply.headers["etag"]) == (status, b"", '"x"')
    assert between.ask("GET", "/v1/health").json() == {"status": "ok"}


def test_a_reply_in_chunks_passes_whole(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Its length is not known before."""
    between = put_between()
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    provider.raw = head + b'9\r\n{"status"\r\n6\r\n:"ok"}\r\n0\r\n\r\n'

    assert between.ask("GET", "/v1/health").json() == {"status": "ok"}
    assert between.violations == []


def test_a_large_upload_is_streamed(put_between: PutBetween, provider: FakeUpstream) -> None:
    """More than is held goes through all the same, and is not checked."""
    between = put_between(most_body=1000)
    body = b"x" * 100_000
    between.client.put("/asset-uploads/one?token=t", content=iter([body, body]), headers={"content-type": "image/png"})

    assert provider.heard[0].body == body + body


def test_a_reply_comes_while_it_is_being_sent(put_between: PutBetween, provider: FakeUpstream) -> None:
    """The proxy does not wait for its end."""
    between = put_between()
    begun = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nhello"
    provider.raw = begun
    with socket.create_connection(("127.0.0.1", _port(between)), 10) as one:
        one.sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
        came = b"".join(iter(lambda: one.recv(65536), b""))

    assert came.endswith(b"\r\n\r\nhello")
    assert b"content-length: 10" in came
    assert any("broke off its reply" in line for line in between.said)


def test_an_upstream_that_is_not_there_is_told_in_a_sentence(put_between: PutBetween) -> None:
    """It names the host, and says that nothing was sent; the money is given back."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        between = put_between(connects={"api.runflow.io": f"127.0.0.1:{free.getsockname()[1]}"})
        reply = between.submit()

    assert reply.status_code == 502
    assert reply.headers["content-type"] == "application/problem+json"
    assert "https://api.runflow.io cannot be reached" in reply.json()["detail"]
    assert "Nothing was sent" in reply.json()["detail"]
    assert between.spending_limit.unknown == 0
    assert between.spending_limit.sums["USD"] == 0


def test_a_connection_that_ends_before_the_reply_may_have_cost(put_between: PutBetween, provider: FakeUpstream) -> None:
    """The job may exist, so that its price stays counted, and is said to be uncertain."""
    between = put_between()
    provider.raw = b""
    reply = between.submit()

    assert reply.status_code == 502
    assert "may have arrived" in reply.json()["detail"]
    assert between.spending_limit.uncertain == 1
    assert between.spending_limit.sums["USD"] > 0


def test_who_leaves_in_the_middle_of_its_request_has_spent_nothing(
    put_between: PutBetween, provider: FakeUpstream
) -> None:
    """Half a submit is none, and is not sent."""
    between = put_between()
    with socket.create_connection(("127.0.0.1", _port(between)), 10) as one:
        head = f"POST {SUBMIT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        one.sendall(head.encode() + b'{"input"')
    assert between.ask("GET", "/v1/health").status_code == 200

    assert [heard.method for heard in provider.heard] == ["GET"]
    assert [*between.spending_limit.lines()] == ["Spent: nothing."]


def test_a_clients_own_host_chooses_among_the_providers(put_between: PutBetween, provider: FakeUpstream) -> None:
    """A provider with two hosts is asked at the one that the client names, and no other is ever asked."""
    between = put_between(name="runninghub")
    for host in ("www.runninghub.cn", "evil.example", "www.runninghub.ai"):
        between.ask("POST", "/openapi/v2/query", {"taskId": "1"}, host=host)

    assert [heard.headers["Host"] for heard in provider.heard] == [
        "www.runninghub.cn",
        "www.runninghub.ai",
        "www.runninghub.ai",
    ]


def test_the_reply_is_there_before_it_is_judged(put_between: PutBetween, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks that take their time do not hold up the client."""
    between = put_between()
    judging, answered = threading.Event(), threading.Event()

    def slowly(*_: object) -> None:
        judging.set()
        assert answered.wait(10)

    monkeypatch.setattr(Report, "passed", slowly)
    assert between.ask("GET", "/v1/health").json() == {"status": "ok"}
    assert judging.wait(10)
    answered.set()


def test_a_check_that_breaks_breaks_no_reply(
    put_between: PutBetween, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is the proxy's fault, and said so in the log."""
    between = put_between()
    monkeypatch.setattr("mockreel.proxy.contract_watch.Watch.remarks", lambda *_: 1 / 0)

    assert between.ask("GET", "/v1/health").status_code == 200
    assert between.ask("GET", "/v1/health").status_code == 200
    assert "GET /v1/health could not be checked" in caplog.text


def test_no_key_is_ever_said(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Not in a violation that quotes what came, though the provider repeats the key."""
    between = put_between()
    provider.tamper = lambda _, reply: Response(
        200, orjson.dumps({"status": f"hello {KEY}", "id": KEY}), ((b"content-type", b"application/json"),)
    )
    between.ask("GET", "/v1/runs/01a1fc26-6fac-7335-9e7a-f48a3848d822")
    between.ask("POST", SUBMIT, {"input": {"prompt": 5, "note": KEY}})

    assert between.violations
    assert KEY not in "\n".join(between.said)
    assert INPUT["input"]["prompt"] not in repr(between.proxy.report)


def _port(between: Between) -> int:
    return int(between.proxy.urls["runflow"].rpartition(":")[2])

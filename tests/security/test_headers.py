"""Nothing that a client says becomes a header of a response, of a callback or a line of a log of its own."""

import httpx2
import pytest
from security.wires import KEY, SUBMIT, Receiver, Wires

EVIL = "x\r\nX-Evil: 1\r\n\r\n<script>"
# How line ends may be written where a header, a path or a text of JSON stands.
WRITTEN = ("%0d%0aX-Evil:%201", "%0aX-Evil:%201", "%E5%98%8A%E5%98%8DX-Evil:1", "\\r\\nX-Evil: 1", "%00X-Evil")


def _heads(text: bytes) -> list[str]:
    """The names of the headers of every response."""
    heads = [part.partition(b"\r\n\r\n")[0] for part in text.split(b"HTTP/1.1 ")[1:]]
    return [line.partition(b":")[0].decode().lower() for head in heads for line in head.split(b"\r\n")[1:]]


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize(
    "line",
    [
        "GET /v1/runs/{}",
        "GET /v1/runs?cursor={}",
        "GET /{}",
        "DELETE /v1/{}",
        "GET /_mockreel/media/{}.mp4",
        "GET /_mockreel/uploads/{}",
        "GET /_mockreel/{}",
    ],
)
def test_a_path_or_a_query_makes_no_header(wires: Wires, line: str, written: str) -> None:
    """At the providers' ports and at the control port."""
    for address in wires.server.addresses:
        requested = line.format(written).encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        assert "x-evil" not in _heads(wires.said(requested + KEY + b"\r\n", address=address))


@pytest.mark.parametrize(
    "name", ["X-Client-Request-Id", "Idempotency-Key", "Prefer", "Range", "If-None-Match", "Origin", "Traceparent"]
)
@pytest.mark.parametrize("value", [b"a\rX-Evil: 1", b"a\nX-Evil: 1", b"a\0X-Evil: 1", b"a\x85X-Evil: 1"])
def test_a_header_that_is_repeated_makes_no_other(wires: Wires, name: str, value: bytes) -> None:
    """What could end a line is refused, or repeated as it is."""
    for address in wires.server.addresses:
        requested = b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + KEY
        output = wires.said(requested + name.encode() + b": " + value + b"\r\n\r\n", address=address)
        assert "x-evil" not in _heads(output)


@pytest.mark.parametrize(
    "mime", [EVIL, "text/html\rX-Evil: 1", "text/html\nX-Evil: 1", "image/png\0", "te\u2028xt/html"]
)
def test_the_type_of_an_upload_makes_no_header(wires: Wires, mime: str) -> None:
    """It is served back under the type that was announced, if that is one; never under two, and never as a page."""
    url = wires.server.runflow.url
    client = httpx2.Client(base_url=url, headers={"authorization": "Bearer rf_live_one"}, trust_env=False)
    with client:
        announced = client.post("/v1/asset-uploads", json={"filename": EVIL, "content_type": mime, "size_bytes": 1})
        output = wires.said(_upload(mime.encode()), address="runninghub")

    assert announced.status_code in (400, 415, 422)
    assert b"500" not in output[:20]
    assert "x-evil" not in _heads(output)
    for address in ("runflow", "runninghub"):
        for one in wires.server.simulator.provider(address).uploads:
            fetch = f"GET /_mockreel/uploads/{one.id} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            back = wires.said(fetch, address=address)
            assert back.startswith((b"HTTP/1.1 200", b"HTTP/1.1 404"))
            assert "x-evil" not in _heads(back)


def _upload(mime: bytes) -> bytes:
    body = (
        b"--b\r\nContent-Disposition: form-data; name=file; filename=a\r\nContent-Type: "
        + mime
        + b"\r\n\r\nx\r\n--b--\r\n"
    )
    return (
        b"POST /openapi/v2/media/upload/binary HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer a\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )


@pytest.mark.parametrize(
    "tail", ["/a\r\nX-Evil: 1", "/a%0d%0aX-Evil:%201", "/a?b=\nX-Evil: 1", "/\u010d\u010aX-Evil: 1", "/a"]
)
def test_a_callback_carries_no_header_that_its_url_names(wires: Wires, receiver: Receiver, tail: str) -> None:
    """Line ends in a callback URL are refused, or sent as part of the path."""
    body = {"input": {"prompt": "a boat"}, "callback_url": f"http://127.0.0.1:{receiver.port}{tail}"}
    headers = {"authorization": "Bearer rf_live_one"}
    answer = httpx2.post(wires.server.runflow.url + SUBMIT, json=body, headers=headers, trust_env=False)
    wires.server.advance(60)

    assert answer.status_code in (201, 422)
    assert "x-evil" not in receiver.names
    assert bool(receiver.paths) or tail != "/a"

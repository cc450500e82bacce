"""Nobody keeps the server busy, or fills it: heads, bodies, uploads, accounts and patience have bounds."""

import gzip
import resource
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from security.wires import HEALTH, KEY, SUBMIT, Wires, received, statuses

from mockreel.server.http import uvicorn_server
from mockreel.server.http.connection import bounded_protocol
from mockreel.server.socket_server import serving
from mockreel.simulator.settings import Settings

CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
HEAD = f"POST {SUBMIT} HTTP/1.1\r\nHost: x\r\n".encode() + KEY + b"Content-Type: application/json\r\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wires]:
    """A mock server with the shortest timeouts."""
    monkeypatch.setattr(uvicorn_server, "LOOK_TICKS", 1)
    monkeypatch.setattr(bounded_protocol, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(bounded_protocol, "BODY_SECONDS", 0.3)
    with serving("runflow", held=True, start=1_767_225_600.0, keep_alive=1) as server:
        yield Wires(server)


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        (b"", []),
        (b"GET /v1/health HTT", [408]),
        (HEALTH[:-2], [408]),
        (HEALTH + HEALTH[:-2], [200, 408]),
        (HEAD + b"Content-Length: 100\r\n\r\n{", [408]),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", [408]),
    ],
)
def test_who_does_not_go_on_is_not_waited_for(impatient: Wires, begun: bytes, expected: list[int]) -> None:
    """In a head, in that of a second request, in a body; before any head as between two: without a word."""
    with impatient.open() as slow:
        slow.sendall(begun)
        assert impatient.alive()
        assert statuses(received(slow)) == expected
    assert impatient.alive()


def test_who_sends_a_little_at_a_time_is_not_waited_for_either(impatient: Wires) -> None:
    """It is the whole head that has a time, not each of its lines."""
    began = time.monotonic()
    with impatient.open() as slow:
        slow.settimeout(0.05)
        slow.sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n")
        came = b""
        while not came and time.monotonic() - began < 15:
            try:
                slow.sendall(b"X: y\r\n")
                came = slow.recv(100)
            except TimeoutError:
                continue
            except OSError:
                break
    assert time.monotonic() - began < 10
    assert impatient.alive()


def test_who_waits_for_an_answer_is_left_alone(impatient: Wires) -> None:
    """A request that is complete may take its time: here its job has to end, by a clock that is held."""
    body = b'{"prompt": "a boat", "duration": "4s"}'
    requested = b"POST /v1/run/google/veo3.1/lite?wait=true HTTP/1.1\r\nHost: x\r\n" + KEY
    with impatient.open() as patient:
        patient.sendall(requested + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        for _ in range(3):
            assert impatient.alive()
        patient.settimeout(0.8)
        try:
            came = patient.recv(65536)
        except TimeoutError:
            return
    assert b" 408 " not in came


@pytest.mark.parametrize(
    "begun",
    [HEALTH[:-2], HEAD + CHUNKED + b"0\r\n", HEALTH[:-2] + CHUNKED + b"0\r\n"],
    ids=["head", "trailers", "trailers of what is answered"],
)
@pytest.mark.parametrize("piece", [b"X: " + b"y" * 8000 + b"\r\n", b"y" * 8000], ids=["lines", "one line"])
def test_a_head_without_end_is_not_read_to_its_end(wires: Wires, begun: bytes, piece: bytes) -> None:
    """It is refused when it is larger than any head has to be, and so are trailers."""
    with wires.open() as one:
        one.sendall(begun)
        sent = 0
        try:
            while sent < 64 * 1024 * 1024:
                one.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
    assert sent < 16 * 1024 * 1024  # what the sockets take before they tell
    assert wires.alive()


def test_a_body_that_is_too_large_is_refused_before_it_is_read(wires: Wires) -> None:
    """In the provider's own words, whatever length it claims."""
    claimed = HEAD + b"Content-Length: 99999999999\r\n\r\n"
    with wires.open() as one:
        one.sendall(claimed)
        chunk, sent = b"x" * 65536, 0
        try:
            while sent < 256 * 1024 * 1024:
                one.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass
    assert sent < 160 * 1024 * 1024
    assert wires.alive()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_packed_body_is_not_unpacked(wires: Wires, coding: str) -> None:
    """A bomb of a gigabyte is a body that is no JSON, and takes no memory."""
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    coded = f"Content-Encoding: {coding}\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    reported = wires.said(HEAD + b"Connection: close\r\n" + coded + bomb)

    assert statuses(reported) == [422]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def test_a_deep_body_is_refused(wires: Wires) -> None:
    """A hundred thousand lists inside each other break nothing."""
    body = b"[" * 100_000 + b"]" * 100_000
    assert wires.statuses(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body) == [422]


def test_many_connections_that_say_nothing_hold_up_no_other(wires: Wires) -> None:
    """Nor does a request that stays half."""
    idle = [wires.open() for _ in range(200)]
    try:
        for one in idle[:100]:
            one.sendall(HEALTH[:-2])
        assert wires.alive()
    finally:
        for one in idle:
            one.close()


def test_no_upload_touches_the_disk(wires: Wires, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms are parsed in memory, however large their files are; what cannot be read as a form neither."""

    def touched(*_: object, **__: object) -> None:
        raise AssertionError("a file was made")

    for name in ("mkstemp", "NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile", "mkdtemp"):
        monkeypatch.setattr(tempfile, name, touched)
    before = {*Path(tempfile.gettempdir()).iterdir()}
    url = f"{wires.server.runninghub.url}/openapi/v2/media/upload/binary"
    headers = {"authorization": f"Bearer {wires.server.runninghub.key}"}
    files = {"file": ("a.png", bytes(20_000_000), "image/png")}
    answer = httpx2.post(url, files=files, headers=headers, trust_env=False, timeout=30)

    assert answer.json()["code"] == 0
    made = {*Path(tempfile.gettempdir()).iterdir()} - before
    assert not [path for path in made if path.is_file() and path.stat().st_size >= 20_000_000]


def test_uploads_are_bounded_together(wires: Wires) -> None:
    """The oldest are forgotten; what is held is never more than the limit."""
    uploads = wires.server.simulator.provider("runninghub").uploads
    url = wires.server.runninghub.url
    headers = {"authorization": f"Bearer {wires.server.runninghub.key}"}
    limit, uploads._limit = uploads._limit, 3_000_000
    try:
        for _ in range(5):
            files = {"file": ("a.png", bytes(1_000_000), "image/png")}
            httpx2.post(f"{url}/openapi/v2/media/upload/binary", files=files, headers=headers, trust_env=False)
            assert sum(len(one.data or b"") for one in uploads) <= 3_000_000
        assert len([*uploads]) == 3
    finally:
        uploads._limit = limit


def test_with_any_key_accepted_there_is_no_room_for_endless_accounts(wires: Wires) -> None:
    """A new key is refused in a sentence that says what to do; a known one goes on."""
    keyring = wires.server.simulator.provider("aimlapi").keyring
    keyring._most = len(keyring.accounts) + 2
    url = f"{wires.server.aimlapi.url}/v1/billing/balance"
    answer = [
        httpx2.get(url, headers={"authorization": f"Bearer new-{number}"}, trust_env=False) for number in (1, 2, 3, 1)
    ]

    assert [one.status_code for one in answer] == [200, 200, 403, 200]
    assert answer[2].headers["content-type"] == "application/problem+json"
    assert "POST /_mockreel/reset" in answer[2].json()["detail"]


def test_a_slow_reader_holds_up_no_other() -> None:
    """A client that requests a clip and does not read it holds one connection, and nothing else."""
    with serving("runflow", settings=Settings(), speed=60.0) as server:
        wires = Wires(server)
        headers = {"authorization": f"Bearer {server.runflow.key}"}
        with httpx2.Client(base_url=server.runflow.url, headers=headers, trust_env=False) as client:
            job = client.post(SUBMIT, json={"input": {"prompt": "a boat"}}).json()["id"]
            server.advance(60)
            path = client.get(f"/v1/runs/{job}").json()["output"]["outputs"][0]["url"].removeprefix(server.runflow.url)
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            lazy.connect(("127.0.0.1", wires.port("runflow")))
            lazy.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 20)
            assert wires.alive()

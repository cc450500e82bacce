"""A stage over real sockets: what clients may send, how it begins, how it ends."""

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from staging import FOURTH, START

from understudy import Settings, __version__
from understudy.accounts import KeyEntry
from understudy.callbacks import MemorySender, Outcome, Outgoing
from understudy.errors import DataError, OptionError, PortTaken, UnderstudyError
from understudy.server import hosting
from understudy.server.hosting import Server, serving
from understudy.server.options import Options
from understudy.server.running_stage import RunningStage

GOOD = {"model": "solo", "input": {"prompt": "x"}}
MEBI = 1024 * 1024


@pytest.fixture(scope="module")
def stage() -> Iterator[RunningStage]:
    with serving("encore", "aimlapi", data=FOURTH, held=True, start=START) as running:
        yield running


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


def connect(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port_of(url), timeout=20)


def ask(url: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """One request over a connection of its own."""
    with closing(connect(url)) as client:
        raw = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
        kind = {} if body is None else {"Content-Type": "application/json"}
        client.request(method, path, raw, {"Authorization": "Bearer k", **kind, **headers})
        answer = client.getresponse()
        content = answer.read()
        parsed = orjson.loads(content) if "json" in (answer.getheader("content-type") or "") and content else content
        return answer.status, parsed, {name.lower(): value for name, value in answer.getheaders()}


def raw(url: str, sent: bytes, *, answers: int = 1) -> list[bytes]:
    """The status lines of the answers to bytes that are sent as they are; fewer if the server hangs up."""
    with closing(socket.create_connection(("127.0.0.1", port_of(url)), timeout=20)) as one:
        one.sendall(sent)
        found: list[bytes] = []
        with one.makefile("rb") as reader:
            while len(found) < answers and (line := reader.readline()):
                found.append(line.strip())
                length = 0
                while (header := reader.readline().strip()) != b"":
                    name, _, value = header.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                reader.read(length)
        return found


def test_each_door_has_an_address_of_its_own(stage: RunningStage) -> None:
    """As in the ready file."""
    ready = stage.ready(42)

    assert list(ready) == ["pid", "version", "control", "aimlapi", "encore"]
    assert (ready["pid"], ready["version"]) == (42, __version__)
    assert ready["control"] == {"url": stage.control.url}
    assert ready["encore"] == {"url": stage.encore.url, "key": "en_user_understudy"}
    assert len({stage.control.url, stage.encore.url, stage.aimlapi.url}) == 3
    with pytest.raises(AttributeError, match="no 'runflow' on this stage; there are control, aimlapi, encore"):
        _ = stage.runflow


def test_the_key_that_is_given_works(stage: RunningStage) -> None:
    """At its provider."""
    assert ask(stage.encore.url, "GET", "/v1/jobs", Authorization=f"Bearer {stage.encore.key}")[0] == 200


@pytest.mark.parametrize("host", ["www.other.test", "127.0.0.1", "", "a, b", "[::1"])
def test_a_providers_port_takes_any_host(host: str, stage: RunningStage) -> None:
    """Real clients send the host of the real provider."""
    status, body, headers = ask(stage.encore.url, "GET", "/v1/health", Host=host)

    assert (status, body, headers["understudy-version"]) == (200, {"well": True}, __version__)


def test_the_control_port_takes_loopback_names_only(stage: RunningStage) -> None:
    """And prefixes lead to the providers from there."""
    assert ask(stage.control.url, "GET", "/_understudy/clock")[0] == 200
    assert ask(stage.control.url, "GET", "/_understudy/clock", Host="www.other.test")[0] == 403
    assert ask(stage.control.url, "GET", "/encore/v1/health")[1] == {"well": True}
    status, body, headers = ask(stage.control.url, "GET", "/v1/health")
    assert (status, headers["understudy-version"]) == (404, __version__)
    assert "/aimlapi/, /encore/" in body["detail"]


@pytest.mark.parametrize("path", ["clock", "jobs", "rules", ""])
def test_a_providers_port_has_no_control_api(path: str, stage: RunningStage) -> None:
    """Clips and uploads only."""
    assert ask(stage.encore.url, "GET", f"/_understudy/{path}")[0] == 404


def test_a_held_stage_sends_no_date(stage: RunningStage) -> None:
    """The same calls give the same bytes; a running one says what time it is."""
    assert "date" not in ask(stage.encore.url, "GET", "/v1/health")[2]
    with serving("encore", data=FOURTH) as running:
        assert "date" in ask(running.encore.url, "GET", "/v1/health")[2]


LINES = {
    b"GET /v1/health HTTP/1.1": 200,
    b"GET /v1/health HTTP/1.0": 200,
    b"GET /v1/./health HTTP/1.1": 404,
    b"GET /v1/../v1/health HTTP/1.1": 404,
    b"GET //v1/health HTTP/1.1": 404,
    b"GET /v1%2fhealth HTTP/1.1": 200,
    b"GET /v1/health?%ff=%zz&&=&limit HTTP/1.1": 200,
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
def test_any_request_line_gets_an_answer(line: bytes, stage: RunningStage) -> None:
    """Or a refusal of the server; never a 500, and the next client is served."""
    found = raw(stage.encore.url, line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")

    expected = LINES[line]
    assert expected is None or found[0].split()[1] == str(expected).encode()
    assert not found or not found[0].split()[1].startswith(b"5")
    assert ask(stage.encore.url, "GET", "/v1/health")[0] == 200


@pytest.mark.parametrize("line", [b"OPTIONS * HTTP/1.1", b"GET * HTTP/1.1", b"GET http://x/ HTTP/1.1"])
def test_any_request_line_gets_an_answer_at_the_control_port(line: bytes, stage: RunningStage) -> None:
    """Where prefixes are looked for."""
    found = raw(stage.control.url, line + b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")

    assert found
    assert found[0].split()[1].startswith(b"4")


def test_requests_may_follow_each_other_on_one_connection(stage: RunningStage) -> None:
    """Also sent at once; a HEAD between them has no body that would be in the way."""
    get, head = b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n", b"HEAD /v1/health HTTP/1.1\r\nHost: x\r\n\r\n"
    with closing(connect(stage.encore.url)) as client:
        for method in ("GET", "HEAD", "GET"):
            client.request(method, "/v1/health")
            answer = client.getresponse()
            assert answer.status == 200
            assert answer.read() == (b"" if method == "HEAD" else b'{"well":true}')
            assert answer.getheader("content-length") == "13"

    assert raw(stage.encore.url, get + get + get, answers=3) == [b"HTTP/1.1 200 OK"] * 3
    assert raw(stage.encore.url, get + head) == [b"HTTP/1.1 200 OK"]


def test_a_body_that_comes_with_a_get_is_passed_over(stage: RunningStage) -> None:
    """It is not taken for the next request."""
    body = b"DELETE /v1/jobs/x HTTP/1.1\r\nHost: x\r\n\r\n"
    get = b"GET /v1/health HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    assert raw(stage.encore.url, get + get, answers=2) == [b"HTTP/1.1 200 OK"] * 2


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
PIECES += [
    b"chunked",
    b"\x00",
    b"\xff" * 9,
    b"POST ",
    b": ",
    b"\r\n\r\n",
    b"ffffffff",
    b"0\r\n\r\n",
    b"{" * 99,
    b"\n",
    b"%",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
@settings(max_examples=60)
def test_no_bytes_end_the_server(stage: RunningStage, sent: bytes) -> None:
    """Whatever is sent, whoever comes next is served."""
    with closing(socket.create_connection(("127.0.0.1", port_of(stage.encore.url)), timeout=20)) as one:
        one.sendall(sent)
        one.shutdown(socket.SHUT_WR)
        answer = one.recv(65536)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    assert not answer.startswith(b"HTTP/1.1 5")
    assert ask(stage.encore.url, "GET", "/v1/health")[0] == 200


def test_an_upgrade_is_not_taken_up(stage: RunningStage) -> None:
    """None of the providers speaks anything but HTTP."""
    sent = b"GET /v1/health HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    sent += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

    (line,) = raw(stage.encore.url, sent)

    assert line == b"HTTP/1.1 200 OK"


def test_a_body_may_come_in_chunks(stage: RunningStage) -> None:
    """Of any size."""
    sent = b"PUT /v1/echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent += b"1\r\na\r\n" + b"3;ext=1\r\nbcd\r\n" + b"2000\r\n" + b"e" * 0x2000 + b"\r\n0\r\nTrailer: x\r\n\r\n"

    assert raw(stage.encore.url, sent) == [b"HTTP/1.1 200 OK"]


def test_a_body_of_the_largest_size_is_taken_and_a_byte_more_is_not(stage: RunningStage) -> None:
    """32 MiB, over a real socket, by a client that sends all before it reads."""
    body = b"x" * (32 * MEBI)
    status, echoed, _ = ask(stage.encore.url, "PUT", "/v1/echo", body)
    assert (status, echoed == body) == (200, True)

    status, refused, _ = ask(stage.encore.url, "PUT", "/v1/echo", body + b"x")

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
def test_a_client_may_hang_up_at_any_point(sent: bytes, stage: RunningStage) -> None:
    """With a reset even; the next client is served, and half a request begins nothing."""
    before = stage.inner.journal.count
    for _ in range(5):
        one = socket.create_connection(("127.0.0.1", port_of(stage.encore.url)), timeout=20)
        one.sendall(sent)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        one.close()

    assert ask(stage.encore.url, "GET", "/v1/health")[0] == 200
    assert b"jobs" not in sent or stage.inner.journal.count == before + 1


def test_a_request_that_waits_is_answered_when_the_clock_is_advanced(stage: RunningStage) -> None:
    """Others are answered meanwhile."""
    with ThreadPoolExecutor() as pool:
        before = stage.inner.clock.now()
        waiting = pool.submit(ask, stage.encore.url, "POST", "/v1/wait", GOOD)
        while not ask(stage.encore.url, "GET", "/v1/jobs")[1]["jobs"]:
            time.sleep(0)
        assert not waiting.done()
        assert ask(stage.control.url, "POST", "/_understudy/clock/advance", {"seconds": 100})[1]["now"] == before + 100

        status, job, _ = waiting.result(20)

    assert (status, job["state"]) == (200, "done")


def test_many_clients_at_once_are_served(stage: RunningStage) -> None:
    """Each with an account of its own, none with another's jobs."""

    def play(number: int) -> tuple[int, int]:
        key = f"Bearer client-{number}"
        made = [ask(stage.encore.url, "POST", "/v1/jobs", GOOD, Authorization=key)[0] for _ in range(5)]
        return made.count(201), len(ask(stage.encore.url, "GET", "/v1/jobs", Authorization=key)[1]["jobs"])

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(play, range(40))) == {(5, 5)}


class Receiver(ThreadingHTTPServer):
    """Takes callbacks, and refuses the first two."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.third = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Take(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(200 if len(self.server.got) > 2 else 503)
        self.end_headers()
        if len(self.server.got) > 2:
            self.server.third.set()

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_callback_is_tried_again_by_the_clock_until_it_is_taken(receiver: Receiver) -> None:
    """A running clock, sped up: three attempts, the same bytes, to the URL that the map leads to."""
    mapped = {"https://my.app": receiver.url.removesuffix("/hook")}
    with serving("encore", data=FOURTH, speed=50.0, callback_map=mapped) as running:
        body = {**GOOD, "tell": "https://my.app/hook"}
        id_ = ask(running.encore.url, "POST", "/v1/jobs", body)[1]["id"]
        assert receiver.third.wait(20)
        (delivery,) = running.inner.part("encore").deliveries.of(id_)
        while delivery.status == "pending":
            time.sleep(0)

    headers, _ = receiver.got[0]
    assert len({content for _, content in receiver.got}) == 1
    assert len({told["Encore-Signature"] for told, _ in receiver.got}) == 1
    assert headers["User-Agent"] == f"understudy/{__version__}"
    gaps = [later.at - earlier.ended for earlier, later in zip(delivery.attempts, delivery.attempts[1:], strict=False)]
    assert (gaps[0] >= 1, gaps[1] >= 2) == (True, True)
    assert delivery.status == "delivered"


def test_a_callback_to_the_stand_in_itself_fails_with_the_reason(stage: RunningStage) -> None:
    """The job is taken all the same."""
    for url in (stage.encore.url, stage.aimlapi.url, stage.control.url):
        status, job, _ = ask(stage.encore.url, "POST", "/v1/jobs", {**GOOD, "tell": f"{url}/v1/jobs"})
        assert status == 201
        ask(stage.control.url, "POST", "/_understudy/clock/advance", {"seconds": 100})
        (delivery,) = stage.inner.part("encore").deliveries.of(job["id"])
        assert (delivery.status, len(delivery.attempts)) == ("failed", 1)
        assert "is the stand-in itself" in delivery.reason


def test_listed_keys_alone_are_admitted_and_the_first_is_told(tmp_path: Path) -> None:
    """As entries or as a file."""
    file = tmp_path / "keys.yaml"
    file.write_text("- {key: other, provider: aimlapi}\n- {key: listed}\n")
    for keys in (file, [KeyEntry("other", "a", "aimlapi"), KeyEntry("listed", "a")]):
        with serving("encore", data=FOURTH, keys=keys) as running:
            assert running.encore.key == "listed"
            assert "listed" not in repr(running)
            assert ask(running.encore.url, "GET", "/v1/jobs", Authorization="Bearer listed")[0] == 200
            assert ask(running.encore.url, "GET", "/v1/jobs", Authorization="Bearer other")[0] == 401


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"host": "0.0.0.0"}, "Off loopback, list the keys: --keys FILE."),
        ({"host": "0.0.0.0", "keys": [KeyEntry("k", "a")]}, "Off loopback, set a control token."),
        ({"host": "::", "token": "t"}, "Off loopback, list the keys"),
    ],
)
def test_off_loopback_nothing_is_open(options: dict[str, Any], says: str) -> None:
    """Keys are listed, and the control API has a token."""
    with pytest.raises(OptionError, match=says):
        Server(Options(("encore",), data=FOURTH, **options))


def test_off_loopback_the_control_api_wants_its_token() -> None:
    """Under whatever name."""
    options = {"host": "0.0.0.0", "keys": [KeyEntry("k", "a")], "token": "t"}
    with serving("encore", data=FOURTH, **options) as running:
        assert ask(running.control.url, "GET", "/_understudy/clock", Host="stage.test")[0] == 403
        found = ask(running.control.url, "GET", "/_understudy/clock", Host="stage.test", Authorization="Bearer t")
        assert found[0] == 200
        assert ask(running.encore.url, "GET", "/v1/jobs")[0] == 200


def test_a_port_that_is_in_use_is_told_and_none_is_kept() -> None:
    """The block is never entered."""
    with closing(socket.create_server(("127.0.0.1", 0))) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"Cannot listen on 127\.0\.0\.1:{port}: .*in use"), serving(port=port):
            raise AssertionError("it was entered")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"readings": {"none": "x"}}, OptionError),
        ({"keys": Path("/no/such/file")}, DataError),
        ({"settings": Settings(pace="lento")}, OptionError),
        ({"speed": 0}, OptionError),
        ({"start": -5}, OptionError),
        ({"data": Path("/no/such/folder")}, DataError),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_bound(
    options: dict[str, Any], error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No port is held by a stage that never was."""
    bound: list[Any] = []
    monkeypatch.setattr(hosting, "listen", lambda *args: bound.append(args))

    with pytest.raises(error):
        Server(Options(**{"data": FOURTH, "providers": ("encore",), **options}))
    assert not bound


def test_a_stage_that_does_not_come_up_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what went wrong behind it; the ports are given back."""

    async def breaks(*_: Any, **__: Any) -> None:
        raise OSError("no file descriptors left")

    monkeypatch.setattr(uvicorn.Server, "startup", breaks)
    with pytest.raises(UnderstudyError, match="could not be served") as caught, serving("encore", data=FOURTH):
        raise AssertionError("it was entered")

    assert isinstance(caught.value.__cause__, OSError)


def test_when_the_block_ends_nothing_is_left() -> None:
    """No thread, no port; also where the block raised, and where a request still waits."""
    threads = threading.active_count()
    urls: list[str] = []

    def breaks() -> None:
        with serving("encore", data=FOURTH, sender=MemorySender()) as running:
            urls.append(running.encore.url)
            ask(running.encore.url, "POST", "/v1/jobs", {**GOOD, "tell": "http://127.0.0.1:9/"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks()
    assert threading.active_count() == threads
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port_of(urls[0])), timeout=5)


class _Hangs(MemorySender):
    """A receiver that takes a callback and never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()

    async def send(self, _: Outgoing) -> Outcome:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody ends this")


def test_what_waits_when_the_server_is_stopped_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    """In the provider's own words, at its port and below its name; the control API in its own; no traceback."""
    sender = _Hangs()
    with ThreadPoolExecutor() as pool:
        with serving("encore", data=FOURTH, held=True, sender=sender) as running:
            ask(running.encore.url, "POST", "/v1/jobs", {**GOOD, "tell": "http://127.0.0.1:9/"})
            advancing = pool.submit(ask, running.control.url, "POST", "/_understudy/clock/advance", {"seconds": 100})
            assert sender.asked.wait(20)
            waiting = [
                pool.submit(ask, running.encore.url, "POST", "/v1/wait", GOOD),
                pool.submit(ask, running.control.url, "POST", "/encore/v1/wait", GOOD),
            ]
            while len(ask(running.encore.url, "GET", "/v1/jobs")[1]["jobs"]) < 3:
                time.sleep(0)
        answers = [one.result(20) for one in waiting]
        advanced = advancing.result(20)

    assert [status for status, _, _ in answers] == [503, 503]
    assert all("The house is closed." in str(body) for _, body, _ in answers)
    assert (advanced[0], advanced[1]["title"]) == (503, "Stopping")
    assert {headers["understudy-version"] for _, _, headers in (*answers, advanced)} == {__version__}
    assert not [record for record in caplog.records if record.exc_info]


def test_two_stages_stand_beside_each_other() -> None:
    """In one process, each with its own jobs and its own clock."""
    with serving("encore", data=FOURTH, held=True) as one, serving("encore", data=FOURTH) as other:
        made = ask(one.encore.url, "POST", "/v1/jobs", GOOD)[1]

        assert ask(other.encore.url, "GET", f"/v1/jobs/{made['id']}")[0] == 404
        assert ask(one.control.url, "GET", "/_understudy/clock")[1]["held"]
        assert not ask(other.control.url, "GET", "/_understudy/clock")[1]["held"]


def test_a_result_can_be_fetched_from_the_providers_own_port(stage: RunningStage) -> None:
    """Without a key, as from a file host."""
    made = ask(stage.encore.url, "POST", "/v1/jobs", GOOD)[1]
    ask(stage.control.url, "POST", "/_understudy/clock/advance", {"seconds": 100})
    url = ask(stage.encore.url, "GET", f"/v1/jobs/{made['id']}")[1]["url"]

    assert url.startswith(f"{stage.encore.url}/_understudy/media/")
    status, clip, headers = ask(url, "GET", urlsplit(url).path, Authorization="")
    assert (status, headers["content-type"]) == (200, "video/mp4")
    assert clip

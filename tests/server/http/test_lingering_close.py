"""How a connection ends whose client may still be sending: no response is lost, and nobody is waited for forever."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from server.held_connection import HeldConnection, HeldLoop, HeldTransport, held_loop

from mockreel.server.http.connection.connection_limits import (
    BODY_SECONDS,
    HEAD_SECONDS,
    LINGER_BYTES,
    LINGER_SECONDS,
    QUIET_SECONDS,
    UNREAD_BYTES,
)
from mockreel.server.http.connection.lingering_close import LingeringClose, abort
from mockreel.server.socket_server import serving

GET = b"GET /at-once HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
JUNK = b"junk\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
SOON = 0.01

Connect = Callable[..., HeldConnection]


class App:
    """Answers at once, without reading a body, but for `/reads`; `/slow` and `/slow/last` when they are let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].startswith("/slow"):
            await self.go.wait()
        while scope["path"] == "/reads" and (await receive()).get("more_body"):
            pass
        headers = [(b"content-length", b"2"), *([(b"connection", b"close")] if scope["path"] == "/slow/last" else [])]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def loop() -> Iterator[HeldLoop]:
    with held_loop() as loop:
        yield loop


@pytest.fixture
def app(loop: HeldLoop) -> App:
    return App()


@pytest.fixture
def connect(loop: HeldLoop, app: App) -> Connect:
    """Opens connections to the application."""
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    return lambda **given: HeldConnection(loop, config, **given)


# The close itself


@pytest.fixture
def begin(loop: HeldLoop) -> Callable[..., tuple[HeldTransport, LingeringClose]]:
    def begin(*, tls: bool = False, unsent: int = 0) -> tuple[HeldTransport, LingeringClose]:
        transport = HeldTransport(tls=tls)
        transport.unsent = unsent
        return transport, LingeringClose(transport, loop)

    return begin


def test_the_sending_side_ends_first_and_the_rest_when_the_time_is_over(begin: Any, loop: HeldLoop) -> None:
    """A client that waits for the end sees it at once."""
    transport, _ = begin()

    assert transport.done == ["eof"]
    loop.pass_time(LINGER_SECONDS - SOON)
    assert transport.done == ["eof"]
    loop.pass_time(2 * SOON)
    assert transport.done == ["eof", "abort"]


@pytest.mark.parametrize("tls", [False, True])
def test_what_comes_in_makes_the_time_no_longer(begin: Any, loop: HeldLoop, tls: bool) -> None:
    """A byte in every moment keeps nothing open."""
    transport, close = begin(tls=tls)

    for _ in range(int(LINGER_SECONDS / SOON) - 2):
        close.discard(1)
        loop.pass_time(SOON)
    assert not transport.is_closing()
    loop.pass_time(3 * SOON)
    assert transport.done[-1] == "abort"


@pytest.mark.parametrize("tls", [False, True])
def test_what_comes_in_is_bounded(begin: Any, tls: bool) -> None:
    """Who sends more than that does not read."""
    transport, close = begin(tls=tls)

    close.discard(LINGER_BYTES)
    assert not transport.is_closing()
    close.discard(1)
    assert transport.done[-1] == "abort"


def test_tls_is_closed_in_the_first_pause(begin: Any, loop: HeldLoop) -> None:
    """To close it while its client sends would break it, and there is no other way to say that this is the end."""
    transport, close = begin(tls=True)

    for _ in range(3):
        loop.pass_time(QUIET_SECONDS - SOON)
        close.discard(1)
        loop.pass_time(2 * SOON)
    assert transport.done == []
    loop.pass_time(2 * QUIET_SECONDS)
    assert transport.done == ["close"]


def test_a_client_that_does_not_end_tls_is_not_waited_for(begin: Any, loop: HeldLoop) -> None:
    """A loop would by itself: half a minute."""
    transport, _ = begin(tls=True)

    loop.pass_time(LINGER_SECONDS + SOON)
    assert transport.done == ["close", "abort"]


@pytest.mark.parametrize("tls", [False, True])
def test_who_still_reads_is_given_more_time(begin: Any, loop: HeldLoop, tls: bool) -> None:
    """As long as some of what was written leaves in each time; who takes nothing is not waited for."""
    transport, close = begin(tls=tls, unsent=3)

    for unsent in (2, 1):
        transport.unsent = unsent
        loop.pass_time(LINGER_SECONDS + SOON)
        assert "abort" not in transport.done
    loop.pass_time(LINGER_SECONDS + SOON)
    assert transport.done[-1] == "abort"
    close.cancel()


@pytest.mark.parametrize("tls", [False, True])
def test_nothing_is_left_of_a_connection_that_is_gone(begin: Any, loop: HeldLoop, tls: bool) -> None:
    """Its timers hold it no longer."""
    transport, close = begin(tls=tls)
    before = [*transport.done]

    close.cancel()
    loop.pass_time(2 * LINGER_SECONDS)
    assert transport.done == before


def test_a_loop_that_cannot_abort_breaks_nothing() -> None:
    """Python 3.11's own raises over TLS."""

    class Broken(HeldTransport):
        def abort(self) -> None:
            raise TypeError("missing argument")

    abort(Broken())


# When it begins


@pytest.mark.parametrize("tls", [False, True])
def test_a_rejection_is_one_response_and_one_close(connect: Connect, loop: HeldLoop, tls: bool) -> None:
    """Whatever comes behind it."""
    one = connect(tls=tls)

    one.send(GET, JUNK, JUNK, GET, JUNK)
    assert one.statuses == [200, 400]
    loop.pass_time(LINGER_SECONDS + SOON)
    assert one.done == (["close", "abort"] if tls else ["eof", "abort"])


def test_a_rejection_waits_for_what_is_owed(connect: Connect, loop: HeldLoop, app: App) -> None:
    """However long that takes: its time begins with its words."""
    one = connect()

    one.send(SLOW + GET + JUNK)
    loop.pass_time(10 * LINGER_SECONDS)
    assert (one.statuses, one.done) == ([], [])
    app.go.set()
    loop.turn()
    assert (one.statuses, one.done) == ([200, 200, 400], ["eof"])


def test_junk_without_end_is_not_read_while_something_is_owed(connect: Connect, loop: HeldLoop, app: App) -> None:
    """Reading goes on with the last words, so that these are not lost."""
    one = connect()

    one.send(SLOW + JUNK, b"x" * LINGER_BYTES)
    assert one.transport.reading
    one.send(b"x")
    assert not one.transport.reading
    app.go.set()
    loop.turn()
    assert one.transport.reading
    assert (one.statuses, one.done) == ([200, 400], ["eof"])


def test_reading_goes_on_where_pipelining_has_paused_it(connect: Connect, loop: HeldLoop, app: App) -> None:
    """Else what is unread would reset the connection."""
    one = connect()

    one.send(SLOW + GET)
    assert not one.transport.reading
    one.send(JUNK)  # was under way
    app.go.set()
    loop.turn()
    assert one.transport.reading
    assert one.statuses == [200, 200, 400]


@pytest.mark.parametrize("connection", [b"", b"Connection: close\r\n"])
def test_a_request_that_has_been_answered_is_not_rejected_too(
    connect: Connect, loop: HeldLoop, connection: bytes
) -> None:
    """Of its body nobody has waited for; a second response would pass for that of the next request."""
    one = connect()

    one.send(b"POST /at-once HTTP/1.1\r\nHost: x\r\n" + connection + CHUNKED)
    one.send(b"XX")
    assert (one.statuses, one.done) == ([200], ["eof"])


@pytest.mark.parametrize("path", [b"/at-once", b"/reads"])
def test_a_body_that_is_late_is_reported_once(connect: Connect, loop: HeldLoop, path: bytes) -> None:
    """By its own response where that has been given."""
    one = connect()

    one.send(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12")
    for moment in (0.0, BODY_SECONDS + 1):
        one.protocol.look(moment)
        loop.turn()
    assert one.statuses == [200 if path == b"/at-once" else 408]
    assert one.done == ["eof"]


@pytest.mark.parametrize("head", [b"Content-Length: 5000000\r\n\r\n", CHUNKED + b"4c4b40\r\n"])
@pytest.mark.parametrize("tls", [False, True])
def test_an_early_response_that_ends_the_connection_is_not_lost(
    connect: Connect, loop: HeldLoop, head: bytes, tls: bool
) -> None:
    """Python's urllib requests the end of the connection each time, and reads when it has sent everything."""
    one = connect(tls=tls)

    one.send(b"POST /at-once HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + head)
    assert (one.statuses, one.done) == ([200], [] if tls else ["eof"])
    for _ in range(8):
        one.send(b"x" * (UNREAD_BYTES // 8))
        assert one.transport.reading
        assert not one.transport.is_closing()
        loop.pass_time(QUIET_SECONDS / 2)
    loop.pass_time(2 * LINGER_SECONDS + SOON)
    assert one.transport.is_closing()


def test_a_body_that_was_answered_has_the_time_of_a_body(connect: Connect, loop: HeldLoop) -> None:
    """And no more of it than is thrown away behind any response."""
    head = b"POST /at-once HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 99999999999\r\n\r\n"
    slow, large = connect(), connect()

    for one in (slow, large):
        one.send(head)
    for _ in range(int(BODY_SECONDS / LINGER_SECONDS) - 1):
        slow.send(b"x")
        loop.pass_time(LINGER_SECONDS)
        if not large.transport.is_closing():
            large.send(b"x" * (UNREAD_BYTES // 4))
    assert large.done == ["eof", "abort"]
    assert slow.done == ["eof"]
    for _ in range(2):
        slow.send(b"x")
        loop.pass_time(LINGER_SECONDS)
    assert slow.done == ["eof", "abort"]


def test_who_sends_a_large_body_and_reads_then_gets_the_response() -> None:
    """A client as they come, at a provider and at the control API."""
    with serving("runflow", held=True) as server:
        for url in (f"{server.runflow.url}/v1/models/google/veo3.1/lite/runs", f"{server.control.url}/_mockreel/rules"):
            headers = {"Authorization": f"Bearer {server.runflow.key}", "Content-Type": "application/json"}
            requested = urllib.request.Request(url, b"x" * 40_000_000, headers)
            with pytest.raises(urllib.error.HTTPError) as reported:
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(requested, timeout=120)
            assert reported.value.code in (400, 413, 422)
            assert reported.value.read()


@pytest.mark.parametrize(("behind", "done"), [(GET, "close"), (GET + GET[:20], "eof"), (GET[:20], "eof")])
def test_nothing_is_answered_behind_the_last_response(
    connect: Connect, app: App, loop: HeldLoop, behind: bytes, done: str
) -> None:
    """Whichever side has said that it is the last one: here the application."""
    one = connect()

    one.send(SLOW.replace(b"/slow", b"/slow/last") + behind)
    app.go.set()
    loop.turn()
    one.send(GET[20:] + GET)
    assert (one.statuses, one.done) == ([200], [done])


def test_a_request_that_is_read_is_simply_closed_behind(connect: Connect) -> None:
    """Nothing can be lost."""
    one = connect()

    one.send(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert (one.statuses, one.done) == ([200], ["close"])


# The client ends its side


@pytest.mark.parametrize("sent", [SLOW, SLOW + GET, SLOW + JUNK, GET + SLOW + GET + JUNK])
def test_who_has_ended_its_side_is_still_answered(connect: Connect, app: App, loop: HeldLoop, sent: bytes) -> None:
    """As `nc -N` does; then the connection ends."""
    one = connect()

    one.send(sent)
    assert one.end_side()
    app.go.set()
    loop.turn()
    requested = sent.count(b"HTTP/1.1")
    assert one.statuses == [200] * requested + [400] * sent.count(b"junk")
    assert one.done == ["close"]


def test_who_has_ended_its_side_is_not_waited_for_long(connect: Connect, loop: HeldLoop) -> None:
    """It may have gone, which looks the same."""
    one = connect()

    one.send(SLOW)
    assert one.end_side()
    loop.pass_time(LINGER_SECONDS - SOON)
    assert one.done == []
    loop.pass_time(2 * SOON)
    assert one.done == ["abort"]


def test_a_server_that_ends_waits_for_nobody_who_may_be_gone(connect: Connect) -> None:
    """A test with a response that never comes would wait with it."""
    one = connect()

    one.send(SLOW)
    one.end_side()
    one.protocol.shutdown()
    assert one.done == ["abort"]


@pytest.mark.parametrize("sent", [b"", GET, GET[:9], b"POST /reads HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1"])
def test_who_ends_its_side_between_requests_or_in_one_ends_the_connection(connect: Connect, sent: bytes) -> None:
    """Nothing is owed, or never will be complete."""
    one = connect()

    one.send(sent)
    assert not one.end_side()


def test_tls_ends_on_both_sides(connect: Connect) -> None:
    """Its loop would complain of a side that stays open."""
    one = connect(tls=True)

    one.send(SLOW)
    assert not one.end_side()


def test_a_connection_that_is_gone_leaves_no_timer(connect: Connect, loop: HeldLoop) -> None:
    """Whichever way it has ended."""
    for sent, ends in ((JUNK, False), (SLOW, True), (GET, False)):
        one = connect()
        one.send(sent)
        if ends:
            one.end_side()
        before = [*one.done]
        one.lose()
        before += one.done[len(before) :]
        loop.pass_time(LINGER_SECONDS + HEAD_SECONDS)
        assert one.done == before

"""Sending over real sockets: whatever a receiver does is an outcome, within its time, and nothing is followed."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mockreel.webhooks import HttpSender, Outcome, Outgoing, Targets
from mockreel.webhooks.transport import KEPT_BYTES, QUICK

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Receiver:
    """A server on loopback that reads whole requests and answers each with `talk`."""

    def __init__(self, talk: Talk, host: str = "127.0.0.1") -> None:
        self.talk = talk
        self.host = host
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0
        self.tasks: set[asyncio.Task[Any] | None] = set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.tasks.add(asyncio.current_task())
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                await self.talk(reader, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()
            self.tasks.discard(asyncio.current_task())

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Receiver"]:
        server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in [task for task in self.tasks if task]:
                task.cancel()
            while self.tasks:
                await asyncio.sleep(0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=1"


def says(answer: bytes, *, close: bool = False) -> Talk:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        if close:
            writer.close()

    return talk


def reply(status: int, body: bytes = b"", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def outgoing(url: str, *, timeout: float = 5.0) -> Outgoing:
    headers = (("X-Signature", "abc"), ("Content-Type", "application/json"))
    return Outgoing(url, headers, b'{"event":"done"}', timeout)


def exchange(talk: Talk, *, timeout: float = 5.0, times: int = 1) -> tuple[list[Outcome], Receiver]:
    """Send to a new receiver several times; returns the outcomes and the received requests."""

    async def go() -> tuple[list[Outcome], Receiver]:
        sender = HttpSender(Targets(), user_agent="mockreel/test")
        async with Receiver(talk).listening() as receiver:
            found = [await sender.send(outgoing(receiver.url, timeout=timeout)) for _ in range(times)]
            await sender.close()
            return found, receiver

    return asyncio.run(go())


def test_a_callback_arrives_byte_for_byte() -> None:
    """Path, query, body and headers unchanged, with only the headers that HTTP needs and the sender's."""
    (outcome,), receiver = exchange(says(reply(200, b"thanks")))
    head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")

    assert outcome == Outcome(200, "thanks")
    assert (line, body) == ("POST /hook?a=1 HTTP/1.1", b'{"event":"done"}')
    assert sorted(header.lower() for header in headers) == sorted(
        [
            f"host: 127.0.0.1:{receiver.port}",
            "user-agent: mockreel/test",
            "content-length: 16",
            "x-signature: abc",
            "content-type: application/json",
        ]
    )


@pytest.mark.parametrize("status", [200, 204, 404, 410, 429, 500, 503])
def test_a_status_is_an_outcome(status: int) -> None:
    """Any status, with the body."""
    (outcome,), _ = exchange(says(reply(status, b"" if status == 204 else b"so it is")))

    assert outcome == Outcome(status, "" if status == 204 else "so it is")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """Neither here nor elsewhere."""

    async def go() -> tuple[Outcome, int]:
        sender = HttpSender(Targets())
        async with Receiver(says(reply(200))).listening() as elsewhere:
            talk = says(reply(status, headers=f"Location: {elsewhere.url}\r\n"))
            async with Receiver(talk).listening() as receiver:
                outcome = await sender.send(outgoing(receiver.url))
                await sender.close()
                return outcome, elsewhere.connections

    assert asyncio.run(go()) == (Outcome(status, ""), 0)


async def hangs(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def hangs_in_the_head(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-")
    await asyncio.Event().wait()


async def hangs_in_the_body(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await asyncio.Event().wait()


async def drips(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Drip: 1\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("talk", [hangs, hangs_in_the_head, hangs_in_the_body, drips])
def test_a_receiver_that_does_not_end_its_response_in_time_is_a_timeout(talk: Talk) -> None:
    """The time of the policy counts for the whole exchange, not for each byte of it."""
    (outcome,), receiver = exchange(talk, timeout=0.05)

    assert outcome == Outcome(error="timeout", detail="no answer within 0.05 s")
    assert receiver.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 999999 X\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"\x00\xff" * 100,
    ],
)
def test_a_broken_response_is_an_error_of_the_network(answer: bytes) -> None:
    """In words."""
    (outcome,), _ = exchange(says(answer, close=True))

    assert (outcome.status, outcome.error) == (None, "network")
    assert outcome.detail


def test_a_rejected_connection_is_a_network_error() -> None:
    """No server is there."""

    async def go() -> Outcome:
        async with Receiver(hangs).listening() as receiver:
            url = receiver.url
        sender = HttpSender(Targets())
        outcome = await sender.send(outgoing(url))
        await sender.close()
        return outcome

    outcome = asyncio.run(go())

    assert (outcome.status, outcome.error) == (None, "network")


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:{port}/", "http://127.0.0.1:{port}/\x7f", "http://127.0.0.1:{port}/ü x"]
)
def test_an_odd_url_is_an_outcome_too(url: str) -> None:
    """TLS where there is none, letters that no URL has."""

    async def go() -> Outcome:
        sender = HttpSender(Targets())
        async with Receiver(says(reply(200))).listening() as receiver:
            outcome = await sender.send(outgoing(url.format(port=receiver.port), timeout=0.2))
            await sender.close()
            return outcome

    outcome = asyncio.run(go())

    assert outcome.status == 200 or outcome.error in ("network", "timeout")


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
        await writer.drain()


def test_only_the_beginning_of_a_huge_response_is_read() -> None:
    """An endless response is like any other."""
    (outcome,), _ = exchange(endless)

    assert outcome == Outcome(200, "x" * KEPT_BYTES)


def test_a_packed_response_is_not_unpacked() -> None:
    """A small one may be very large inside."""
    bomb = gzip.compress(b"0" * 10_000_000)
    (outcome,), _ = exchange(says(reply(200, bomb, "Content-Encoding: gzip\r\n")))

    assert outcome.status == 200
    assert len(outcome.response) <= KEPT_BYTES


def test_a_response_that_is_no_text_is_kept_as_text() -> None:
    """With replacement characters."""
    (outcome,), _ = exchange(says(reply(200, b"\xff\x00ok")))

    assert outcome.response == "\ufffd\x00ok"


@pytest.mark.parametrize(
    "talk",
    [
        says(reply(200)),
        says(reply(200), close=True),
        says(reply(200, headers="Connection: close\r\n"), close=True),
        says(reply(200, headers="Connection: keep-alive\r\nKeep-Alive: timeout=1\r\n")),
    ],
    ids=["kept", "closed without a word", "closed", "kept for a second"],
)
def test_each_attempt_has_a_connection_of_its_own(talk: Talk) -> None:
    """So that none is lost because its receiver closes an idle one just then, and none arrives twice."""
    outcomes, receiver = exchange(talk, times=5)

    assert [one.status for one in outcomes] == [200] * 5
    assert (receiver.connections, len(receiver.requests)) == (5, 5)


def test_a_receiver_that_hangs_holds_up_no_other() -> None:
    """Each receiver has its own queue; the timeout of an attempt starts at its turn."""

    async def go() -> tuple[list[Outcome], Outcome]:
        sender = HttpSender(Targets(), workers=1)
        async with Receiver(hangs).listening() as slow, Receiver(says(reply(200))).listening() as quick:
            waiting = [asyncio.create_task(sender.send(outgoing(slow.url, timeout=1.0))) for _ in range(2)]
            await asyncio.sleep(0)
            quick_one = await sender.send(outgoing(quick.url))
            assert not all(task.done() for task in waiting)
            outcomes = await asyncio.gather(*waiting)
            await sender.close()
            return outcomes, quick_one

    waited, quick_one = asyncio.run(go())

    assert quick_one.status == 200
    assert [one.error for one in waited] == ["timeout", "timeout"]


def test_resolving_counts_as_time() -> None:
    """A hanging name service delays only its attempt."""

    async def never(_: str, __: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    outcome = asyncio.run(HttpSender(Targets(resolver=never)).send(outgoing("http://slow.test/", timeout=0.05)))

    assert outcome.error == "timeout"


def test_a_target_that_is_not_allowed_is_not_connected_to() -> None:
    """The outcome has the reason."""

    async def go() -> tuple[Outcome, int]:
        async with Receiver(says(reply(200))).listening() as receiver:
            sender = HttpSender(Targets(own_ports={receiver.port}))
            outcome = await sender.send(outgoing(receiver.url))
            await sender.close()
            return outcome, receiver.connections

    outcome, connections = asyncio.run(go())

    assert (outcome.error, connections) == ("not allowed", 0)
    assert "is mockreel itself" in outcome.detail


def test_a_name_that_does_not_resolve_is_a_failure_of_the_network() -> None:
    """It may resolve a moment later, so that it is tried again; nothing is connected to meanwhile."""

    async def nobody(_: str, __: int) -> list[str]:
        return []

    async def go() -> Outcome:
        sender = HttpSender(Targets(resolver=nobody))
        outcome = await sender.send(outgoing("http://name.test/x"))
        await sender.close()
        return outcome

    outcome = asyncio.run(go())

    assert outcome.error == "network"
    assert "'name.test' does not resolve" in outcome.detail
    assert "--callback-map" in outcome.detail


def test_the_next_address_is_tried_if_the_first_rejects_the_connection() -> None:
    """`localhost` may mean ::1 first, and the receiver listen on 127.0.0.1 only."""

    async def both(_: str, __: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    async def go() -> tuple[Outcome, bytes]:
        async with Receiver(says(reply(200))).listening() as receiver:
            sender = HttpSender(Targets(resolver=both))
            outcome = await sender.send(outgoing(f"http://name.test:{receiver.port}/x"))
            await sender.close()
            return outcome, receiver.requests[0]

    outcome, request = asyncio.run(go())

    assert outcome.status == 200
    assert b"\r\nhost: name.test:" in request.lower()


def test_a_proxy_in_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callbacks go where their URL says."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    (outcome,), _ = exchange(says(reply(200)))

    assert outcome.status == 200


def test_a_sender_goes_on_in_another_event_loop() -> None:
    """Some test clients make a loop for each request."""
    sender = HttpSender(Targets())

    async def go() -> int | None:
        async with Receiver(says(reply(200))).listening() as receiver:
            outcome = await sender.send(outgoing(receiver.url))
            await sender.close()
            return outcome.status

    assert [asyncio.run(go()), asyncio.run(go())] == [200, 200]


def test_hundreds_at_once_all_arrive() -> None:
    """In turns, none lost."""

    async def go() -> tuple[list[int | None], int]:
        sender = HttpSender(Targets())
        async with Receiver(says(reply(204))).listening() as receiver:
            found: list[Any] = await asyncio.gather(*(sender.send(outgoing(receiver.url)) for _ in range(300)))
            await sender.close()
            return [one.status for one in found], len(receiver.requests)

    statuses, arrived = asyncio.run(go())

    assert (set(statuses), arrived) == ({204}, 300)


def test_a_receiver_that_lets_attempts_wait_gets_more_of_them_at_once() -> None:
    """It answers only when all that may run at once have come, which are more than a quick one gets."""
    came: list[object] = []
    everybody = asyncio.Event()

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(writer)
        if len(came) == 2 * QUICK:
            everybody.set()
        await everybody.wait()
        writer.write(reply(204))

    async def go() -> list[Outcome]:
        sender = HttpSender(Targets(), workers=2 * QUICK)
        async with Receiver(talk).listening() as receiver:
            outcomes = await asyncio.gather(*(sender.send(outgoing(receiver.url)) for _ in range(2 * QUICK)))
            await sender.close()
            return outcomes

    assert [one.status for one in asyncio.run(go())] == [204] * 2 * QUICK

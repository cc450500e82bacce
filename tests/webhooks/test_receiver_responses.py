"""What a receiver answers, over real sockets: any response is an outcome, and none is followed."""

import asyncio
import gzip

import pytest
from webhooks.scripted_receiver import Receiver, exchange, outgoing, reply, says

from mockreel.webhooks import HttpSender, Outcome, Targets
from mockreel.webhooks.transport import KEPT_BYTES


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


def test_a_response_that_is_no_text_is_stored_as_text() -> None:
    """With replacement characters."""
    (outcome,), _ = exchange(says(reply(200, b"\xff\x00ok")))

    assert outcome.response == "\ufffd\x00ok"

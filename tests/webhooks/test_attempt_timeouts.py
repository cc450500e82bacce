"""How long an attempt may take, over real sockets."""

import asyncio
from dataclasses import replace

import pytest
from webhooks.scripted_receiver import Talk, exchange, hangs, outgoing

from mockreel.webhooks import HttpSender, Outcome, Outgoing, Targets


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


def test_resolving_counts_as_time() -> None:
    """A hanging name service delays only its attempt."""

    async def never(_: str, __: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    outcome = asyncio.run(HttpSender(Targets(resolver=never)).send(outgoing("http://slow.test/", timeout=0.05)))

    assert outcome.error == "timeout"


def test_an_attempt_that_is_cancelled_as_its_response_arrives_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who ends it is not kept waiting for what comes behind it."""

    async def both() -> None:
        response: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        begun = asyncio.Event()

        async def trying(_: Outgoing) -> Outcome:
            begun.set()
            return await response

        sender = HttpSender(Targets())
        monkeypatch.setattr(sender, "_try", trying)
        attempt = asyncio.ensure_future(sender.send(outgoing("http://127.0.0.1:9/hook")))
        await begun.wait()
        response.set_result(Outcome(200))
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
        await sender.close()

    asyncio.run(both())


def test_an_attempt_that_is_not_allowed_any_more_when_its_turn_comes_is_not_sent() -> None:
    """Such as one of a server whose run another one goes on with."""
    message = replace(outgoing("http://127.0.0.1:9/hook"), allowed=lambda: False)

    assert asyncio.run(HttpSender(Targets()).send(message)).error == "not sent"

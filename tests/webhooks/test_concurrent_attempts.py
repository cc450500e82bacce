"""Many attempts at once, over real sockets: none waits for another receiver's, none is lost."""

import asyncio
from typing import Any

import pytest
from webhooks.scripted_receiver import Receiver, Talk, exchange, hangs, outgoing, reply, says

from mockreel.webhooks import HttpSender, Outcome, Targets
from mockreel.webhooks.transport import QUICK


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
    """Each receiver has its own queue; the timeout of an attempt starts when it is sent."""

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
    """A few at a time, none lost."""

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

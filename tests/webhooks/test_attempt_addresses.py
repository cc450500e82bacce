"""Where an attempt is sent to, over real sockets."""

import asyncio

import pytest
from webhooks.scripted_receiver import Receiver, exchange, hangs, outgoing, reply, says

from mockreel.webhooks import HttpSender, Outcome, Targets


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

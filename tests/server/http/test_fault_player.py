"""How the steps of a fault are performed: real seconds in pieces, while the client is there and the server runs."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from mockreel.contract.messages.message import Response
from mockreel.engine.faults import read_fault
from mockreel.server.http.fault_player import PIECE_SECONDS, Damaging


class Playing:
    """One response being sent, with a clock of its own."""

    def __init__(self, fault: str, *, gone_after: float = float("inf"), closing_after: float = float("inf")) -> None:
        self.response = Response(200, b"0123456789", fault=read_fault(fault))
        self.passed = 0.0
        self.sent: list[tuple[float, MutableMapping[str, Any]]] = []
        self._gone_after = gone_after
        self._closing_after = closing_after
        self._left = asyncio.Event()

    def play(self) -> list[tuple[float, MutableMapping[str, Any]]]:
        asyncio.run(self._play())
        return self.sent

    async def _play(self) -> None:
        playing = Damaging(self._receive, self._send, None, closing=self._is_closing, sleep=self._sleep)
        await playing.play(self.response, [(b"content-length", b"10")], head=False)

    async def _sleep(self, seconds: float) -> None:
        self.passed += seconds
        if self.passed > self._gone_after:
            self._left.set()
        await asyncio.sleep(0)

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        self.sent.append((self.passed, message))

    def _is_closing(self) -> bool:
        return self.passed > self._closing_after


def shown(sent: list[tuple[float, MutableMapping[str, Any]]]) -> list[tuple[float, str, bool]]:
    return [(round(at, 6), message["type"].rpartition(".")[2], message.get("more_body", True)) for at, message in sent]


def test_a_delay_is_as_long_as_requested() -> None:
    """Before the head, or behind it."""
    assert shown(Playing("delay; seconds=2.6").play()) == [(2.6, "start", True), (2.6, "body", False)]
    assert shown(Playing("delay; seconds=0.1; before=body").play()) == [(0.0, "start", True), (0.1, "body", False)]


def test_a_drip_has_its_pauses() -> None:
    """One before each piece."""
    found = shown(Playing("drip; bytes=5; every=0.2").play())

    assert found == [(0.0, "start", True), (0.2, "body", True), (0.4, "body", False)]


def test_nobody_waits_for_a_client_that_has_gone() -> None:
    """And nothing is sent to it."""
    playing = Playing("delay; seconds=300", gone_after=1.0)

    assert playing.play() == []
    assert playing.passed < 2


def test_a_server_that_is_being_stopped_waits_no_longer() -> None:
    """The response is sent, as soon as a piece of the wait is over."""
    playing = Playing("delay; seconds=300", closing_after=1.0)

    assert [kind for _, kind, _ in shown(playing.play())] == ["start", "body"]
    assert playing.passed <= 1.0 + 2 * PIECE_SECONDS

"""Play a response under a fault: its steps, one after the other, as long as the client is there."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from mockreel.contract.messages.message import Headers, Response
from mockreel.engine.faults import steps
from mockreel.engine.faults.response_effects import Begin, Close, Piece, Raw, Reset, Step, Wait
from mockreel.server.http.protocol import Connection

Receive = Callable[[], Any]
Send = Callable[[MutableMapping[str, Any]], Any]
Sleep = Callable[[float], Awaitable[None]]

# A wait is cut into pieces of so many real seconds, so that a server that is being stopped need not wait for it.
PIECE_SECONDS = 0.25


class Damaging:
    """Plays one response.

    Args:
        connection: the connection, where it can be had.
        closing: whether the server is being stopped.
        sleep: how real seconds pass; a parameter so that tests own it.
    """

    def __init__(
        self, receive: Receive, send: Send, connection: Connection | None, *, closing: Callable[[], bool], sleep: Sleep
    ) -> None:
        self._receive = receive
        self._send = send
        self._wire_connection = connection
        self._closing = closing
        self._sleep = sleep

    async def play(self, response: Response, headers: Headers, *, head: bool) -> None:
        """Take every step, or none any more once the client has gone."""
        assert response.fault is not None
        gone = asyncio.ensure_future(self._gone())
        try:
            for step in steps(response.fault, response, headers=headers, head=head):
                if gone.done():
                    return
                await self._take(step, response.status, headers, gone)
        finally:
            gone.cancel()

    async def _take(self, step: Step, status: int, headers: Headers, gone: "asyncio.Future[None]") -> None:
        match step:
            case Wait(seconds):
                await self._wait(seconds, gone)
            case Begin():
                await self._send({"type": "http.response.start", "status": status, "headers": [*headers]})
            case Piece(data, last):
                await self._send({"type": "http.response.body", "body": data, "more_body": not last})
            case Raw(data):
                self._connection.write(data)
            case Reset() | Close():
                await self._end(step)

    @property
    def _connection(self) -> Connection:
        assert self._wire_connection is not None, "a fault of the wire was chosen for a request without one"
        return self._wire_connection

    async def _end(self, step: Step) -> None:
        """End the connection."""
        if isinstance(step, Close):
            self._connection.close()
        else:
            await self._connection.flushed()
            self._connection.reset()

    async def _wait(self, seconds: float, gone: "asyncio.Future[None]") -> None:
        """Let time pass, but not for a client that has gone, nor for a server that is being stopped."""
        left = seconds
        while left > 0 and not gone.done() and not self._closing():
            piece = asyncio.ensure_future(self._sleep(min(left, PIECE_SECONDS)))
            await asyncio.wait({piece, gone}, return_when=asyncio.FIRST_COMPLETED)
            piece.cancel()
            left -= PIECE_SECONDS

    async def _gone(self) -> None:
        """Returns when the client has gone."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

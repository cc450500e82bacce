"""Send a response with its fault, step by step, as long as the client is connected."""

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
    """Sends one response.

    Args:
        connection: the connection, if available.
        closing: whether the server is being stopped.
        sleep: waits real seconds; a parameter for tests.
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
        """Perform every step, until the client disconnects."""
        assert response.fault is not None
        disconnected = asyncio.ensure_future(self._disconnected())
        try:
            for step in steps(response.fault, response, headers=headers, head=head):
                if disconnected.done():
                    return
                await self._perform(step, response.status, headers, disconnected)
        finally:
            disconnected.cancel()

    async def _perform(self, step: Step, status: int, headers: Headers, disconnected: "asyncio.Future[None]") -> None:
        match step:
            case Wait(seconds):
                await self._wait(seconds, disconnected)
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
        if isinstance(step, Close):
            self._connection.close()
        else:
            await self._connection.flushed()
            self._connection.reset()

    async def _wait(self, seconds: float, disconnected: "asyncio.Future[None]") -> None:
        """Wait, but not for a client that has disconnected, nor while the server is stopping."""
        remaining = seconds
        while remaining > 0 and not disconnected.done() and not self._closing():
            piece = asyncio.ensure_future(self._sleep(min(remaining, PIECE_SECONDS)))
            await asyncio.wait({piece, disconnected}, return_when=asyncio.FIRST_COMPLETED)
            piece.cancel()
            remaining -= PIECE_SECONDS

    async def _disconnected(self) -> None:
        """Returns when the client has disconnected."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

"""The connection under a request, which ASGI hides: needed by faults that no HTTP response can express.

It is in the scope's `state` under `WIRE`: set once per connection, it costs a request nothing.
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakMethod

from mockreel.server.http.fast_path import FastPath
from mockreel.simulator.fault_selection import WIRE

# The kernel drops what is not sent, and answers with a RST (SO_LINGER: on, for 0 seconds).
_AT_ONCE = struct.pack("ii", 1, 0)
# A client that does not read is not waited for longer than so many real seconds, looked at so often.
_FLUSH_SECONDS, _LOOK_SECONDS = 5.0, 0.005


class Connection:
    """One connection, as bytes.

    Args:
        give_up: tells the protocol that the rest of a response will not be sent; a bound method, held weakly.
    """

    def __init__(self, transport: asyncio.Transport, give_up: Callable[[], None]) -> None:
        self._transport = transport
        self._weakly = WeakMethod(give_up)

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    async def flushed(self) -> None:
        """Wait until everything written has left, or the client does not take it."""
        await asyncio.sleep(0)  # what was written in this turn of the loop leaves at its end
        waited = 0.0
        while self._transport.get_write_buffer_size() and waited < _FLUSH_SECONDS and not self.is_closing:
            await asyncio.sleep(_LOOK_SECONDS)
            waited += _LOOK_SECONDS

    def close(self) -> None:
        """End the connection when everything is written, or the client does not take it."""
        self._give_up()
        self._transport.close()
        if self._transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self._transport.abort)

    def reset(self) -> None:
        """End the connection at once, with a RST."""
        self._give_up()
        found: socket.socket | None = self._transport.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._transport.abort()

    def _give_up(self) -> None:
        if (give_up := self._weakly()) is not None:
            give_up()

    @property
    def is_closing(self) -> bool:
        return self._transport.is_closing()


class WireProtocol(FastPath):
    """uvicorn's protocol, whose connections can be had by what it calls (`uvicorn.run(…, http=WireProtocol)`)."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {
            **self.app_state,
            WIRE: Connection(transport, self.give_up),
        }  # copied into the scope of each request

    def release(self) -> None:
        super().release()
        self.app_state = {}


def wire_of(scope: Mapping[str, Any]) -> Connection | None:
    """The connection of a request, or None where another server keeps it to itself."""
    state: Mapping[str, Any] = scope.get("state") or {}
    return state.get(WIRE)

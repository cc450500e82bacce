"""The name server for the program: it resolves the providers' hosts and allowed hosts.

RFC 1035 (messages), RFC 7766 (over TCP). A host that may not be called does not exist here, and is reported.
"""

import asyncio
import contextlib
import ipaddress
import struct
from collections.abc import Callable
from typing import cast

from mockreel.proxy.intercept.guard.address_rules import Directory, IPAddress, resolved_addresses
from mockreel.proxy.intercept.host_routes import Routes, is_loopback

_HEAD = struct.Struct("!6H")
_RECORD = struct.Struct("!HHIH")
_LENGTH = struct.Struct("!H")
ANSWERED, NO_SUCH_NAME, MALFORMED = 0x8180, 0x8183, 0x8181
A, AAAA, INTERNET = 1, 28, 1
SECONDS = 60


class Resolver(asyncio.DatagramProtocol):
    """Answers address queries over UDP and TCP.

    Args:
        refuse: called with the name of a host that may not be called.
    """

    def __init__(self, directory: Directory, routes: Routes, refuse: Callable[[str], object]) -> None:
        self._directory = directory
        self._routes = routes
        self._refuse = refuse
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, port: int) -> None:
        """Answer queries over UDP on this port."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", port))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.ensure_future(self._respond(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _respond(self, data: bytes, addr: tuple[str, int]) -> None:
        response = await self.answer(data)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(response, addr)

    def close(self) -> None:
        """Stop answering over UDP."""
        if self._transport is not None:
            self._transport.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection over TCP."""
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                (length,) = _LENGTH.unpack(await reader.readexactly(2))
                response = await self.answer(await reader.readexactly(length))
                writer.write(_LENGTH.pack(len(response)) + response)
                await writer.drain()

    async def answer(self, message: bytes) -> bytes:
        """The response to one message."""
        try:
            number, _, count, *_ = _HEAD.unpack_from(message)
            name, end = _name(message, _HEAD.size)
            kind, _ = struct.unpack_from("!HH", message, end)
            if count != 1:
                raise ValueError
        except (struct.error, ValueError, IndexError):
            return message[:2].ljust(2, b"\0") + _HEAD.pack(0, MALFORMED, 0, 0, 0, 0)[2:]
        question = message[_HEAD.size : end + 4]
        found = await self._addresses(name)
        if found is None:
            return _HEAD.pack(number, NO_SUCH_NAME, 1, 0, 0, 0) + question
        records = [
            b"\xc0\x0c" + _RECORD.pack(kind, INTERNET, SECONDS, len(one.packed)) + one.packed
            for one in found
            if kind == (AAAA if one.version == 6 else A)
        ]
        return _HEAD.pack(number, ANSWERED, 1, len(records), 0, 0) + question + b"".join(records)

    async def _addresses(self, name: str) -> list[IPAddress] | None:
        """The addresses of a name; None if it does not exist for the program."""
        if name in self._directory.assigned:
            return [self._directory.assigned[name]]
        if is_loopback(name):
            return [ipaddress.IPv4Address("127.0.0.1")]
        if not self._routes.is_open(name):
            # Queries with a search domain, and reverse lookups, are no calls: do not report them.
            if not any(name.startswith(f"{host}.") for host in self._directory.assigned) and not name.endswith(".arpa"):
                self._refuse(name)
            return None
        found = await asyncio.get_running_loop().run_in_executor(None, resolved_addresses, name)
        self._directory.allowed.update(dict.fromkeys(found, name))
        return found or None


def _name(message: bytes, offset: int) -> tuple[str, int]:
    """A name in lower case, and the offset after it; a query has no pointers."""
    labels = []
    while length := message[offset]:
        if length > 63 or offset + length >= len(message):
            raise ValueError(length)
        labels.append(message[offset + 1 : offset + 1 + length].decode("latin-1").lower())
        offset += 1 + length
    return ".".join(labels), offset + 1

"""One port, over one keep-alive connection; what goes together is sent at once and answered in order."""

import socket
from collections.abc import Sequence
from typing import BinaryIO
from urllib.parse import urlsplit

from fuzz.requests import Sent

# Real seconds: a busy machine may let a server wait, too. What a request takes is measured in processor time.
WAIT_SECONDS = 120.0
# The status and the body; 0 where even a new connection ended without a response.
Answered = tuple[int, bytes]


class Ended(Exception):
    """The connection ended before a response was complete."""


class Target:
    """One port."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._where = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._socket: socket.socket | None = None
        self._reader: BinaryIO

    def send(self, sent: Sent) -> Answered:
        """What one request is answered."""
        return self.send_all([sent])[0]

    def send_all(self, batch: Sequence[Sent]) -> list[Answered]:
        """What each is answered; who is cut off by the end of the connection before it is sent again.

        Raises:
            TimeoutError: one of them is not answered in time.
        """
        found: list[Answered] = []
        fresh = False
        while len(found) < len(batch):
            left = batch[len(found) :]
            came = self._answers(left if not fresh else left[:1])
            found += came or ([(0, b"no response")] if fresh else [])
            fresh = not came and not fresh
        return found

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._reader.close()
            self._socket.close()
            self._socket = None

    def _answers(self, batch: Sequence[Sent]) -> list[Answered]:
        """As many as come over the connection, which is opened where there is none."""
        found: list[Answered] = []
        try:
            self._write(b"".join(map(written, batch)))
            for sent in batch:
                found.append(self._read(sent.method))
        except TimeoutError:
            self.close()
            raise
        except (OSError, Ended, ValueError):
            self.close()
        return found

    def _write(self, data: bytes) -> None:
        if self._socket is None:
            self._socket = socket.create_connection(self._where, WAIT_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._reader = self._socket.makefile("rb")
        self._socket.sendall(data)

    def _read(self, method: str) -> Answered:
        status, length, chunked = 100, 0, False
        while status == 100:
            status = int(self._line().split(b" ", 2)[1])
            while line := self._line():
                name, _, value = line.partition(b": ")
                if name == b"content-length":
                    length = int(value)
                elif name == b"transfer-encoding":
                    chunked = True
        if method == "HEAD" or status in (204, 304):
            return status, b""
        return status, b"".join(self._chunks()) if chunked else self._exactly(length)

    def _chunks(self) -> list[bytes]:
        found = []
        while size := int(self._line(), 16):
            found.append(self._exactly(size))
            self._line()
        self._line()
        return found

    def _line(self) -> bytes:
        line = self._reader.readline(65536)
        if not line.endswith(b"\r\n"):
            raise Ended
        return line[:-2]

    def _exactly(self, size: int) -> bytes:
        found = self._reader.read(size)
        if len(found) < size:
            raise Ended
        return found


def written(sent: Sent) -> bytes:
    """A request as bytes."""
    lines = [
        f"{sent.method} {sent.target} HTTP/1.1",
        "Host: 127.0.0.1",
        *(f"{name}: {value}" for name, value in sent.headers),
    ]
    head = "\r\n".join(lines).encode("latin-1", "replace")
    return head + b"\r\nContent-Length: %d\r\n\r\n" % len(sent.body) + sent.body

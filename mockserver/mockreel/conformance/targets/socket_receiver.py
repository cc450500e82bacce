"""The receiver over real sockets: statuses, silence, refused connections and broken answers, as it is told."""

import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mockreel.simulator.in_process.memory_receiver import Receiver, moved

# A silent answer is held at most so long, in seconds; the sender should have given up before.
LONGEST_SILENCE = 120.0


class _Handler(socketserver.StreamRequestHandler):
    """Reads one POST and answers it; every attempt has a connection of its own."""

    server: "_Server"

    def handle(self) -> None:
        line = self.rfile.readline(65536).decode("latin-1").split()
        headers: dict[str, str] = {}
        while (text := self.rfile.readline(65536).decode("latin-1").strip()) != "":
            name, _, value = text.partition(":")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._chunks() if "chunked" in headers.get("transfer-encoding", "") else self._plain(headers)
        followed = len(line) >= 2 and line[1].partition("?")[0].endswith(moved(""))  # after a 302 with a GET
        if followed or (len(line) >= 2 and line[0] == "POST"):
            self._answer(self.server.receiver.receive(line[1], headers, body), line[1])

    def _plain(self, headers: Mapping[str, str]) -> bytes:
        length = headers.get("content-length", "")
        return self.rfile.read(int(length) if length.isdecimal() else 0)

    def _chunks(self) -> bytes:
        """A body in chunks, each with its length in front of it."""
        parts = []
        while length := int(self.rfile.readline(65536).partition(b";")[0].strip() or b"0", 16):
            parts.append(self.rfile.read(length))
            self.rfile.readline(65536)
        return b"".join(parts)

    def _answer(self, behaviour: Any, path: str) -> None:
        if isinstance(behaviour, int):
            where = f"location: {moved(path)}\r\n" if 300 <= behaviour < 400 else ""
            head = f"HTTP/1.1 {behaviour} -\r\n{where}content-length: 0\r\nconnection: close\r\n\r\n"
            self.wfile.write(head.encode("latin-1"))
        elif behaviour == "broken":
            self.wfile.write(b"\x00\xff this is no HTTP\r\n\r\n")
        elif behaviour == "slow":
            time.sleep(self.server.receiver.slow)
            self._answer(200, path)
        elif behaviour == "timeout":
            self.connection.settimeout(LONGEST_SILENCE)
            self._wait_for_the_end()
        else:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def _wait_for_the_end(self) -> None:
        try:
            self.connection.recv(1)
        except OSError:
            return


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], receiver: Receiver) -> None:
        self.receiver = receiver
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that ends early is part of what is tried."""


@contextmanager
def listening(*, public_url: str | None = None, host: str = "127.0.0.1", port: int = 0) -> Iterator[Receiver]:
    """A receiver on a port until the block ends; `public_url` is where the target reaches it, if not there."""
    receiver = Receiver("", time.monotonic)
    server = _Server((host, port), receiver)
    receiver.url = (public_url or f"http://{host}:{server.server_address[1]}").rstrip("/")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""A stage that is served, and bare sockets to it."""

import contextlib
import socket
from dataclasses import dataclass

from understudy.server.running_stage import RunningStage

KEY = b"Authorization: Bearer rf_live_one\r\n"
SUBMIT = "/v1/models/google/veo3.1/lite/runs"
HEALTH = b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"  # the server ends the connection


@dataclass
class Wires:
    """What is sent to a door of a stage comes back as bytes, until the server ends the connection."""

    stage: RunningStage

    def port(self, door: str) -> int:
        return int(self.stage.addresses[door].url.rpartition(":")[2])

    def open(self, door: str = "runflow") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port(door)), 20)

    def said(self, data: bytes, *, door: str = "runflow") -> bytes:
        """All that is answered until the server ends the connection."""
        with self.open(door) as one:
            with contextlib.suppress(OSError):  # it has ended it already
                one.sendall(data)
            return received(one)

    def statuses(self, data: bytes, *, door: str = "runflow") -> list[int]:
        """The status of each answer."""
        return statuses(self.said(data, door=door))

    def alive(self) -> bool:
        """Whether the stage still answers."""
        return self.statuses(LAST) == [200]


def received(one: socket.socket) -> bytes:
    """Everything until the other side ends."""
    came = b""
    try:
        while chunk := one.recv(65536):
            came += chunk
    except ConnectionResetError:
        pass
    return came


def statuses(said: bytes) -> list[int]:
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]

"""Runs of programs: the mock server is in this process, the program is another process."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.local_http import QuietHandler, on_free_port, running

from mockreel.proxy.intercept import Plan, RunResult, run
from mockreel.server.server_options import Options
from mockreel.simulator.settings import Settings

# Runs words, a file of `programs/` or a text of Python: `ran = play("with_curl.sh", ...)`.
Play = Callable[..., "Played"]


@dataclass
class Played:
    """The result of a run, the program's output, and the reported messages."""

    ran: RunResult
    output: str
    reported: list[str]

    @property
    def lines(self) -> str:
        return "\n".join(self.ran.lines())


@pytest.fixture
def play(capfd: pytest.CaptureFixture[str]) -> Play:
    """Run a program: `play("-c", "print(1)")` for Python, `play("node", …, bare=True)` for others."""

    def run_it(*words: str, bare: bool = False, environment: Mapping[str, str] | None = None, **options: Any) -> Played:
        reported: list[str] = []
        command = words if bare else (sys.executable, *words)
        stored = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR", "SYSTEMROOT")}
        ours = {name: options.pop(name) for name in ("allow_hosts", "wait", "guard") if name in options}
        plan = Plan(command, options=Options(**{"speed": 20.0, "settings": Settings(), **options}), **ours)
        capfd.readouterr()
        ran = run(plan, environment={**stored, **(environment or {})}, report=reported.append)
        return Played(ran, "".join(capfd.readouterr()), reported)

    return run_it


@dataclass
class ServerLog:
    """What a small server on this machine was sent: lines of requests, headers and bodies."""

    url: str = ""
    lines: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@pytest.fixture
def server() -> Iterator[ServerLog]:
    """A server that answers everything with `heard`, even tunnels."""
    received = ServerLog()

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            received.lines.append(self.requestline)
            received.headers.append({name.lower(): value for name, value in self.headers.items()})
            received.bodies.append(self.read_body())
            self.respond(200, b"heard", {"content-length": "5"})

        def do_POST(self) -> None:
            self.do_GET()

        def do_CONNECT(self) -> None:
            received.lines.append(self.requestline)
            received.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(407 if "refusing" in self.path else 200)
            self.end_headers()
            self.close_connection = True

    with running(on_free_port(Handler)) as port:
        received.url = f"http://127.0.0.1:{port}"
        yield received


PROGRAMS = Path(__file__).parent / "programs"

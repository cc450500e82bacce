"""Clients of other languages and libraries, as they come: every request is answered, over one connection.

`nox -s languages` sets `MOCKREEL_POLL_PAUSE`, the seconds between two polls, to more than servers often wait.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.caller import FOURTH

from mockreel.server.http.protocol import WireProtocol
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server, hosted

PROGRAMS = Path(__file__).parent / "programs"
PAUSE_MS = str(int(float(os.environ.get("MOCKREEL_POLL_PAUSE", "0")) * 1000))
POLLS = 3

# These close a connection of their own accord when it was idle for 4 or 5 seconds.
IMPATIENT = {"httpx", "httpx2", "Node's fetch (undici)"}

COMMANDS: dict[str, tuple[str, ...]] = {
    "requests": (sys.executable, "talk.py", "requests"),
    "httpx": (sys.executable, "talk.py", "httpx"),
    "httpx2": (sys.executable, "talk.py", "httpx2"),
    "aiohttp": (sys.executable, "talk.py", "aiohttp"),
    "Node's http": ("node", "talk.js", "http"),
    "Node's fetch (undici)": ("node", "talk.js", "fetch"),
    "Java's HttpClient": ("java", "Talk.java", "-"),
    "Go's net/http": ("go", "run", "talk.go", "-"),
}


def runs(command: tuple[str, ...], tmp_path: Path) -> str:
    """What a program prints; a skip where its language, or its library, is not here."""
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not installed")
    if command[1] == "talk.py":
        pytest.importorskip(command[2])
    environment = {**os.environ, "GOCACHE": str(tmp_path), "GO111MODULE": "off", "NO_PROXY": "*"}
    done = subprocess.run(
        [program, *command[1:]], cwd=PROGRAMS, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every connection that is made to a server of ours."""
    made: list[object] = []
    original = WireProtocol.connection_made

    def counted(self: WireProtocol, transport: Any) -> None:
        made.append(self)
        original(self, transport)

    monkeypatch.setattr(WireProtocol, "connection_made", counted)
    return made


@pytest.mark.parametrize("client", COMMANDS)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_client_submits_and_polls_over_one_connection(
    client: str, host: str, tmp_path: Path, connections: list[object]
) -> None:
    """Whatever it offers, and however it finds `localhost`, where it may try both of its addresses."""
    server = Server(Options(("encore",), data=FOURTH, host=host))
    with hosted(server) as mock_server:
        url = mock_server.encore.url.replace("127.0.0.1", host)
        reported = runs((*COMMANDS[client], url, PAUSE_MS, str(POLLS)), tmp_path)

    assert reported.split() == ["201", *["200"] * POLLS]
    stored = host == "127.0.0.1" and not (client in IMPATIENT and float(PAUSE_MS))
    assert len(connections) == 1 or not stored


@pytest.mark.parametrize("flags", [("--http2",), ("--http1.1",), ("--http1.0",), ("--http2", "--compressed")])
def test_curl_is_answered_whatever_it_speaks(flags: tuple[str, ...]) -> None:
    """With `--http2` it offers h2c, and its body is read."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    with hosted(Server(Options(("encore",), data=FOURTH))) as server:
        url = f"{server.encore.url}/v1/jobs"
        sent = ["-H", "Content-Type: application/json", "-d", '{"model": "solo", "input": {"prompt": "x"}}']
        command = [curl, "-sS", "--noproxy", "*", *flags, "-H", "Authorization: Bearer k", "-w", "%{http_code} "]
        done = subprocess.run(
            [*command, "-o", os.devnull, *sent, url, "--next", *command[1:], "-o", os.devnull, url],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        jobs = len(server.simulator.provider("encore").jobs)

    assert (done.stdout.split(), jobs, done.stderr) == (["201", "200"], 1, "")

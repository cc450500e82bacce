"""Run the blocks of a page in their order, as a reader would: one folder, one shell after the other, one server.

The pages name the usual ports, 8700 and the following ones. A server is started on free ones, and every address of a
later block is translated; what a block prints is translated back before it is compared.
"""

import contextlib
import io
import json
import os
import pty
import re
import shlex
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.caller import LEAN

from mockreel.contract.data.data_files import parse_yaml
from tools.console import compare, dialogue
from tools.pages import Block

# What the pages call the ports: control's, and the providers' in their order.
USUAL_PORT = 8700
WAIT_SECONDS = 180
READY = "Stop with Ctrl-C."

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_ADDRESS = re.compile(r"127\.0\.0\.1:(\d+)")


@dataclass(slots=True)
class Served:
    """A server that a page has started: its output, and its ports by the ones that the page names."""

    process: "subprocess.Popen[str]"
    said: str
    ports: Mapping[int, int]


@dataclass(slots=True)
class Rehearsal:
    """One page being run in a folder of its own."""

    folder: Path
    served: Served | None = None
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__docs__"})
    printed: str = ""

    def play(self, block: Block) -> None:
        """Do what one block says, and see that it comes out as the page says."""
        if "not tested" in block.marks or "elsewhere" in block.marks:
            return
        if "output" in block.marks:
            compare(block, block.text, self.printed)
        elif "file" in block.marks:
            (self.folder / block.marks["file"]).write_text(self._here(block.text))
        elif block.language in _PLAYERS:
            _PLAYERS[block.language](self, block)

    def close(self) -> None:
        """End what the page has left open: its clients, and its server, which must end well."""
        for value in self.names.values():
            if callable(close := getattr(value, "close", None)) and not isinstance(value, type):
                close()
        self.stop()

    def stop(self) -> None:
        """Stop the server."""
        served, self.served = self.served, None
        if served is None:
            return
        served.process.terminate()
        rest, _ = served.process.communicate(timeout=WAIT_SECONDS)
        assert served.process.returncode == 0, f"the server ended with {served.process.returncode}:\n{rest}"

    def shell(self, block: Block) -> None:
        """Run a block of shell commands; a server is started and left running."""
        self.printed = self._run(block, block.text)

    def console(self, block: Block) -> None:
        """Run the commands behind `$`, and compare what each prints."""
        for command, expected in dialogue(block):
            self.printed = self._run(block, command)
            compare(block, expected, self.printed)

    def python(self, block: Block) -> None:
        """Run Python in the names of the page; what holds tests is run by pytest."""
        text = self._here(block.text)
        if re.search(r"^(async )?def test_", text, re.MULTILINE):
            path = self.folder / f"test_line_{block.line}.py"
            path.write_text(text)
            self._command(block, [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", path.name])
            return
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.chdir(self.folder):
            exec(compile("\n" * block.line + text, block.page, "exec"), self.names)
        self.printed = self._there(printed.getvalue())

    def _run(self, block: Block, text: str) -> str:
        words = shlex.split(text, comments=True)
        stays = words[:2] == ["mockreel", "serve"] and "&" not in words[:-1] and "--list-readings" not in words
        if stays and "exit" not in block.marks:
            return self._serve(words[: words.index(">")] if ">" in words else words)
        return self._command(block, ["sh", "-eu", "-c", self._here(text)])

    def _command(self, block: Block, words: list[str]) -> str:
        done = subprocess.run(
            words,
            cwd=self.folder,
            env={**_environment(), **self._control()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # in the order of a terminal
            text=True,
            timeout=WAIT_SECONDS,
            check=False,
        )
        output = self._there(done.stdout)
        expected = int(block.marks.get("exit", "0"))
        assert done.returncode == expected, f"{block.where} ended with {done.returncode}, not {expected}:\n{output}"
        return output

    def _serve(self, words: list[str]) -> str:
        self.stop()
        first = USUAL_PORT
        if "--port" in words:
            at = words.index("--port")
            first = int(words[at + 1])
            del words[at : at + 2]
        ready = self.folder / "ready-of-the-test.json"
        command = [sys.executable, "-m", *words, "--port", "0", "--ready-file", str(ready)]
        process = subprocess.Popen(
            command, cwd=self.folder, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        output = "".join(_until_ready(process))
        assert ready.is_file(), f"{shlex.join(command)} did not start:\n{output}"
        addresses = [address for address in json.loads(ready.read_text()).values() if isinstance(address, dict)]
        ports = {first + number: int(address["url"].rpartition(":")[2]) for number, address in enumerate(addresses)}
        self.served = Served(process, output, ports)
        return self._there(output)

    def _control(self) -> Mapping[str, str]:
        """Where `mockreel control` finds the server, as its port is not the usual one here."""
        return {"MOCKREEL_CONTROL_URL": self._here(f"http://127.0.0.1:{USUAL_PORT}")} if self.served else {}

    def _here(self, text: str) -> str:
        """The text of a page with the addresses of the running server."""
        ports = self.served.ports if self.served else {}
        return _ADDRESS.sub(lambda found: f"127.0.0.1:{ports.get(int(found[1]), int(found[1]))}", text)

    def _there(self, text: str) -> str:
        """What was printed, with the addresses that the page names."""
        ports = {here: there for there, here in self.served.ports.items()} if self.served else {}
        return _ADDRESS.sub(lambda found: f"127.0.0.1:{ports.get(int(found[1]), int(found[1]))}", text)


def on_terminal(*words: str, folder: Path) -> str:
    """What a command of ours shows on a terminal of 80 columns, without colours and movements; it must end well."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with subprocess.Popen(
        [sys.executable, "-m", "mockreel", *words],
        cwd=folder,
        env=_environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        output = b"".join(_chunks(ours))
        os.close(ours)
    text = _ESCAPE.sub("", output.decode()).replace("\r", "\n")
    assert process.returncode == 0, text
    return text


def _chunks(terminal: int) -> Iterator[bytes]:
    """What arrives on a terminal until the other side has gone, which some systems tell as an error."""
    with contextlib.suppress(OSError):
        while chunk := os.read(terminal, 65536):
            yield chunk


def _yaml(_: Rehearsal, block: Block) -> None:
    parse_yaml(block.text.encode(), where=block.where)


def _json(_: Rehearsal, block: Block) -> None:
    json.loads(block.text)


_PLAYERS = {
    "sh": Rehearsal.shell,
    "console": Rehearsal.console,
    "python": Rehearsal.python,
    "yaml": _yaml,
    "json": _json,
}


def _environment() -> dict[str, str]:
    """The environment of a reader: the commands of this installation first, and no proxy between."""
    own = Path(sys.executable).parent
    path = f"{own}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **LEAN, "PATH": path, "NO_PROXY": "*", "PYTHONUNBUFFERED": "1"}


def _until_ready(process: "subprocess.Popen[str]") -> Iterator[str]:
    """What a server says until it is ready; it is ended where that takes too long."""
    assert process.stdout is not None
    watchdog = threading.Timer(WAIT_SECONDS, process.kill)
    watchdog.start()
    try:
        for line in process.stdout:
            yield line
            if line.strip() == READY:
                return
    finally:
        watchdog.cancel()

"""Start the servers that are measured, each in a process of its own, and end them."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

WAIT_SECONDS = 120.0


@contextmanager
def mockreel(folder: Path, *options: str, command: str = "serve") -> Iterator[Mapping[str, Any]]:
    """`mockreel serve`, or another command that has a ready file, on free ports; gives what the file says."""
    ready = folder / f"ready-{command}.json"
    words = [sys.executable, "-m", "mockreel", command, "--port", "0", "--ready-file", str(ready), *options]
    with _running(words) as process:
        yield orjson.loads(await_file(ready, process))


@contextmanager
def served(folder: Path, *options: str, module: str, name: str) -> Iterator[Mapping[str, Any]]:
    """`mockreel serve`, or a module that serves as it does, beside others of its sort; gives its ready file."""
    ready = folder / f"ready-{name}.json"
    command = ("serve",) if module == "mockreel" else ()
    words = [sys.executable, "-m", module, *command, "--port", "0", "--ready-file", str(ready), *options]
    with _running(words) as process:
        yield orjson.loads(await_file(ready, process))


@contextmanager
def bare(folder: Path, samples: Mapping[str, Any], *, raw: bool = False) -> Iterator[tuple[int, int]]:
    """The bare app, or the raw one; gives its port and its process."""
    file = folder / "samples.json"
    file.write_bytes(orjson.dumps(samples))
    with _running(
        [sys.executable, "-m", "bench.bare", str(file), *(["raw"] if raw else [])], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid


@contextmanager
def redis_server(folder: Path) -> Iterator[int | None]:
    """A Redis that keeps what it has; gives its port, or None where none is installed."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        yield None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--dir", str(folder)]
    with _running([program, *words], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if b"Ready to accept connections" in line:
                break
        yield port


@contextmanager
def forwarder(upstream: str) -> Iterator[tuple[int, int]]:
    """The bare forwarder; gives its port and its process."""
    with _running([sys.executable, "-m", "bench.forwarder", upstream], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid


def cpu_seconds(pid: int) -> float:
    """The processor time that all threads of a process have had; 0 where the system does not tell."""
    counts = [file.read_text().split()[0] for file in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(map(int, counts)) / 1e9


def await_file(path: Path, process: "subprocess.Popen[bytes]") -> bytes:
    """The content of a file that a process writes when it is ready.

    Raises:
        SystemExit: the process has ended, or does not become ready.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            time.sleep(0.0005)
    raise SystemExit(f"{process.args!r} has not become ready (exit code {process.poll()})")


@contextmanager
def _running(command: list[str], *, stdout: int = subprocess.DEVNULL) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(command, stdout=stdout)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

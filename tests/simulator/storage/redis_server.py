"""A Redis for a test, that may be killed and started again with what it had."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.garbage import collect
from support.lacking import lacking

# The client library leaves a connection whose command was cancelled to the garbage collector.
cancelled_commands = pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning", "ignore:loop is closed:ResourceWarning"
)
PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")


class RedisServer:
    """One Redis on a free port of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """What `--state` takes."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert PROGRAM is not None
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"]
        self._process = subprocess.Popen(
            [PROGRAM, *words, "--dir", str(self._folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if b"Ready to accept connections" in line:
                return
        raise AssertionError("the Redis has ended")

    def kill(self) -> None:
        """End it at once, as a crash does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def stop(self) -> None:
        """End it, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self.kill()


@contextmanager
def redis_for_a_test(folder: Path) -> Iterator[RedisServer]:
    """One until the block ends, else the test is skipped; what was left to the garbage collector is collected."""
    if PROGRAM is None:
        lacking("redis", "there is no redis-server and no valkey-server here")
    server = RedisServer(folder)
    try:
        yield server
    finally:
        server.stop()
        collect()

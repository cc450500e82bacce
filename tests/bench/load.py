"""Load a server: with `wrk` where it is installed, else with our own small client in a second process."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import orjson

CONNECTIONS = 16
SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What one round gave: requests per second, and the 99th percentile of the latencies in milliseconds."""

    rps: float
    p99: float


def generator() -> str:
    """Which load generator is used, in words."""
    return shutil.which("wrk") or "the bench's own pipelining client (wrk is not installed)"


def write_requests(path: Path, requests: Iterable[bytes]) -> Path:
    """A file that both generators read: for each request its length, a line feed, and its bytes."""
    path.write_bytes(b"".join(b"%d\n%b" % (len(request), request) for request in requests))
    return path


def load(port: int, requests: Path, *, seconds: int = 1) -> Load:
    """One round: send the requests of a file over and over.

    Raises:
        SystemExit: a connection broke, or nothing was answered.
    """
    wrk = shutil.which("wrk")
    address = f"http://127.0.0.1:{port}"
    own = [sys.executable, "-m", "bench.client", str(port), str(CONNECTIONS), str(seconds), str(requests)]
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(SCRIPT), address] if wrk else own
    done = subprocess.run(
        command, capture_output=True, env={**os.environ, "BENCH_REQUESTS": str(requests)}, check=False
    )
    try:
        found = orjson.loads(done.stdout.splitlines()[-1])
    except (IndexError, orjson.JSONDecodeError):
        raise SystemExit(f"the load generator failed: {(done.stdout + done.stderr).decode()}") from None
    if found["errors"] or not found["requests"]:
        raise SystemExit(f"the load generator met errors: {found}")
    return Load(found["requests"] / found["seconds"], found["p99"])

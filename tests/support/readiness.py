"""Waiting for a command in another process to be ready."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

POLL_SECONDS = 0.02


def ready(file: Path, process: "subprocess.Popen[Any]", *, timeout: float = 60.0) -> Any:
    """The contents of a command's ready file, once it is there; AssertionError if it ends or takes too long."""
    deadline = time.monotonic() + timeout
    while not file.exists():
        assert process.poll() is None, f"the command ended with {process.returncode} before it was ready"
        assert time.monotonic() < deadline, f"the command was not ready within {timeout:g} s"
        time.sleep(POLL_SECONDS)
    return json.loads(file.read_bytes())

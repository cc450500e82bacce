"""`serve` and the commands that call it, as processes of their own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.caller import FOURTH
from support.readiness import ready

from mockreel.client.admin import ControlClient

BODY = {"model": "solo", "input": {"prompt": "a red door"}}
WAIT_SECONDS = 30.0


@contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[Path, Any]]:
    """`mockreel serve` with encore; gives its ready file, and what stands in it."""
    file = folder / "ready.json"
    words = ["serve", "--provider", "encore", "--data", str(FOURTH), "--port", "0", "--ready-file", str(file)]
    command = [sys.executable, "-m", "mockreel", *words, "--quiet", *options]
    environment = {"PYTHONPATH": str(FOURTH.parent), "PATH": "", "NO_PROXY": "*"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield file, ready(file, process, timeout=WAIT_SECONDS)
        finally:
            process.terminate()
            process.wait(WAIT_SECONDS)


def submit(addresses: Any, **options: Any) -> None:
    headers = {"authorization": f"Bearer {addresses['encore']['key']}"}
    url = f"{addresses['encore']['url']}/v1/jobs"
    httpx2.post(url, json=BODY, headers=headers, trust_env=False, **options).raise_for_status()


@pytest.mark.parametrize(("options", "stored"), [((), True), (("--no-bodies",), False)])
def test_serve_keeps_bodies_by_default(options: tuple[str, ...], stored: bool, tmp_path: Path) -> None:
    """The journal of the command has bodies; `--no-bodies` leaves them out."""
    with served(tmp_path, *options) as (ready, addresses), ControlClient.from_ready_file(ready) as control:
        submit(addresses)
        (entry,) = control.journal(bodies=True)

    assert entry.body == (BODY if stored else None)
    assert entry.status == 201


def test_a_snapshot_outlives_the_process(tmp_path: Path) -> None:
    """One command writes the file, another process is given it, and has the same jobs."""
    file = tmp_path / "snapshot.json"
    with served(tmp_path, "--hold") as (ready, addresses):
        submit(addresses)
        assert "1 job," in ask(ready, "snapshot", str(file))
        listed = ask(ready, "jobs", "list")

    with served(tmp_path, "--hold") as (ready, _):
        assert ask(ready, "jobs", "list") == "No job matches.\n"
        ask(ready, "restore", str(file))
        assert ask(ready, "jobs", "list") == listed
    assert "there is no such file" in ask(ready, "jobs", "list", code=2)


def ask(ready: Path, *words: str, code: int = 0) -> str:
    """What `mockreel control` prints."""
    return _said("--ready-file", str(ready), *words, code=code)


def _said(*words: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "mockreel", "control", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WAIT_SECONDS)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_a_server_over_tls_is_called_too(tmp_path: Path) -> None:
    """The ready file says whom to trust."""
    pytest.importorskip("trustme", reason="trustme is not installed, so no certificate can be made")
    with served(tmp_path, "--tls") as (ready, addresses), ControlClient.from_ready_file(ready) as control:
        assert control.url.startswith("https://")
        assert control.clock().due == 0
        url, ca = str(addresses["control"]["url"]), str(addresses["ca"])
        assert '"held"' in _said("--url", url, "--ca", ca, "clock", "show", "--json")
        assert "its certificate is not trusted: name the authority, --ca FILE" in _said(
            "--url", url, "clock", "show", code=2
        )
        assert f"{ready}: it cannot be used" in _said("--url", url, "--ca", str(ready), "clock", "show", code=2)

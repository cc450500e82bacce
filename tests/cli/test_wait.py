"""`mockreel wait`: until a server is ready, or the time is up."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockreel import serving
from mockreel.cli.use.wait_command import command
from mockreel.client.admin.readiness import wait_until_ready
from mockreel.errors import ControlUnreachable


def test_a_server_that_answers_is_ready() -> None:
    """Its address is printed."""
    with serving() as server:
        done = CliRunner().invoke(command, ["--url", server.control.url])

    assert (done.exit_code, done.output) == (0, f"Ready: {server.control.url}\n")


def test_a_ready_file_is_waited_for(tmp_path: Path) -> None:
    """It may appear later: here between two looks."""
    file = tmp_path / "ready.json"
    pauses: list[float] = []
    with serving() as server:

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            file.write_text(json.dumps({"control": {"url": server.control.url}}))

        found = wait_until_ready(ready_file=file, sleep=pause)

    assert (found, len(pauses)) == (server.control.url, 1)


def test_a_ready_file_that_is_written_outranks_an_address_of_the_environment(tmp_path: Path) -> None:
    """As `mockreel control` has it."""
    file = tmp_path / "ready.json"
    with serving() as server:
        file.write_text(json.dumps({"control": {"url": server.control.url}}))
        file.chmod(0o600)
        environment = {"MOCKREEL_CONTROL_URL": "http://127.0.0.1:9"}
        done = CliRunner().invoke(command, ["--ready-file", str(file), "--timeout", "5"], env=environment)

    assert done.output == f"Ready: {server.control.url}\n"


def _ticking() -> Callable[[], float]:
    moments = iter(range(100))
    return lambda: float(next(moments))


def test_the_time_is_up(tmp_path: Path) -> None:
    """The message says what was missing last."""
    with pytest.raises(ControlUnreachable, match="there is no such file"):
        wait_until_ready(ready_file=tmp_path / "no.json", timeout=3, now=_ticking(), sleep=lambda _: None)


def test_the_command_ends_with_1_where_nothing_answers() -> None:
    """On a port that nobody listens on."""
    done = CliRunner().invoke(command, ["--url", "http://127.0.0.1:9", "--timeout", "0"])

    assert done.exit_code == 1
    assert "not ready after 0 s. No server answers at http://127.0.0.1:9" in done.output

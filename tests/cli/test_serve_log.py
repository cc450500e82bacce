"""What `mockreel serve` tells while it serves."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest
from support.caller import FOURTH
from support.readiness import ready

KEY = {"authorization": "Bearer en_user_one"}
GOOD = {"model": "solo", "input": {"prompt": "x"}}
SCHEMA = Path(__file__).parents[2] / "docs/reference/serve-log.schema.json"


@dataclass
class Command:
    """A server in a process of its own."""

    process: "subprocess.Popen[str]"
    addresses: dict[str, Any]

    def ask(self, path: str, body: Any = None) -> httpx2.Response:
        url = f"{self.addresses['encore']['url']}{path}"
        with httpx2.Client(headers=KEY, trust_env=False) as client:
            return client.get(url) if body is None else client.post(url, json=body)

    def next(self, kind: str) -> Any:
        """The next line of that kind that it writes for machines."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            row = json.loads(line)
            if row["kind"] == kind:
                return row
        raise AssertionError(f"it has ended without a line of the kind {kind}")

    def output(self) -> str:
        """All its output, once it is stopped."""
        self.process.send_signal(signal.SIGTERM)
        output, complained = self.process.communicate(timeout=30)
        assert (self.process.returncode, complained) == (0, "")
        return output


@contextmanager
def _serving(folder: Path, *options: str, data: Path = FOURTH) -> Iterator[Command]:
    file = folder / "ready.json"
    words = ["serve", "--data", str(data), "--provider", "encore", "--port", "0", "--ready-file", str(file)]
    environment = {**os.environ, "PYTHONPATH": str(FOURTH.parent)}
    process = subprocess.Popen(
        [sys.executable, "-m", "mockreel", *words, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
    )
    try:
        yield Command(process, ready(file, process))
    finally:
        process.kill()
        process.communicate()


def test_each_event_is_a_line(tmp_path: Path) -> None:
    """After the addresses; the sums that were not spent are the last."""
    with _serving(tmp_path) as command:
        job = command.ask("/v1/jobs", GOOD).json()["id"]
        command.ask("/v1/jobs", {"model": "none"})
        output = command.output()

    assert output.index("Stop with Ctrl-C.") < output.index("POST /v1/jobs ")
    lines = [" ".join(line.split()[1:]) for line in output.partition("Stop with Ctrl-C.\n")[2].splitlines()]
    assert lines[0] == "encore POST /v1/jobs → 201"
    assert lines[1] == f"encore job {job} = waiting"
    assert lines[2].startswith("encore POST /v1/jobs → 404 unknown-model")
    assert "\x1b" not in output
    assert "Stopped.\nEstimated cost avoided: " in output


def test_machines_read_the_same(tmp_path: Path) -> None:
    """An object a line, from the first to the last, each fitting the schema; no key is in it."""
    with _serving(tmp_path, "--json") as command:
        command.ask("/v1/jobs", GOOD)
        output = command.output()

    rows = [json.loads(line) for line in output.splitlines()]
    fits = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))
    assert [row["kind"] for row in rows] == ["serving", "request", "state", "stopped"]
    assert [row for row in rows if not fits.is_valid(row)] == []
    assert rows[0]["encore"] == {"url": command.addresses["encore"]["url"]}
    assert KEY["authorization"].split()[1] not in output


def test_quiet_tells_nothing(tmp_path: Path) -> None:
    """Neither where it is, nor what happens, nor that it was stopped."""
    with _serving(tmp_path, "--quiet") as command:
        command.ask("/v1/jobs", GOOD)
        assert command.output() == ""


def test_a_log_that_nobody_reads_stops_nobody(tmp_path: Path) -> None:
    """Neither the requests nor the end, though the pipe is full."""
    with _serving(tmp_path, "--json") as command, httpx2.Client(headers=KEY, trust_env=False) as client:
        url = f"{command.addresses['encore']['url']}/v1/jobs/{'x' * 200}"
        for _ in range(600):  # of about 500 bytes each, into a pipe that takes 64 KiB
            assert client.get(url).status_code == 404
        command.process.send_signal(signal.SIGTERM)
        assert command.process.wait(timeout=30) == 0


def test_data_is_read_again_when_it_changes(tmp_path: Path) -> None:
    """With `--watch`; if it cannot be used, even a quiet server reports it, and the old data stays in use."""
    data = Path(shutil.copytree(FOURTH, tmp_path / "data"))
    lifecycle = data / "contracts/encore/lifecycle.yaml"
    whole = lifecycle.read_text()
    with _serving(tmp_path, "--json", "--watch", "--speed", "1000", data=data) as command:
        lifecycle.write_text(whole.replace("word: done", "word: ["))
        assert "lifecycle.yaml" in command.next("data")["problem"]
        lifecycle.write_text(whole.replace("word: done", "word: performed"))
        assert command.next("data")["taken"] is True
        command.ask("/v1/jobs", GOOD)
        while (word := command.next("state")["word"]) not in ("done", "performed"):
            pass
    assert word == "performed"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo terminals")
@pytest.mark.parametrize(("variables", "colours"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_a_terminal_gets_colours_unless_it_says_no(
    variables: dict[str, str], colours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As https://no-color.org specifies."""
    from mockreel.cli.log_option import colourful  # noqa: PLC0415  (not loaded where it is not tested)

    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as terminal, os.fdopen(master):
        assert colourful(terminal) is colours
    with Path(os.devnull).open("w", encoding="utf-8") as file:
        assert not colourful(file)


def test_json_and_quiet_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    """One says everything, the other nothing."""
    from mockreel.cli import main  # noqa: PLC0415

    with pytest.raises(SystemExit):
        main(["serve", "--json", "--quiet", "--port", "0"])

    assert "exclude each other" in capsys.readouterr().err

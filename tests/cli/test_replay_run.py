"""`mockreel replay-run` and `mockreel control at`: what they print, and how they end."""

import json
import shlex
from pathlib import Path

import pytest
from server.http_calls import ask
from tools.console import compare, dialogue
from tools.pages import page

from mockreel.cli import main
from mockreel.server.socket_server import serving

RUNS = "/v1/models/google/veo3.1/lite/runs"
GUIDE = "docs/guides/keep-a-run.md"
BODY = {"input": {"prompt": "a boat", "duration": "6s", "resolution": "720p"}}


def _ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """The exit code, and what was printed."""
    with pytest.raises(SystemExit) as ended:
        main([*words])
    printed = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, printed.out + printed.err


@pytest.fixture
def recorded(tmp_path: Path) -> str:
    """A run with a submit and a read of the balance, in a folder."""
    with serving("runflow", record_run=tmp_path / "run", held=True, start=1_767_225_600.0) as server:
        ask(server.runflow.url, "POST", RUNS, BODY)
        ask(server.runflow.url, "GET", "/v1/billing/balance")
    return str(tmp_path / "run")


def test_an_equal_run_ends_with_0(recorded: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, output = _ran(capsys, "replay-run", recorded)
    assert (code, output) == (0, "Equal: 2 responses and webhooks are the same, byte for byte.\n")


@pytest.fixture
def guided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of the guide's reader: a run with a log, and one that was recorded."""
    monkeypatch.chdir(tmp_path)
    with serving(state=tmp_path / "run.db"):
        pass
    with serving(record_run=tmp_path / "recorded", held=True, start=1_767_225_600.0) as server:
        id_ = ask(server.runflow.url, "POST", RUNS, BODY)[1]["id"]
        server.advance(100)
        ask(server.runflow.url, "GET", f"/v1/runs/{id_}")
        ask(server.runflow.url, "GET", "/v1/billing/balance")


@pytest.mark.usefixtures("guided")
def test_the_guide_shows_what_its_commands_print(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command that stands there behind `$` and needs a run of before."""
    shown = [block for block in page(GUIDE).blocks if block.language == "console" and "elsewhere" in block.marks]
    printed = [
        (command, block, expected, _ran(capsys, *shlex.split(command)[1:]))
        for block in shown
        for command, expected in dialogue(block)
    ]
    for _, block, expected, (_, output) in printed:
        compare(block, expected, output)
    assert [code for *_, (code, _) in printed] == [2, 0, 1]


def test_a_difference_ends_with_1_and_says_where(recorded: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, output = _ran(capsys, "replay-run", recorded, "--reading", "runflow:balance-shape=cents")
    assert code == 1
    assert "1 of 2 differ. They begin to differ at entry 4, 2026-01-01 00:00:00.000 UTC:" in output
    assert "runflow GET /v1/billing/balance" in output


def test_the_result_is_had_as_json(recorded: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, output = _ran(capsys, "replay-run", recorded, "--json")
    assert (code, json.loads(output)["compared"], json.loads(output)["equal"]) == (0, 2, True)


def test_a_folder_that_holds_no_run_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, output = _ran(capsys, "replay-run", str(tmp_path))
    assert code == 2
    assert " ".join(output.split()).startswith(f"mockreel: {tmp_path} holds no run")


def test_control_at_lists_the_jobs_of_a_moment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving("runflow", state=tmp_path / "run.db", held=True, start=1_767_225_600.0) as server:
        first = ask(server.runflow.url, "POST", RUNS, BODY)[1]["id"]
        server.advance(100)
        second = ask(server.runflow.url, "POST", RUNS, BODY)[1]["id"]
        main_url = ("control", "--url", server.control.url)
        code, output = _ran(capsys, *main_url, "at", "-98", "jobs", "list")
        assert code == 0
        assert f"runflow/{first}  running" in output
        assert second not in output
        code, output = _ran(capsys, *main_url, "at", "-98", "jobs", "show", first, "--json")
        assert json.loads(output)["state"] == "running"


def test_a_run_with_watched_data_cannot_be_logged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, output = _ran(capsys, "serve", "--port", "0", "--watch", "--state", str(tmp_path / "run.db"))
    assert code == 2
    assert "leave out one of the two" in output

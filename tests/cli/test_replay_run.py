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
        ask(server.runflow.url, "POST", RUNS, BODY)
        server.advance(100)
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


def test_a_run_that_was_not_ended_is_played_and_reported(recorded: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its server was killed, or the file has lost its end: never a shorter run without a word."""
    log = Path(recorded) / "run.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:-2]))
    code, output = _ran(capsys, "replay-run", recorded)
    assert code == 0
    assert "was not ended: its server was killed, or run.jsonl has lost its end. 3 entries were read." in output
    assert output.endswith("Equal: 1 responses and webhooks are the same, byte for byte.\n")
    code, output = _ran(capsys, "replay-run", recorded, "--json")
    assert (json.loads(output)["entries"], "was not ended" in json.loads(output)["unended"]) == (3, True)


def test_control_at_shows_what_was_before_a_reset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`resets` says how; by time, by time and entry, and by entry."""
    with serving("runflow", state=tmp_path / "run.db", held=True, start=1_767_225_600.0) as server:
        first = ask(server.runflow.url, "POST", RUNS, BODY)[1]["id"]
        server.advance(100)
        ask(server.control.url, "POST", "/_mockreel/reset")
        control = ("control", "--url", server.control.url)
        code, output = _ran(capsys, *control, "resets")
        assert code == 0
        assert "reset  2026-01-01 00:01:40.000 UTC  2026-01-01 00:00:00.000 UTC  control at 1767225700.0@" in output
        words = output.split()[-1]
        for moment in (words, "2026-01-01T00:01:40Z", "@" + words.partition("@")[2]):
            code, output = _ran(capsys, *control, "at", moment, "jobs", "list")
            assert (code, f"runflow/{first}" in output) == (0, True)
        assert first not in _ran(capsys, *control, "at", "2026-01-01T00:00:00Z", "jobs")[1]


@pytest.mark.parametrize(
    "words", ["balances", "clock", "deliveries", "jobs", "jobs --state failed", "journal", "readings", "rules"]
)
def test_control_at_shows_what_there_is_by_its_name(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`list` and `show` may be left out."""
    with serving("runflow", state=tmp_path / "run.db", held=True, start=1_767_225_600.0) as server:
        code, output = _ran(capsys, "control", "--url", server.control.url, "at", "-0", *words.split())
    assert (code, "Usage" in output) == (0, False)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            "accounts",
            "'accounts' is not valid. Valid: balances, clock, deliveries, jobs, journal, readings, rules, snapshot",
        ),
        ("clock advance 5", "'advance' is not valid. Valid: show. Only what changes nothing can be done"),
    ],
)
def test_control_at_says_what_can_be_looked_at(words: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, output = _ran(capsys, "control", "at", "-5", *words.split())
    assert code == 2
    assert says in " ".join(output.split())


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("run.db", "is a file, and a recorded run is a folder. Name the folder that `serve --record-run` has made."),
        ("none", "holds no run: run.jsonl is not there. Name the folder that `serve --record-run` has made."),
        ("redis://me:secret@127.0.0.1:6379/0?run=a", "@127.0.0.1:6379/0?run=a' is not valid. Valid: the folder that"),
    ],
)
def test_what_is_no_bundle_is_refused_with_what_to_do(
    place: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of --state, a folder without a run, and a shared run, whose URL stands there without its password."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.db").write_bytes(b"x")
    code, output = _ran(capsys, "replay-run", place)
    assert code == 2
    assert says in output
    assert "secret" not in output

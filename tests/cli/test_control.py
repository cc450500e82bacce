"""`mockreel control`: a running mock server, queried and changed from the command line."""

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import httpx2
import pytest
from click.testing import CliRunner, Result
from support.caller import FOURTH, START

from mockreel import cli
from mockreel.cli.ready_file import write_ready_file
from mockreel.server import serving
from mockreel.server.mock_server import MockServer

Run = Callable[..., Result]
GOOD = {"model": "solo", "input": {"prompt": "a red door"}}


@pytest.fixture
def server() -> Iterator[MockServer]:
    with serving("encore", data=FOURTH, held=True, start=START) as server:
        yield server


@pytest.fixture
def control(server: MockServer) -> Run:
    """Runs `mockreel control` on the mock server; expects its exit code."""
    return lambda *words, code=0, **options: run("--url", server.control.url, *words, code=code, **options)


def run(*words: str, code: int = 0, **options: Any) -> Result:
    """One command, with the command line's own way of telling errors."""

    @click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
    @click.argument("rest", nargs=-1, type=click.UNPROCESSED)
    def main(rest: tuple[str, ...]) -> None:
        cli.main(list(rest))

    environment = dict.fromkeys(("MOCKREEL_CONTROL_URL", "MOCKREEL_READY_FILE", "MOCKREEL_TOKEN"), "")
    result = CliRunner(env=environment).invoke(main, ["control", *words], **options)
    assert result.exit_code == code, result.output
    return result


def submit(server: MockServer, **more: Any) -> str:
    headers = {"authorization": "Bearer en_user_one_of_many"}
    answer = httpx2.post(f"{server.encore.url}/v1/jobs", json={**GOOD, **more}, headers=headers, trust_env=False)
    return str(answer.json()["id"])


def test_a_written_ready_file_outranks_the_environment(server: MockServer, tmp_path: Path) -> None:
    """The variable names another mock server; one that is written as an option still comes before both."""
    ready = tmp_path / "ready.json"
    write_ready_file(ready, {"control": {"url": server.control.url}})
    elsewhere = "http://127.0.0.1:1"
    named = {"MOCKREEL_CONTROL_URL": elsewhere}

    assert run("clock", "show", "--ready-file", str(ready), env=named).output.endswith("paused\n")
    assert elsewhere in run("clock", "show", env=named, code=2).output
    assert elsewhere in run("--url", elsewhere, "clock", "show", "--ready-file", str(ready), code=2).output


def test_the_clock(control: Run) -> None:
    """Shown in words, and moved."""
    assert control("clock", "show").output == "2026-01-01 00:00:00.000 UTC  paused\n"
    assert control("clock", "advance", "90").output == "2026-01-01 00:01:30.000 UTC  paused\n0 actions ran\n"
    assert (
        "running at 60 seconds per second" in control("clock", "speed", "60").output + control("clock", "resume").output
    )
    assert json.loads(control("clock", "hold", "--json").output)["held"] is True


def test_jobs_are_listed_shown_and_ended(control: Run, server: MockServer) -> None:
    """By id, with or without the provider."""
    ids = [submit(server) for _ in range(3)]

    assert [line.split()[0] for line in control("jobs", "list").output.splitlines()] == [
        "JOB",
        *(f"encore/{id_}" for id_ in ids[::-1]),
    ]
    assert "  done  " in control("jobs", "complete", ids[0]).output
    assert "  broken  " in control("jobs", "fail", f"encore/{ids[1]}", "--code", "stage-fright").output
    assert "  dropped  " in control("jobs", "cancel", ids[2], "--reason", "enough").output
    assert "failed with stage-fright" in control("jobs", "show", ids[1]).output
    assert json.loads(control("jobs", "show", ids[2], "--json").output)["intervention"]["reason"] == "enough"
    assert "--after encore/" in control("jobs", "list", "--limit", "1").output
    assert control("jobs", "list", "--state", "waiting").output == "No job matches.\n"


def test_callbacks_are_sent_again(control: Run, server: MockServer) -> None:
    """And the message says when they are sent."""
    submit(server, tell="http://127.0.0.1:9/hook")
    control("clock", "advance", "100")
    id_ = control("deliveries", "list", "--status", "failed").output.splitlines()[1].split()[0]

    output = control("deliveries", "resend", id_).output

    assert "pending" in output
    assert "advance 0" in output


def test_the_journal_is_listed_asserted_and_exported(control: Run, server: MockServer, tmp_path: Path) -> None:
    """A claim that does not hold ends with 1 and the nearest requests."""
    submit(server)

    assert "POST    /v1/jobs  201" in control("journal", "list").output
    assert 'request {"model": "solo"' in control("journal", "list", "--bodies").output
    claim = ("journal", "assert", "--operation", "create_job")
    assert (
        control(*claim, "--times", "1", "--body", "input.prompt=a red door").output == "Passed: 1 matching request.\n"
    )
    failed = control(*claim, "--times", "2", code=1).output
    assert "the journal has 1" in failed
    out = tmp_path / "calls.har"
    control("journal", "har", "--out", str(out))
    assert json.loads(out.read_text())["log"]["entries"][0]["_operation"] == "create_job"


def test_rules_faults_balances_and_readings(control: Run, server: MockServer) -> None:
    """Set, listed, removed."""
    assert control("rules", "add", "--scenario", "fail", "--nth", "2").output.splitlines()[1].split() == [
        *("1", "fail", "0", "nth=2")
    ]
    assert "name=delay" in control("rules", "add", "--fault", "delay; seconds=1").output
    assert len(control("rules", "list").output.splitlines()) == 3
    assert control("rules", "remove", "1").output.splitlines()[1].startswith("2 ")
    assert control("rules", "clear").output == "There are no rules.\n"
    assert "reset" in control("faults").output
    assert control("balances", "list").output == "There are no accounts: no key was used yet.\n"
    submit(server)
    assert "account-1  2.5      " in control("balances", "set", "encore", "account-1", "2.50").output
    assert "no limit" in control("balances", "set", "encore", "account-1", "none").output
    assert "wrapped, bare" in control("readings", "list").output
    assert "is bare now" in control("readings", "choose", "encore", "envelope", "bare").output


def test_a_snapshot_is_saved_to_a_file_and_restored(control: Run, server: MockServer, tmp_path: Path) -> None:
    """A file that others cannot read."""
    id_ = submit(server)
    file = tmp_path / "snapshot.json"

    assert "(1 job, 0 deliveries)" in control("snapshot", str(file)).output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "Reset. " in control("reset").output
    assert control("jobs", "list").output == "No job matches.\n"
    assert "Restored: 1 job, " in control("restore", str(file)).output
    assert id_ in control("jobs", "list").output
    document = control("snapshot", "-").output
    assert "Restored" in control("restore", "-", input=document).output


def test_options_may_stand_behind_the_command(server: MockServer, tmp_path: Path) -> None:
    """In one word or in two."""
    ready = tmp_path / "ready.json"
    write_ready_file(ready, server.ready(1))

    assert (
        run("clock", "show", "--url", server.control.url).output
        == run("clock", f"--url={server.control.url}", "show").output
    )
    assert "held" in run("clock", "show", "--ready-file", str(ready), "--json").output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("jobs", "show", "nobody"), "No provider has it"),
        (("jobs", "fail", "encore/nobody"), "Not found (404)"),
        (("clock", "advance", "-1"), "No such option"),
        (("rules", "add", "--scenario", "sleep"), "'sleep' is not valid"),
        (("restore", "nowhere.json"), "it cannot be read"),
        (("snapshot", "/nowhere/x.json"), "it cannot be written"),
        (("journal", "list", "--operation", "x"), "create_job"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(words: tuple[str, ...], says: str, control: Run) -> None:
    """And exit code 2."""
    assert says in control(*words, code=2).output


def test_nothing_running_is_a_sentence(tmp_path: Path) -> None:
    """With what to do."""
    output = run("clock", "show", "--url", "http://127.0.0.1:9", code=2).output
    assert output.startswith("mockreel: No server answers at http://127.0.0.1:9")
    assert "Start it with `mockreel serve`" in output
    assert "there is no such file" in run("reset", "--ready-file", str(tmp_path / "x"), code=2).output


def test_a_file_that_is_no_snapshot_is_reported(control: Run, tmp_path: Path) -> None:
    """JSON or not."""
    file = tmp_path / "x.json"
    for text, says in (
        ("{", "it is not JSON"),
        ("[]", "its root is not a JSON object"),
        ("{}", "the snapshot: it is none"),
    ):
        file.write_text(text)
        assert says in control("restore", str(file), code=2).output

"""`mockreel proxy` as a user types it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from proxy.conftest import INPUT, KEY, SUBMIT, FakeUpstream, Trusted
from support.readiness import ready

COMMAND = [sys.executable, "-m", "mockreel", "proxy", "--port", "0", "--provider", "runflow"]
PROGRAM = f"""
import json, urllib.request
asked = urllib.request.Request("https://api.runflow.io{SUBMIT}", json.dumps({INPUT!r}).encode(),
    {{"authorization": "Bearer {KEY}", "content-type": "application/json"}})
print(json.load(urllib.request.urlopen(asked))["status_code"])
raise SystemExit(7)
"""


@pytest.fixture
def options(provider: FakeUpstream, trusted: Trusted) -> list[str]:
    """Where the provider of the test is."""
    return ["--upstream", f"https://localhost:{provider.port}", "--ca", str(trusted.file)]


@contextmanager
def _running(folder: Path, *words: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    file = folder / "ready.json"
    process = subprocess.Popen(
        [*COMMAND, "--ready-file", str(file), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process, ready(file, process)
    finally:
        process.kill()
        process.communicate()


def test_it_forwards_until_it_is_stopped_and_tells_the_sums(
    tmp_path: Path, provider: FakeUpstream, options: list[str]
) -> None:
    """The ready file has the address; violations, then the sums, are on stdout; the end is good."""
    with _running(tmp_path, *options, "--max-spend", "0.15", "--assume-price", "0.1") as (process, found):
        url = found["runflow"]["url"]
        for _ in range(2):
            httpx2.post(f"{url}{SUBMIT}", json=INPUT, headers={"authorization": f"Bearer {KEY}"}, trust_env=False)
        httpx2.get(f"{url}/v1/nothing", trust_env=False)
        process.send_signal(signal.SIGTERM)
        output, problems = process.communicate(timeout=20)

    assert (process.returncode, problems) == (0, "")
    assert found["runflow"]["upstream"] == f"https://localhost:{provider.port}"
    assert f"Runflow {url} -> https://localhost:{provider.port}" in output
    assert "runflow request GET /v1/nothing (404): " in output
    assert "Spent: at least 0.12 USD." in output
    assert "it blocked 1 request." in output
    assert KEY not in output
    assert not (tmp_path / "ready.json").exists()


def test_a_program_runs_through_it_unchanged(provider: FakeUpstream, options: list[str]) -> None:
    """Its exit code is passed on; the proxy's output goes to stderr."""
    done = subprocess.run(
        [*COMMAND, *options, "--", sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (7, "queued\n")
    assert "1 request, 0 violations" in done.stderr
    assert provider.received[0].headers["Host"] == f"localhost:{provider.port}"


def test_json_is_json_to_the_last_line(provider: FakeUpstream, options: list[str]) -> None:
    """With a program too, on stderr."""
    words = [*COMMAND, *options, "--json", "--", sys.executable, "-c", PROGRAM]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    events = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert events == ["listening", "summary"]


@pytest.mark.parametrize(
    ("words", "code", "reported"),
    [
        (["--upstream", "https://a.example", "--provider", "aimlapi"], 2, "Name its provider, or choose one provider"),
        (["--upstream", "runflow=http://a.example"], 2, "Unencrypted, a key is sent to this machine only"),
        (["--max-spend", "much"], 2, "is not an amount of money"),
        (["--record", "a.yaml", "--upstream", "https://a.example"], 2, "It records only the provider itself"),
        (["--", "no-such-program-here"], 127, "could not be started"),
    ],
)
def test_what_is_wrong_is_one_sentence(words: list[str], code: int, reported: str) -> None:
    """With the usual exit code."""
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == code
    assert reported in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("more", "code"), [([], 0), (["--strict"], 1), (["--strict", "--allow", "unknown-field"], 0)])
def test_strict_fails_a_program_that_broke_a_client_rule(options: list[str], more: list[str], code: int) -> None:
    """Where it would have ended well."""
    program = PROGRAM.replace("raise SystemExit(7)", "").replace("'duration'", "'durration'")
    ran = subprocess.run(
        [*COMMAND, *options, *more, "--", sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == code
    assert ("did you mean 'duration'?" in ran.stderr) == ("unknown-field" not in more)

"""An exchange copied as curl runs and is answered as it was; copied as a test it passes on a mock server of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect
from server.dashboard.exchanges import play_everything
from server.dashboard.visits import INPUT, RUNS, Provider, Visit
from support.caller import LEAN, START

from mockreel.engine.journal.journal import Entry
from mockreel.server import serving
from mockreel.server.dashboard.export.curl import curl
from mockreel.server.dashboard.export.journal_request import journaled_request
from mockreel.server.dashboard.export.test_snippet import snippet
from mockreel.server.mock_server import MockServer

OpenPage = Callable[..., Visit]
# What is not answered a second time as it was: a rule played it, which is gone; the job is cancelled already.
CHANGED = ("rate-limited", "/cancellation")


@pytest.fixture
def played(served: MockServer, provider: Provider) -> MockServer:
    """A mock server that has received a little of everything."""
    play_everything(served, provider)
    return served


def _copied(server: MockServer, entry: Entry) -> str:
    return curl(journaled_request(server.simulator.provider(entry.provider), entry))


@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("sh") is None, reason="there is no curl here")
def test_every_exchange_copied_as_curl_is_answered_as_it_was(played: MockServer, tmp_path: Path) -> None:
    """By its status, at the same server, by a POSIX shell."""
    (tmp_path / "FILE").write_bytes(b"abc")
    entries = list(played.journal)
    assert len(entries) > 50
    answered = {}
    for number, entry in enumerate(entries):
        command = _copied(played, entry).replace("curl -sS", "curl -sS -o /dev/null -w '%{http_code}'", 1)
        environment = {"PATH": os.environ["PATH"], "NO_PROXY": "*", "HOME": str(tmp_path)}
        ran = subprocess.run(
            ["sh", "-c", command],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            timeout=20,
        )
        answered[number] = (ran.stdout, ran.stderr)

    odd = {
        (entry.method, entry.path, entry.status, *answered[number])
        for number, entry in enumerate(entries)
        if answered[number] != (str(entry.status), "")
        and entry.row not in CHANGED
        and CHANGED[1] not in entry.path
        and not entry.fault  # curl meets the damage itself
    }
    assert odd == set()


def test_a_copied_command_sends_the_same_body(served: MockServer, provider: Provider) -> None:
    """Byte for byte, whatever stands in it."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    provider.run(prompt='It\'s "odd": $HOME `id` \\ \n\t !! 日本 🎭')
    (entry,) = served.journal

    subprocess.run(["sh", "-c", _copied(served, entry)], capture_output=True, check=True)

    assert [one.body for one in served.journal] == [entry.body, entry.body]


def test_every_exchange_copied_as_a_test_passes(played: MockServer, tmp_path: Path) -> None:
    """In a run of pytest of its own, without a line changed."""
    entries = list(played.journal)
    for number, entry in enumerate(entries):
        text = snippet(played.simulator.provider(entry.provider), played.journal, entry)
        (tmp_path / f"test_{number:03}_{entry.operation}_{entry.row}.py").write_text(text, "utf-8")

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "."]
    lean = {**os.environ, **LEAN}
    ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, timeout=120, env=lean)

    assert ran.returncode == 0, ran.stdout[-4000:]
    assert f"{len(entries)} passed" in ran.stdout


def test_no_copy_holds_a_key(served: MockServer, provider: Provider) -> None:
    """Only placeholders: a variable of the shell, the key of the test's server."""
    provider.ask("POST", RUNS, {"input": INPUT}, key="rf_live_very_secret_key")
    body = {"apiKey": "very_secret_key_too", "workflowId": "1904136902449209346"}
    provider.http.post(f"{served.runninghub.url}/task/openapi/create", json=body)

    for entry in served.journal:
        simulated = served.simulator.provider(entry.provider)
        for text in (curl(journaled_request(simulated, entry)), snippet(simulated, served.journal, entry)):
            assert "very_secret" not in text
            assert "_KEY:-" in text or ".key" in text


def test_a_copied_test_plays_under_the_same_readings(tmp_path: Path) -> None:
    """Those that are not the defaults stand in its marker."""
    with serving("runflow", held=True, start=START, readings={"failure-fields": "without-code"}) as server:
        with httpx2.Client() as http:
            run = Provider(server, http).run()
            Provider(server, http).ask("GET", f"/v1/runs/{run}")
        *_, entry = server.journal
        text = snippet(server.simulator.provider("runflow"), server.journal, entry)

    assert "'runflow:failure-fields': 'without-code'" in text
    (tmp_path / "test_it.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    assert subprocess.run(command, check=False, capture_output=True, cwd=tmp_path, timeout=60).returncode == 0


def test_the_buttons_copy(visit: OpenPage, provider: Provider, served: MockServer) -> None:
    """What stands on the page reaches the clipboard."""
    provider.run()
    (entry,) = served.journal
    page = visit("/journal/1", permissions=["clipboard-read", "clipboard-write"]).page

    for name, text in (
        ("Copy as curl", _copied(served, entry)),
        ("Copy as test", snippet(served.simulator.provider("runflow"), served.journal, entry)),
    ):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == text
        expect(page.get_by_role("button", name=name)).to_be_visible()

"""The scheduled job in the docs: its commands run as they are written, against a site of our own."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

Job = dict[str, Any]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def job() -> Job:
    """The job as it stands in the docs."""
    written = Path(__file__).parents[2].joinpath("docs", "maintain", "drift-workflow.yml").read_text(encoding="utf-8")
    found: Job = yaml.safe_load(written)["jobs"]["drift"]
    return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A site that serves the docs of `acme`."""
    handler = partial(_Quiet, directory=str(tmp_path / "docs"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _served(root: Path, site: str) -> None:
    """Give the sources of `acme` the addresses of the site; the older page is served no more."""
    path = root / "schemas/acme/sources.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, row in document["sources"].items():
        row["fetch"] = "none" if name == "older" else f"{site}/{name}.txt"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def _run(job: Job, folder: Path, data: Path) -> list[str]:
    """Run the job's own commands, but for the installation; what `gh` was asked for."""
    tools, asked = folder / "tools", folder / "asked.txt"
    tools.mkdir(exist_ok=True)
    _script(tools / "gh", f'printf "%s\\n" "$@" >> "{asked}"')
    _script(tools / "mockreel", f'exec "{sys.executable}" -m mockreel "$@"')
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "DATA": str(data), "NO_PROXY": "*"}
    for step in job["steps"]:
        if "run" in step and step["name"] != "Install":
            command = ["bash", "-e", "-o", "pipefail", "-c", _quick(step["run"])]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{step['name']}:\n{done.stdout}{done.stderr}"
    return asked.read_text(encoding="utf-8").splitlines() if asked.is_file() else []


def _quick(command: str) -> str:
    """The command without the pause that a real site is given."""
    return command.replace("docs fetch ", "docs fetch --pause 0 ")


def _script(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)


def test_nothing_is_opened_while_the_docs_stay_as_they_are(job: Job, playable: Path, site: str, tmp_path: Path) -> None:
    """The report is written, and no issue is opened."""
    _served(playable, site)

    assert _run(job, tmp_path, playable) == []
    assert "No drift." in (tmp_path / "drift.md").read_text(encoding="utf-8")
    assert (tmp_path / "newer/schemas/acme/models/lens/wide.json").is_file()


def test_an_issue_is_opened_with_what_moved(job: Job, playable: Path, site: str, tmp_path: Path) -> None:
    """A new price: the issue has the report, the SARIF file has the finding."""
    _served(playable, site)
    page = tmp_path / "docs" / "long.txt"
    page.write_text(page.read_text(encoding="utf-8").replace("$0.1/", "$0.2/"), encoding="utf-8")

    assert _run(job, tmp_path, playable)[:2] == ["issue", "create"]
    assert "at least 0.1 USD a second, now at least 0.2 USD a second" in (tmp_path / "report.md").read_text("utf-8")
    results = json.loads((tmp_path / "drift.sarif").read_text("utf-8"))["runs"][0]["results"]
    assert [found["ruleId"] for found in results] == ["drift-price"]


def test_a_page_that_cannot_be_fetched_is_in_the_report(job: Job, playable: Path, site: str, tmp_path: Path) -> None:
    """The job goes on, and the issue says which page it was."""
    _served(playable, site)
    (tmp_path / "docs" / "long.txt").unlink()

    assert _run(job, tmp_path, playable)[:2] == ["issue", "create"]
    report = (tmp_path / "report.md").read_text("utf-8")
    assert "acme/docs/long.txt" in report
    assert f"failed  acme long  {site}/long.txt: answered with 404" in report


def test_the_job_has_no_more_rights_than_it_needs(job: Job) -> None:
    """It reads the repository and writes issues."""
    assert job["permissions"] == {"contents": "read", "issues": "write"}

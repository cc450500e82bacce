"""The action `drift` and its reusable workflow: their steps run against a site of our own, with a `gh` of our own."""

import json
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml
from kit.action_runner import WORKFLOWS, Job, Used
from support.local_http import on_free_port, running

WORKFLOW = WORKFLOWS / "drift.yml"
# `gh` as far as the workflow asks for it: the open issues are the lines of a file.
GH = """
import sys
from pathlib import Path

words, folder = sys.argv[1:], Path(__file__).parent
file = folder / "issues.txt"
issues = file.read_text().splitlines() if file.exists() else []
(folder / "asked.txt").open("a").write(" ".join(words[:2]) + "\\n")
if words[:2] == ["issue", "list"]:
    print("\\n".join(issues))
elif words[:2] == ["issue", "create"]:
    title = words[words.index("--title") + 1]
    (folder / "body.md").write_text(Path(words[words.index("--body-file") + 1]).read_text())
    file.write_text("\\n".join([*issues, f"{len(issues) + 1} {title}"]))
elif words[:2] == ["issue", "close"]:
    file.write_text("\\n".join(one for one in issues if one.partition(" ")[0] != words[2]))
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Print nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A site that serves the docs of `acme`."""
    handler = partial(_Quiet, directory=str(tmp_path / "docs"))
    with running(on_free_port(handler)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def data(playable: Path, site: str) -> Path:
    """The data of `acme`, whose sources have the addresses of the site; the older page is served no more."""
    path = playable / "schemas/acme/sources.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, row in document["sources"].items():
        row["fetch"] = "none" if name == "older" else f"{site}/{name}.txt"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return playable


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job in its own folder, with a fake `gh` first in the PATH."""
    tools, folder = tmp_path / "tools", tmp_path / "job"
    tools.mkdir()
    folder.mkdir()
    (tools / "gh.py").write_text(GH)
    (tools / "gh").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tools}/gh.py" "$@"\n')
    (tools / "gh").chmod(0o755)
    return Job(folder, path=[tools, Path(sys.executable).parent])


def _week(job: Job, data: Path, **inputs: str) -> Used:
    """The workflow's own steps, with the data of `acme`."""
    used = job.use("drift", data=str(data), provider="acme", pause="0", **inputs)
    if used.code:
        return used
    steps = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]["drift"]["steps"]
    (issue,) = (step for step in steps if step["name"] == "Issue")
    checkout = job.folder / ".mockreel"
    if not checkout.exists():
        checkout.symlink_to(WORKFLOWS.parents[1])
    assert job.run_step(issue, {"steps": {"drift": {"outputs": used.outputs}}}) == 0, job.log
    return used


def _reprice(tmp_path: Path, price: str) -> None:
    page = tmp_path / "docs" / "long.txt"
    page.write_text(page.read_text(encoding="utf-8").replace("$0.1/", price), encoding="utf-8")


def _issues(tmp_path: Path) -> list[str]:
    file = tmp_path / "tools" / "issues.txt"
    return file.read_text().splitlines() if file.exists() else []


def test_no_issue_is_opened_without_drift(job: Job, data: Path, tmp_path: Path) -> None:
    """The report is on the job's page."""
    used = _week(job, data)

    assert (used.code, used.outputs["exit-code"], used.outputs["drifted"]) == (0, "0", "false"), job.log
    assert "No drift." in job.summary
    assert _issues(tmp_path) == []


def test_a_drift_has_one_issue_however_often_it_is_found(job: Job, data: Path, tmp_path: Path) -> None:
    """The issue has the report; the next week finds it and opens no second one; it stands at a file of the user's."""
    (job.folder / "package.json").write_text("{}")
    _reprice(tmp_path, "$0.2/")
    first, second = _week(job, data), _week(job, data)

    assert (first.outputs["exit-code"], first.outputs["drifted"]) == ("1", "true")
    assert first.outputs["fingerprint"] == second.outputs["fingerprint"]
    assert len(_issues(tmp_path)) == 1
    assert "at least 0.1 USD a second, now at least 0.2 USD a second" in (tmp_path / "tools/body.md").read_text("utf-8")
    results = json.loads((job.folder / first.outputs["sarif"]).read_text("utf-8"))["runs"][0]["results"]
    assert [found["ruleId"] for found in results] == ["drift-price"]
    assert "::warning file=package.json,line=1," in job.log


def test_another_drift_replaces_the_issue(job: Job, data: Path, tmp_path: Path) -> None:
    """The former issue is closed."""
    _reprice(tmp_path, "$0.2/")
    first = _week(job, data)
    page = tmp_path / "docs" / "long.txt"
    page.write_text(page.read_text(encoding="utf-8").replace("$0.2/", "$0.3/"), encoding="utf-8")
    second = _week(job, data)

    (issue,) = _issues(tmp_path)
    assert second.outputs["fingerprint"] in issue
    assert first.outputs["fingerprint"] not in issue


def test_the_issue_is_closed_once_nothing_drifts(job: Job, data: Path, tmp_path: Path) -> None:
    """The page says again what is held."""
    page = tmp_path / "docs" / "long.txt"
    before = page.read_text(encoding="utf-8")
    _reprice(tmp_path, "$0.2/")
    _week(job, data)
    page.write_text(before, encoding="utf-8")
    _week(job, data)

    assert _issues(tmp_path) == []


def test_a_page_that_cannot_be_fetched_is_in_the_report(job: Job, data: Path, tmp_path: Path, site: str) -> None:
    """The job goes on, and the issue says which page it was."""
    (tmp_path / "docs" / "long.txt").unlink()
    used = _week(job, data)

    assert used.outputs["drifted"] == "true"
    report = (job.folder / used.outputs["report"]).read_text("utf-8")
    assert "acme/docs/long.txt" in report
    assert f"failed  acme long  {site}/long.txt: answered with 404" in report


def test_what_cannot_be_compared_is_an_error_and_no_drift(job: Job, data: Path, tmp_path: Path) -> None:
    """Exit code 2 fails the step, and no issue is opened or closed."""
    (data / "schemas/acme/sources.yaml").write_text("sources: [", encoding="utf-8")
    used = _week(job, data)

    assert (used.code, used.outputs["exit-code"], used.outputs["drifted"]) == (2, "2", "false"), job.log
    assert "::error title=mockreel drift::It could not be compared" in job.log
    assert not (tmp_path / "tools" / "asked.txt").exists()


def test_a_drift_fails_the_step_if_requested(job: Job, data: Path, tmp_path: Path) -> None:
    """With `fail: true`."""
    _reprice(tmp_path, "$0.2/")

    assert job.use("drift", data=str(data), provider="acme", pause="0", fail="true").code == 1


def test_the_job_has_no_more_rights_than_it_needs() -> None:
    """It reads the repository and writes issues."""
    workflow = yaml.safe_load(WORKFLOW.read_text("utf-8"))

    assert workflow["permissions"] == {}
    assert workflow["jobs"]["drift"]["permissions"] == {"contents": "read", "issues": "write"}

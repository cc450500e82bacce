"""The action `check`: what it finds is where a reader of the job looks for it."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

from kit.action_runner import Job

QUICK = "--quick --only-ours"


def test_a_server_that_conforms_passes_with_all_reports(tmp_path: Path) -> None:
    """The job's page has the Markdown report; the outputs name the others."""
    job = Job(tmp_path)
    used = job.use("check", provider="runninghub", arguments=QUICK)

    assert (used.code, used.outputs["exit-code"]) == (0, "0"), job.log
    assert job.summary.startswith("# mockreel check")
    assert ET.parse(tmp_path / used.outputs["report"]).getroot().tag == "testsuites"
    assert json.loads((tmp_path / used.outputs["sarif"]).read_text())["version"] == "2.1.0"
    assert json.loads((tmp_path / used.outputs["code-quality"]).read_text()) == []


def test_a_check_that_cannot_run_is_an_error_with_exit_code_2(tmp_path: Path) -> None:
    """A provider that does not exist."""
    job = Job(tmp_path)
    used = job.use("check", provider="nobody")

    assert (used.code, used.outputs["exit-code"]) == (2, "2")
    assert "::error title=mockreel check::It could not run" in job.log


def test_what_falls_short_is_an_annotation_and_exit_code_1(tmp_path: Path) -> None:
    """A server that is no provider at all: every finding has a line that GitHub shows, at a file of the repository."""
    job = Job(tmp_path)
    (tmp_path / "package.json").write_text("{}")
    started = job.use("start", options="--provider aimlapi")
    try:
        target = started.outputs["aimlapi-url"]
        used = job.use("check", target=target, provider="runflow", arguments=QUICK, budget="10")
    finally:
        job.use("stop")

    assert used.code == 1, job.log
    assert "::error file=package.json,line=1," in job.log
    issues = json.loads((tmp_path / used.outputs["code-quality"]).read_text())
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) > 0
    assert "falls short" in job.summary


def test_a_webhook_handler_is_checked(tmp_path: Path) -> None:
    """Where nobody listens it could not run."""
    job = Job(tmp_path)
    used = job.use("check", handler="http://127.0.0.1:9/", provider="runflow", secret="whsec_of_a_test")

    assert used.code == 2
    assert "127.0.0.1:9" in job.log

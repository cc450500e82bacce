"""The actions `start` and `stop`: a server for the steps between them, and what it saw afterwards."""

import json
import os
import signal
from pathlib import Path

import httpx2
import pytest
from kit.action_runner import Job


def test_a_server_runs_between_start_and_stop(tmp_path: Path) -> None:
    """Later steps have its addresses and a key; at the end there are log, HAR and the run, and the server has gone."""
    job = Job(tmp_path)
    started = job.use("start", options="--hold --seed 7")
    assert started.code == 0, job.log
    outputs = started.outputs
    headers = {"authorization": f"Bearer {outputs['runflow-key']}"}
    answered = httpx2.get(f"{outputs['runflow-url']}/v1/runs", headers=headers, trust_env=False)
    stopped = job.use("stop", artifact="run")

    assert answered.status_code == 200
    assert stopped.code == 0, job.log
    assert not Path(outputs["ready-file"]).exists()
    (call,) = json.loads((tmp_path / "mockreel-run" / "calls.har").read_text())["log"]["entries"]
    assert call["request"]["url"].endswith("/v1/runs")
    assert json.loads((tmp_path / "mockreel-run" / "run.json").read_text())
    assert "GET /v1/runs" in (tmp_path / "mockreel-run" / "serve.log").read_text()
    assert job.summary.startswith("### mockreel")
    assert [use.partition("@")[0] for use in job.used][-1] == "actions/upload-artifact"


def test_every_provider_has_outputs(tmp_path: Path) -> None:
    """The address and the key of each, and those of control."""
    job = Job(tmp_path)
    outputs = job.use("start").outputs
    job.use("stop", artifact="")

    assert all(outputs.values()), outputs
    assert outputs["control-url"].startswith("http://127.0.0.1:")
    assert not [use for use in job.used if "upload-artifact" in use]


def test_a_server_that_does_not_start_fails_the_step_and_shows_why(tmp_path: Path) -> None:
    """With its log, and at once: nothing is waited for that cannot come."""
    job = Job(tmp_path)
    used = job.use("start", options="--provider nobody", timeout="600")

    assert used.code == 1
    assert "'nobody' is not valid" in job.log
    assert "::error title=mockreel start::" in job.log


@pytest.mark.parametrize("options", ["", "--provider nobody"])
def test_a_second_start_is_refused_and_leaves_the_first_server(tmp_path: Path, options: str) -> None:
    """Its ready file would pass for the second one's, whose own options would count for nothing."""
    job = Job(tmp_path)
    first = job.use("start", options="--hold").outputs
    second = job.use("start", options=options)
    stopped = job.use("stop", artifact="")

    assert (second.code, second.outputs["control-url"]) == (1, "")
    assert "::error title=mockreel start::A server of this job still runs." in job.log
    assert first["control-url"]
    assert stopped.code == 0, job.log
    assert "calls.har" in job.log


def test_a_server_starts_again_after_stop(tmp_path: Path) -> None:
    """One job may need two servers, one after the other."""
    job = Job(tmp_path)
    codes = []
    for _ in range(2):
        codes += [job.use("start").code, job.use("stop", artifact="").code]

    assert codes == [0, 0, 0, 0], job.log


def test_stop_saves_the_log_where_no_server_runs(tmp_path: Path) -> None:
    """It is the step that runs always."""
    job = Job(tmp_path)

    assert job.use("stop").code == 0
    assert "::warning title=mockreel stop::No server runs" in job.log


def test_stop_saves_the_log_of_a_server_that_has_died(tmp_path: Path) -> None:
    """It reports that the rest is lost, and fails no job that was green."""
    job = Job(tmp_path)
    started = job.use("start", options="--hold")
    os.kill(int((job.temp / "mockreel.pid").read_text()), signal.SIGKILL)
    stopped = job.use("stop", artifact="")

    assert (started.code, stopped.code) == (0, 0), job.log
    assert "::warning title=mockreel stop::The server does not answer, so only its log is saved." in job.log

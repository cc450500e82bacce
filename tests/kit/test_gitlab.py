"""The GitLab template: its scripts run as a runner would run them, in one shell from `before_script` to `script`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

TEMPLATE = Path(__file__).parents[2] / "docs" / "ci" / "mockreel.gitlab-ci.yml"


class _Loader(yaml.SafeLoader):
    """Reads GitLab's `!reference` as the list of names that it is."""


_Loader.add_constructor("!reference", lambda _, node: tuple(one.value for one in node.value))


@pytest.fixture
def template() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(TEMPLATE.read_text("utf-8"), _Loader)
    return loaded


def _own(job: dict[str, Any], key: str) -> list[str]:
    """The lines of a job, without those that it takes from another."""
    return [line for line in job[key] if isinstance(line, str)]


def _run(
    lines: list[str], folder: Path, *, shell: tuple[str, ...] = ("bash", "-eo", "pipefail"), **variables: str
) -> "subprocess.CompletedProcess[str]":
    own = Path(sys.executable).parent
    environment = {**os.environ, "NO_PROXY": "*", "RUNNER_TEMP": str(folder), **variables}
    environment["PATH"] = f"{own}{os.pathsep}{os.environ['PATH']}"
    script = folder / "script.sh"
    script.write_text("\n".join(lines))
    with (folder / "log.txt").open("w+") as log:
        words = [*shell, str(script)]
        done = subprocess.run(words, cwd=folder, env=environment, stdout=log, stderr=log, timeout=180, check=False)
        log.seek(0)
        return subprocess.CompletedProcess(words, done.returncode, log.read())


def test_the_checkout_of_the_named_commit_is_installed(template: dict[str, Any], tmp_path: Path) -> None:
    """From the repository that the variables name; here one whose installer makes a command that says hello."""
    repository = tmp_path / "repository"
    installer = repository / ".github" / "actions" / "install.sh"
    installer.parent.mkdir(parents=True)
    installer.write_text(
        'mkdir -p "$RUNNER_TEMP/bin"; printf "#!/bin/sh\\necho hello" > "$RUNNER_TEMP/bin/mockreel"\n'
        'chmod +x "$RUNNER_TEMP/bin/mockreel"; echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"\n'
    )
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], cwd=repository, check=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True, check=True)

    lines = [*_own(template[".mockreel"], "before_script"), "mockreel --version"]
    done = _run(lines, tmp_path, MOCKREEL_REPOSITORY=str(repository), MOCKREEL_REF=commit.stdout.strip())

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "hello"), done.stdout


def test_a_server_runs_during_the_script(template: dict[str, Any], tmp_path: Path) -> None:
    """Afterwards log, HAR and run are where the artifacts are collected; a failing script stays one."""
    address = "json.load(open(os.environ['MOCKREEL_READY_FILE']))['runflow']['url']"
    lines = [
        *_own(template[".mockreel-start"], "before_script"),
        "mockreel control clock advance 1",
        f"python -c \"import json, os, urllib.request; urllib.request.urlopen({address} + '/v1/health')\"",
        "exit 3",
    ]
    done = _run(lines, tmp_path, MOCKREEL_OPTIONS="--hold")
    (folder,) = template[".mockreel-start"]["artifacts"]["paths"]

    assert done.returncode == 3, done.stdout
    assert len(json.loads((tmp_path / folder / "calls.har").read_text())["log"]["entries"]) == 1
    assert json.loads((tmp_path / folder / "run.json").read_text())
    assert "GET /v1/health" in (tmp_path / folder / "serve.log").read_text()


@pytest.mark.parametrize("code", [0, 3])
@pytest.mark.parametrize("shell", [("bash", "-eo", "pipefail"), ("sh", "-e")])
def test_a_server_that_has_ended_leaves_the_jobs_result(
    template: dict[str, Any], tmp_path: Path, code: int, shell: tuple[str, ...]
) -> None:
    """The script's own exit code stands; the log says that nothing was saved, and where to look."""
    (tmp_path / "mockreel").write_text('#!/bin/sh\ncase "$1" in control) exit 2;; serve) exec sleep 600;; esac\n')
    (tmp_path / "mockreel").chmod(0o755)
    ended = f'PATH="{tmp_path}:$PATH"'
    lines = [
        ended,
        *_own(template[".mockreel-start"], "before_script"),
        'kill -9 "$MOCKREEL_PID"; wait || true',
        f"exit {code}",
    ]
    done = _run(lines, tmp_path, shell=shell)

    assert done.returncode == code, done.stdout
    assert "the run was not saved" in done.stdout
    assert "mockreel-run/serve.log says why" in done.stdout


def test_a_check_writes_what_gitlab_reads(template: dict[str, Any], tmp_path: Path) -> None:
    """A JUnit and a Code Quality report, under the names that the job gives."""
    job = template[".mockreel-check"]
    done = _run(job["script"], tmp_path, MOCKREEL_CHECK="mock --provider runninghub --quick --only-ours")
    reports = job["artifacts"]["reports"]

    assert done.returncode == 0, done.stdout
    assert ET.parse(tmp_path / reports["junit"]).getroot().tag == "testsuites"
    assert json.loads((tmp_path / reports["codequality"]).read_text()) == []

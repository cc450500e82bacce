"""The release workflow: what a tag must agree with, what its notes are, and that nothing is published untried."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from kit.action_runner import WORKFLOWS

RELEASE = WORKFLOWS.parent / "release"
CHANGELOG = (
    "# Changelog\n\n## [Unreleased]\n\n- new\n\n## [1.2.0] - 2026-01-01\n\n### Added\n\n- A.\n\n## [1.1.0]\n\n- B.\n"
)


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, RELEASE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def jobs() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((WORKFLOWS / "release.yml").read_text("utf-8"))["jobs"]
    return found


def test_the_notes_are_the_changelogs_section() -> None:
    """Without its heading, up to the next one."""
    assert _script("notes").notes("1.2.0", CHANGELOG) == "### Added\n\n- A.\n"


@pytest.mark.parametrize("version", ["1.0.0", "1.2", "Unreleased.*"])
def test_a_version_without_a_section_has_no_release(version: str) -> None:
    """And the message says what to write."""
    with pytest.raises(SystemExit, match="write a section"):
        _script("notes").notes(version, CHANGELOG)


def _checkout(root: Path, *, npm: str = "1.2.0") -> Path:
    for name, text in {
        "mockserver/mockreel/__init__.py": '__version__ = "1.2.0"\n',
        "docs/node/package.json": json.dumps({"version": npm}),
        "CHANGELOG.md": CHANGELOG,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_tag_is_the_version_that_every_file_says(tmp_path: Path) -> None:
    """The package, the npm package, the changelog."""
    assert _script("version").check("refs/tags/v1.2.0", _checkout(tmp_path)) == "1.2.0"


def test_a_tag_that_a_file_contradicts_is_no_release(tmp_path: Path) -> None:
    """Named with what it has."""
    with pytest.raises(SystemExit, match=r"docs/node/package\.json has 1\.1\.9"):
        _script("version").check("v1.2.0", _checkout(tmp_path, npm="1.1.9"))


def test_the_version_is_found_in_this_checkout() -> None:
    """In the two files that have one before a release."""
    found = _script("version").stated(RELEASE.parents[1])

    assert found["mockserver/mockreel/__init__.py"] == found["docs/node/package.json"] != ""


def test_nothing_is_published_before_the_wheel_was_tried(jobs: dict[str, Any]) -> None:
    """On every supported Python, and the sdist without a network; the release's page comes last."""
    publishing = [name for name, job in jobs.items() if name not in ("build", "try", "sdist", "notes")]

    assert all({"try", "sdist"} <= {*jobs[name]["needs"]} for name in publishing)
    assert set(publishing) <= set(jobs["notes"]["needs"])
    assert jobs["try"]["strategy"]["matrix"]["python"][0] == "3.11"


def test_no_secret_is_stored_and_each_job_has_the_rights_it_needs(jobs: dict[str, Any]) -> None:
    """Trusted publishing: a token of the run alone."""
    text = (WORKFLOWS / "release.yml").read_text("utf-8")

    assert "secrets." not in text
    assert yaml.safe_load(text)["permissions"] == {}
    assert [name for name, job in jobs.items() if job["permissions"].get("id-token")] == ["pypi", "npm", "image"]
    assert [name for name, job in jobs.items() if job["permissions"].get("contents") == "write"] == ["site", "notes"]


def test_a_wheel_runs_without_an_install_on_every_python_it_is_tried_on(tmp_path: Path) -> None:
    """By `uvx --from` and `pipx run --spec`; one that is not here is reported, and fails nothing."""
    for name in ("uvx", "pipx"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*"\n')
        (tmp_path / name).chmod(0o700)
    (tmp_path / "made.whl").write_text("")
    script = ["bash", str(RELEASE / "try_runners.sh"), str(tmp_path / "made.whl"), sys.executable]
    usual = {**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    tried = subprocess.run(script, env=usual, capture_output=True, text=True, check=True, timeout=60).stdout
    (tmp_path / "pipx").unlink()
    lacking = subprocess.run(script, env=usual, capture_output=True, text=True, check=True, timeout=60).stdout

    assert f"--from {tmp_path}/made.whl mockreel --version" in tried
    assert f"--spec {tmp_path}/made.whl mockreel --version" in tried
    assert "pipx is not here, so it was not tried" in lacking or shutil.which("pipx", path="/usr/bin:/bin")


@pytest.mark.parametrize("name", sorted(path.name for path in RELEASE.glob("*.sh")))
def test_every_script_of_the_release_is_run_by_the_workflow(name: str) -> None:
    """And is a shell script that bash can read."""
    assert subprocess.run(["bash", "-n", str(RELEASE / name)], check=False, timeout=60).returncode == 0
    assert f"bash .github/release/{name} " in (WORKFLOWS / "release.yml").read_text("utf-8")


def test_npm_gets_the_repository_that_the_provenance_names(jobs: dict[str, Any]) -> None:
    """The registry refuses a package whose `repository.url` is another one, or none."""
    (publish,) = (step for step in jobs["npm"]["steps"] if step["name"] == "Publish")
    lines = publish["run"].splitlines()
    (reported,) = (line for line in lines if line.startswith("npm pkg set"))

    assert publish["env"]["REPOSITORY"] == "${{ github.server_url }}/${{ github.repository }}"
    assert '"repository.url=git+$REPOSITORY.git"' in reported
    assert lines.index(reported) < next(
        at for at, line in enumerate(lines) if line.startswith("npm publish --provenance")
    )

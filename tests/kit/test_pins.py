"""No step of the kit runs code that is neither in the checkout nor pinned, and none makes an input a command."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from kit.action_runner import ACTIONS, WORKFLOWS, steps_of
from packaging.requirements import Requirement

FILES = sorted([*ACTIONS.glob("*/action.yml"), *WORKFLOWS.glob("*.yml")])
# Each folder has the requirements, and their pins with every dependency.
PURPOSES = sorted(path.parent.name for path in ACTIONS.parent.glob("*/requirements.in"))
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}")


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_every_action_that_is_used_is_pinned_to_a_commit(path: Path) -> None:
    """Or stands in the checkout; the version that the commit has stands behind it."""
    used = [step["uses"] for step in steps_of(path) if "uses" in step]
    lines = [line for line in path.read_text("utf-8").splitlines() if re.match(r"\s+(- )?uses: ", line)]

    assert [one for one in used if not (PINNED.fullmatch(one) or one.startswith("./"))] == []
    assert [line for line in lines if "@" in line and not re.search(r"# v\d+\.\d+\.\d+$", line)] == []


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_no_input_is_put_into_a_script_as_it_is(path: Path) -> None:
    """Inputs reach the scripts as variables, so that none of them can become a command."""
    assert [step["name"] for step in steps_of(path) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_every_step_is_named(path: Path) -> None:
    """So that a log can be read."""
    assert all(step.get("name") for step in steps_of(path))


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_package_is_pinned_with_hashes(purpose: str) -> None:
    """What pip installs beside the checkout; the build backend included, where something is built."""
    lines = (ACTIONS.parent / purpose / "requirements.txt").read_text("utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith((" ", "#"))]

    assert packages
    assert [line for line in packages if not re.match(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+ .*\\$", line)] == []
    builds = purpose in ("actions", "release", "sdist")
    assert not builds or "hatchling" in {line.partition("==")[0] for line in packages}


def _asked(purpose: str) -> list[str]:
    """What `pyproject.toml` requires, and a release's wheel and sdist or the actions need."""
    project = tomllib.loads((ACTIONS.parents[1] / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    beside = {
        "actions": [*extras["check"], *extras["record"], *extras["redis"], *extras["run"]],
        "sdist": project["dependency-groups"]["test"],
    }
    return [*project["project"]["dependencies"], *beside.get(purpose, [])]


@pytest.mark.parametrize("purpose", ["actions", "sdist", "wheel"])
def test_the_pins_are_what_the_project_asks_for(purpose: str) -> None:
    """Each of its packages, and those of the extras or the group that are used, in a version that it allows."""
    text = (ACTIONS.parent / purpose / "requirements.txt").read_text("utf-8")
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))
    requested = map(Requirement, _asked(purpose))

    assert [str(one) for one in requested if not one.specifier.contains(pinned.get(one.name.lower(), "0"))] == []


def _tool(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_the_checkout_is_installed_in_an_environment_of_its_own(tmp_path: Path) -> None:
    """Of which the command alone is on the PATH, so that the job's own Python stays the job's own."""
    # A Python that makes environments of itself, and records its arguments.
    made = 'mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; : > "$3/bin/mockreel"; chmod +x "$3/bin/mockreel"'
    _tool(tmp_path / "tools", "python", f'echo "$*" >> "$LOG"\n[ "$2" != venv ] || {{ {made}; }}')
    (tmp_path / "temp").mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "LOG": str(tmp_path / "log"),
        "PYTHON": str(tmp_path / "tools" / "python"),
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_PATH": str(tmp_path / "path"),
    }
    for _ in range(2):  # a second action of the same job installs nothing again
        subprocess.run(["bash", str(ACTIONS / "install.sh")], env=environment, check=True)

    venv, packages, checkout = (tmp_path / "log").read_text().splitlines()
    assert venv == f"-m venv {tmp_path}/temp/mockreel-environment"
    assert "--require-hashes" in packages
    assert {"--no-deps", "--no-build-isolation"} <= set(checkout.split())
    assert Path(checkout.split()[-1]).resolve() == ACTIONS.parents[1]
    assert set((tmp_path / "path").read_text().split()) == {f"{tmp_path}/temp/mockreel-commands"}
    assert [path.name for path in (tmp_path / "temp" / "mockreel-commands").iterdir()] == ["mockreel"]

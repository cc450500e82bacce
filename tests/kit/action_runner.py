"""A small local runner of composite actions and of a workflow's own steps: the shell of every step really runs.

It knows what the kit uses: inputs, outputs of earlier steps, `env`, `if:` with `always()` and comparisons, and the
files that GITHUB_OUTPUT, GITHUB_ENV, GITHUB_PATH and GITHUB_STEP_SUMMARY name. A step that uses another action is not
run; it is noted, so that a test can see that it is pinned.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ACTIONS = Path(__file__).parents[2] / ".github" / "actions"
WORKFLOWS = Path(__file__).parents[2] / ".github" / "workflows"
MOST_SECONDS = 180

_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")


@dataclass
class Job:
    """A job of one runner: its folder, its files, the output of its steps.

    Args:
        folder: where the steps run.
        path: folders in front of the PATH.
    """

    folder: Path
    path: Sequence[Path] = (Path(sys.executable).parent,)
    log: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)

    @property
    def temp(self) -> Path:
        return self.folder / "runner-temp"

    @property
    def summary(self) -> str:
        """What the steps have written for the job's page."""
        file = self.folder / "summary.md"
        return file.read_text("utf-8") if file.is_file() else ""

    def use(self, name: str, *, without: Sequence[str] = ("Install",), **inputs: str) -> "Used":
        """Run a composite action with these inputs, but for the steps in `without`."""
        action = yaml.safe_load((ACTIONS / name / "action.yml").read_text("utf-8"))
        unknown = set(inputs) - {key.replace("-", "_") for key in action["inputs"]}
        assert not unknown, f"{name} has no inputs {unknown}"
        given = {
            key: inputs.get(key.replace("-", "_"), row.get("default", "")) for key, row in action["inputs"].items()
        }
        steps = [row for row in action["runs"]["steps"] if row["name"] not in without]
        scope: dict[str, Any] = {"inputs": given, "steps": {}}
        code = self._run(steps, scope, ACTIONS / name)
        outputs = {key: filled(row["value"], scope) for key, row in action.get("outputs", {}).items()}
        return Used(code, outputs)

    def run_step(self, step: Mapping[str, Any], scope: Mapping[str, Any]) -> int:
        """Run one step of a workflow."""
        return self._run([step], {"inputs": {}, "steps": {}, **scope}, self.folder)

    def _run(self, steps: Sequence[Mapping[str, Any]], scope: dict[str, Any], action: Path) -> int:
        failed = 0
        for step in steps:
            if not holds(str(step.get("if", "success()")), scope, failed=bool(failed)):
                continue
            if "uses" in step:
                self.used.append(step["uses"])
                continue
            code, outputs = self._shell(step, scope, action)
            scope["steps"][step.get("id", step["name"])] = {"outputs": outputs}
            failed = failed or code
        return failed

    def _shell(self, step: Mapping[str, Any], scope: Mapping[str, Any], action: Path) -> tuple[int, dict[str, str]]:
        self.temp.mkdir(exist_ok=True)
        files = {name: self.temp / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("")
        own = {name: filled(str(value), scope) for name, value in step.get("env", {}).items()}
        environment = {
            **os.environ,
            "NO_PROXY": "*",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "GITHUB_ACTION_PATH": str(action),
            **{name: str(file) for name, file in files.items()},
            **self.environment,
            **own,
            "PATH": os.pathsep.join([*map(str, self.path), os.environ["PATH"]]),
        }
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        with (self.temp / "log.txt").open("w+") as log:  # a file: a server in the background keeps a pipe open
            words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
            done = subprocess.run(
                words, cwd=self.folder, env=environment, stdout=log, stderr=log, timeout=MOST_SECONDS, check=False
            )
            log.seek(0)
            self.log += log.read()
        self.environment.update(_pairs(files["GITHUB_ENV"]))
        self.path = [*map(Path, files["GITHUB_PATH"].read_text().split()), *self.path]
        return done.returncode, _pairs(files["GITHUB_OUTPUT"])


@dataclass(frozen=True)
class Used:
    """What came of an action."""

    code: int
    outputs: Mapping[str, str]


def filled(text: str, scope: Mapping[str, Any]) -> str:
    """A value with its expressions replaced; what is not there is empty, as the runner has it."""
    return _EXPRESSION.sub(lambda found: _value(found[1], scope), text)


def _value(name: str, scope: Mapping[str, Any]) -> str:
    found: Any = scope
    for part in name.split("."):
        found = found.get(part, {}) if isinstance(found, Mapping) else {}
    return "" if isinstance(found, Mapping) else str(found)


def holds(condition: str, scope: Mapping[str, Any], *, failed: bool) -> bool:
    """Whether a step runs: `always()`, `success()`, a name, `name == 'text'` and `!=`, joined by `&&`."""
    parts = [part.strip() for part in condition.split("&&")]
    if "always()" not in parts and failed:
        return False
    return all(_holds(part, scope) for part in parts)


def _holds(part: str, scope: Mapping[str, Any]) -> bool:
    if part in ("always()", "success()"):
        return True
    name, equals, text = re.fullmatch(r"([\w.-]+)(?:\s*(==|!=)\s*'(.*)')?", part).groups()  # type: ignore[union-attr]
    value = _value(name, scope)
    if equals is None:
        return value not in ("", "false", "False")
    return (value == text) == (equals == "==")


def _pairs(file: Path) -> dict[str, str]:
    found = (line.partition("=") for line in file.read_text().splitlines() if "=" in line)
    return {name: value for name, _, value in found}


def steps_of(path: Path) -> list[Mapping[str, Any]]:
    """Every step of an action or a workflow."""
    document = yaml.safe_load(path.read_text("utf-8"))
    if "runs" in document:
        steps: list[Mapping[str, Any]] = document["runs"]["steps"]
        return steps
    return [step for job in document["jobs"].values() for step in job.get("steps", ())]

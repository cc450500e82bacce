"""The composite action: its steps do what they say, with the inputs as they are given."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockreel.contract.data.data_files import read_document

ACTION = Path(__file__).parents[2] / ".github" / "actions" / "check" / "action.yml"


def filled(value: str, inputs: Mapping[str, str]) -> str:
    """A value of the action with its inputs put in."""
    for name, text in inputs.items():
        value = value.replace(f"${{{{ inputs.{name} }}}}", text)
    return value


def step(
    action: Mapping[str, Any], name: str, inputs: Mapping[str, str], folder: Path
) -> "subprocess.CompletedProcess[str]":
    """Run one step as the runner would."""
    row = next(row for row in action["runs"]["steps"] if row["name"] == name)
    own = {key: filled(value, inputs) for key, value in row.get("env", {}).items()}
    scripts = str(Path(sys.executable).parent)
    environment = {**os.environ, **own, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    environment["GITHUB_STEP_SUMMARY"] = str(folder / "summary.md")
    command = ["bash", "-eo", "pipefail", "-c", row["run"]]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_action_checks_and_sums_up(tmp_path: Path) -> None:
    """With its defaults and two inputs of ours the check holds, and the summary has the report."""
    action = read_document(ACTION)
    defaults = {name: row["default"] for name, row in action["inputs"].items()}
    inputs = {**defaults, "provider": "runninghub", "arguments": "--quick --only-ours"}

    checked = step(action, "Check", inputs, tmp_path)
    summed = step(action, "Summary", inputs, tmp_path)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert summed.returncode == 0, summed.stderr
    assert (tmp_path / "check.xml").is_file()
    assert (tmp_path / "summary.md").read_text().startswith("# mockreel check")


def test_an_action_that_fails_says_so(tmp_path: Path) -> None:
    """A provider that does not exist ends the step with an error."""
    action = read_document(ACTION)
    inputs = {**{name: row["default"] for name, row in action["inputs"].items()}, "provider": "nobody"}

    assert step(action, "Check", inputs, tmp_path).returncode == 2


def test_no_input_is_put_into_a_script_as_it_is() -> None:
    """Inputs reach the scripts as variables, so that none of them can become a command."""
    action = read_document(ACTION)

    assert [row["name"] for row in action["runs"]["steps"] if "${{" in row.get("run", "")] == []


def test_it_installs_the_checkout_that_it_stands_in(tmp_path: Path) -> None:
    """Not a name from an index; and in an environment of its own, as a system Python may refuse pip."""
    install = next(row for row in read_document(ACTION)["runs"]["steps"] if row["name"] == "Install")
    tools = tmp_path / "tools"
    tools.mkdir()
    python = tools / "python"
    python.write_text(
        '#!/bin/sh\nmkdir -p "$3/bin"\nprintf \'#!/bin/sh\\necho "$@"\' > "$3/bin/python"\nchmod +x "$3/bin/python"\n'
    )
    python.chmod(0o755)
    environment = {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_ACTION_PATH": str(ACTION.parent),
        "GITHUB_PATH": str(tmp_path / "path"),
    }

    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", install["run"]], env=environment, capture_output=True, text=True, check=True
    )

    *words, installed = done.stdout.split()
    folder, _, extra = installed.partition("[")
    assert words == ["-m", "pip", "install", "-q"]
    assert (Path(folder).resolve(), extra) == (ACTION.parents[3], "check]")
    assert (tmp_path / "path").read_text().strip() == f"{tmp_path}/temp/mockreel/bin"

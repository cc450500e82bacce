"""The hook for pre-commit: its entry finds a secret in the files that it is given, and lets others be."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).parents[2]
(HOOK,) = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text("utf-8"))
SECRET = "sk_live_" + "9aF3kLmQ7xRt2ZvB8cYd5WnE"


@pytest.fixture
def hook(tmp_path: Path) -> Path:
    """The hook in a checkout whose installer takes the command of this installation."""
    script = tmp_path / "checkout" / str(HOOK["entry"])
    script.parent.mkdir(parents=True)
    shutil.copy(CHECKOUT / HOOK["entry"], script)
    command = Path(sys.executable).with_name("mockreel")
    install = f'mkdir -p "$RUNNER_TEMP/mockreel-commands"; ln -sf "{command}" "$RUNNER_TEMP/mockreel-commands/mockreel"'
    script.with_name("install.sh").write_text(f'{install}; echo hello >> "$GITHUB_PATH"\n')
    return script


@pytest.mark.parametrize(("text", "code"), [("hello: world\n", 0), (f"authorization: Bearer {SECRET}\n", 1)])
def test_the_hook_scans_what_is_committed(hook: Path, tmp_path: Path, text: str, code: int) -> None:
    """With what the checkout's own installer has installed; and never prints the secret."""
    file = tmp_path / "one.yaml"
    file.write_text(text)
    done = subprocess.run([hook, file], capture_output=True, text=True, check=False)

    assert done.returncode == code, done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_the_hooks_script_can_be_run() -> None:
    """It is a program, as pre-commit wants one; and nothing runs beside its first run, which installs."""
    assert os.access(CHECKOUT / HOOK["entry"], os.X_OK)
    assert (HOOK["language"], HOOK["require_serial"]) == ("script", True)


@pytest.mark.parametrize(
    ("name", "scanned"),
    [("tests/cassettes/live/run.yaml", True), ("cassettes/a.json", True), ("README.md", False), ("src/a.yaml", False)],
)
def test_the_hook_is_given_cassettes_only(name: str, scanned: bool) -> None:
    """By its pattern."""
    assert bool(re.search(HOOK["files"], name)) == scanned

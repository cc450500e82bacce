"""The hook for pre-commit: its entry finds a secret in the files that it is given, and lets others be."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

(HOOK,) = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text("utf-8"))
SECRET = "sk_live_" + "9aF3kLmQ7xRt2ZvB8cYd5WnE"


def _run(file: Path) -> "subprocess.CompletedProcess[str]":
    words = [str(Path(sys.executable).with_name("mockreel")), *shlex.split(HOOK["entry"])[1:], str(file)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("text", "code"), [("hello: world\n", 0), (f"authorization: Bearer {SECRET}\n", 1)])
def test_the_hook_scans_what_is_committed(tmp_path: Path, text: str, code: int) -> None:
    """And never prints the secret."""
    file = tmp_path / "one.yaml"
    file.write_text(text)
    done = _run(file)

    assert done.returncode == code, done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "scanned"),
    [("tests/cassettes/live/run.yaml", True), ("cassettes/a.json", True), ("README.md", False), ("src/a.yaml", False)],
)
def test_the_hook_is_given_cassettes_only(name: str, scanned: bool) -> None:
    """By its pattern."""
    assert bool(re.search(HOOK["files"], name)) == scanned

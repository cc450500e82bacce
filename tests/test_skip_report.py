"""A green run reports what it has not tested; where a thing is there for certain, not to test it is a failure."""

import re
import subprocess
from pathlib import Path

import pytest
from support.lacking import MUST_RUN, lacking, need_npm

CHECKOUT = Path(__file__).parents[1]
# What reaches a registry of packages.
NEEDING = re.compile(r'\["?npm"?, "(?:ci|install|ping)"|"npx"|pip[ ]download')


@pytest.mark.parametrize(("named", "failed"), [("", False), ("browser", False), ("npm", True), ("browser npm", True)])
def test_what_is_there_for_certain_is_not_skipped(named: str, failed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails, with the reason; else the skip says it."""
    monkeypatch.setenv(MUST_RUN, named)
    with pytest.raises((pytest.fail.Exception, pytest.skip.Exception), match="no registry") as ended:
        lacking("npm", "npm reaches no registry")

    assert isinstance(ended.value, pytest.fail.Exception) == failed


@pytest.mark.parametrize(("program", "why"), [(None, "not installed"), ("exit 1", "reaches no registry")])
def test_npm_is_checked_for_a_registry(
    program: str | None, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is not tested without is part of the reason."""
    if program is not None:
        (tmp_path / "npm").write_text(f"#!/bin/sh\n{program}\n")
        (tmp_path / "npm").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(MUST_RUN, raising=False)
    with pytest.raises(pytest.skip.Exception, match=rf"{why}: nothing is tested"):
        need_npm(tmp_path, "nothing is tested")


def test_no_test_that_needs_a_registry_skips_by_itself() -> None:
    """Else the gate could not make it run."""
    texts = {path: path.read_text("utf-8") for path in (CHECKOUT / "tests").rglob("test_*.py")}
    needing = [path for path, text in texts.items() if NEEDING.search(text) and path.name != Path(__file__).name]

    assert needing
    assert [path.name for path in needing if "lacking" not in texts[path]] == []
    assert [path.name for path in needing if "pytest.skip(" in texts[path]] == []


@pytest.mark.parametrize(("npm", "named"), [("exit 0", True), ("exit 1", False), ("exec sleep 600", False)])
def test_the_gate_names_npm_where_it_answers(npm: str, named: bool, tmp_path: Path) -> None:
    """Within the time that it has for that."""
    gate = (CHECKOUT / ".ci" / "run").read_text("utf-8")
    begin, end = gate.index("# What answers here"), gate.index("export MOCKREEL_MUST_RUN")
    (tmp_path / "npm").write_text(f"#!/bin/sh\n{npm}\n")
    (tmp_path / "npm").chmod(0o700)
    script = f'set -euo pipefail\nPATH="{tmp_path}:$PATH"\nbrowser_is_there() {{ false; }}\nANSWERS_WITHIN=2\n'
    done = subprocess.run(
        ["bash", "-c", f'{script}{gate[begin:end]}echo "<$MOCKREEL_MUST_RUN>"'],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert (" npm" in done.stdout.splitlines()[-1]) == named
    assert ("npm reaches no registry" in done.stdout) != named

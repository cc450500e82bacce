"""The contract suite holds the control API against its own document."""

import subprocess
import sys
from typing import Any

import pytest

from mockreel.conformance.suite import Plan
from mockreel.conformance.targets.control_api import SAYS, check_control
from mockreel.server.admin import clock_routes


def test_the_control_api_keeps_to_its_document() -> None:
    """Examples, edges, what is drawn, and what follows from what it gave; in a process that ran no other test."""
    command = [sys.executable, "-m", "mockreel", "check", "control", "--budget", "12", "-v"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(SAYS)} holds, 0 falls short, 0 doubtful, 0 not checked" in done.stdout


def test_a_reply_that_is_not_as_described_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the request that shows it, and where the fact stands."""
    honest = clock_routes.clock_row

    def broken(stage: Any) -> Any:
        return {**honest(stage), "held": "perhaps"}

    monkeypatch.setattr(clock_routes, "clock_row", broken)

    report = check_control(Plan(budget=4))

    assert report.exit_code == 1
    found = next(finding for finding in report.findings if finding.subject == "POST /clock/speed")
    assert found.where == "schemas/control/openapi.yaml POST /clock/speed"
    assert found.curl.startswith("curl -X POST")

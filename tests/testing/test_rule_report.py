"""`--mockreel-report`: the client rules of a whole run of pytest, in the forms that `run --strict` writes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from support.caller import LEAN
from testing.suites import INI, SAY

GOOD = 'say(mockreel, "POST", RUNS, {"input": {"prompt": "A boat."}})'
MISSPELT = 'say(mockreel, "POST", RUNS, {"input": {"prompt": "A boat.", "length": 6}})'


@dataclass(frozen=True)
class Reports:
    """What a strict run has written."""

    test: Path
    checks: Mapping[str, Any]
    cases: Mapping[str, ET.Element]
    issues: list[Any]


def _write_tests(folder: Path) -> Path:
    """Two tests, of which the second sends a field that there is not."""
    test = folder / "test_it.py"
    test.write_text(f"{SAY}\ndef test_good(mockreel):\n    {GOOD}\n\ndef test_misspelt(mockreel):\n    {MISSPELT}\n")
    (folder / "pytest.ini").write_text(INI)
    return test


@pytest.fixture(scope="module", params=[[], ["-n", "2"]], ids=["one process", "two workers"])
def reports(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """The reports of a strict run, in a folder of a repository that is pytest's root."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / ".git").mkdir()
    (folder / "inner").mkdir()
    test = _write_tests(folder / "inner")
    forms = [f"--mockreel-report={form}" for form in ("json=client.json", "junit=client.xml", "gitlab=gitlab.json")]
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--mockreel-strict", "inner"]
    ran = subprocess.run(
        [*words, *forms, *request.param], cwd=folder, env={**os.environ, **LEAN}, capture_output=True, check=False
    )
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout
    checks = {row["id"]: row for row in json.loads((folder / "client.json").read_text())["checks"]}
    cases = {case.attrib["name"]: case for case in ET.parse(folder / "client.xml").getroot().iter("testcase")}
    return Reports(test, checks, cases, json.loads((folder / "gitlab.json").read_text()))


def test_what_strict_tests_come_to_is_one_report(reports: Reports) -> None:
    """A finding names its test; a rule that was looked at in two tests counts both."""
    (finding,) = reports.checks["client.unknown-field"]["findings"]

    assert "::test_misspelt: POST /v1/models" in finding["subject"]
    assert finding["sources"]
    assert reports.checks["client.unknown-field"]["cases"] == 2
    assert reports.checks["client.invalid-request"]["verdict"] == "holds"
    assert reports.cases["client.unknown-field"].find("failure") is not None


def test_a_finding_stands_at_the_line_of_its_test(reports: Reports) -> None:
    """From the top of the repository, wherever pytest's root is in it."""
    (issue,) = reports.issues
    line = reports.test.read_text().splitlines().index("def test_misspelt(mockreel):") + 1

    assert issue["location"] == {"path": "inner/test_it.py", "lines": {"begin": line}}


def _run(suite: pytest.Pytester, *options: str) -> pytest.RunResult:
    _write_tests(suite.path)
    return suite.runpytest_subprocess("-q", "-p", "no:cacheprovider", *options)


def test_tests_that_are_not_strict_are_not_in_it(suite: pytest.Pytester) -> None:
    """Nothing was looked at."""
    _run(suite, "--mockreel-report", "json=client.json")

    assert json.loads((suite.path / "client.json").read_text())["checks"] == []


@pytest.mark.parametrize(
    ("given", "output"),
    [("pdf=x", "'pdf' is not valid. Valid: junit, *"), ("junit", "*Write --mockreel-report junit=PATH*")],
)
def test_an_unknown_form_is_reported_before_any_test_runs(suite: pytest.Pytester, given: str, output: str) -> None:
    """As an error of the command line."""
    done = _run(suite, "--mockreel-strict", "--mockreel-report", given)

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(f"*{output}")

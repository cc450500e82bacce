"""`--mockreel-report`: the client rules of a whole run of pytest, in the forms that `run --strict` writes."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from testing.suites import SAY

GOOD = 'say(mockreel, "POST", RUNS, {"input": {"prompt": "A boat."}})'
MISSPELT = 'say(mockreel, "POST", RUNS, {"input": {"prompt": "A boat.", "length": 6}})'


def _run(suite: pytest.Pytester, *options: str, strict: bool = True) -> pytest.RunResult:
    """Two tests, of which the second sends a field that there is not."""
    suite.makepyfile(
        SAY + f"\ndef test_good(mockreel):\n    {GOOD}\n" + f"\ndef test_misspelt(mockreel):\n    {MISSPELT}\n"
    )
    words = ["--mockreel-strict"] if strict else []
    return suite.runpytest_subprocess("-q", "-p", "no:cacheprovider", *words, *options)


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "two workers"])
def test_what_strict_tests_come_to_is_one_report(suite: pytest.Pytester, workers: list[str]) -> None:
    """A finding names its test; a rule that was looked at in two tests counts both."""
    _run(suite, "--mockreel-report", "json=client.json", "--mockreel-report", "junit=client.xml", *workers)
    checks = {row["id"]: row for row in json.loads(Path(suite.path / "client.json").read_text())["checks"]}
    cases = {case.attrib["name"]: case for case in ET.parse(suite.path / "client.xml").getroot().iter("testcase")}

    (finding,) = checks["client.unknown-field"]["findings"]
    assert "::test_misspelt: POST /v1/models" in finding["subject"]
    assert finding["sources"]
    assert checks["client.unknown-field"]["cases"] == 2
    assert checks["client.invalid-request"]["verdict"] == "holds"
    assert cases["client.unknown-field"].find("failure") is not None


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "two workers"])
def test_a_finding_stands_at_the_line_of_its_test(suite: pytest.Pytester, workers: list[str]) -> None:
    """From the top of the repository, wherever pytest's root is in it."""
    (suite.path / ".git").mkdir()
    inner = suite.mkdir("inner")
    (inner / "pytest.ini").write_text("[pytest]\n")
    test = inner / "test_it.py"
    test.write_text(f"{SAY}\ndef test_misspelt(mockreel):\n    {MISSPELT}\n")
    words = ["-q", "-p", "no:cacheprovider", "--mockreel-strict", "--mockreel-report", "gitlab=client.json", *workers]
    suite.runpytest_subprocess(*words, str(inner))
    (issue,) = json.loads((suite.path / "client.json").read_text())

    line = test.read_text().splitlines().index("def test_misspelt(mockreel):") + 1
    assert issue["location"] == {"path": "inner/test_it.py", "lines": {"begin": line}}


def test_tests_that_are_not_strict_are_not_in_it(suite: pytest.Pytester) -> None:
    """Nothing was looked at."""
    _run(suite, "--mockreel-report", "json=client.json", strict=False)

    assert json.loads((suite.path / "client.json").read_text())["checks"] == []


@pytest.mark.parametrize(
    ("given", "output"),
    [("pdf=x", "'pdf' is not valid. Valid: junit, *"), ("junit", "*Write --mockreel-report junit=PATH*")],
)
def test_an_unknown_form_is_reported_before_any_test_runs(suite: pytest.Pytester, given: str, output: str) -> None:
    """As an error of the command line."""
    done = _run(suite, "--mockreel-report", given)

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(f"*{output}")

"""Where findings stand for CI: at files of the user's checkout, never at one that it lacks."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mockreel.cli import group
from mockreel.conformance.check import Finding, Outcome
from mockreel.conformance.place import USUAL, Checkout, Place, find_checkout
from mockreel.conformance.reports import FORMS
from mockreel.conformance.reports.report import Report
from mockreel.contract import Evidence
from mockreel.contract.evidence.facts import Fact
from mockreel.drift import drift_report
from mockreel.drift import finding as drift
from mockreel.errors import OptionError

CONTRACT = "contracts/acme/errors.yaml"
CI_FORMS = ("sarif", "github", "gitlab")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with a program, a manifest, a test, and an environment in it."""
    root = tmp_path / "checkout"
    held = (
        ".git/HEAD",
        "pyproject.toml",
        "app/package.json",
        "tests/test_a.py",
        ".venv/bin/pytest",
        "node_modules/x.js",
    )
    for name in held:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    (tmp_path / "outside.py").write_text("")
    return root


def _report(checkout: Checkout, *, place: Place | None = None) -> Report:
    fact = Fact("It is so.", "errors.yaml /rows/x", Evidence("documented", ("a",)), ("a page",))
    found = Finding("a-check", "acme", "subject", fact, "this", "that", "", doubt=False, place=place)
    return Report("mock", "1", 0, (Outcome("a-check", "says", "acme", 1, (found,), (), "", 0.0),), checkout=checkout)


def _files(form: str, text: str) -> Iterator[str]:
    """The files that a report for CI names."""
    if form == "github":
        yield from (line.partition("file=")[2].partition(",")[0] for line in text.splitlines())
    elif form == "gitlab":
        yield from (issue["location"]["path"] for issue in json.loads(text))
    else:
        results: list[Any] = json.loads(text)["runs"][0]["results"]
        yield from (one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results)


@pytest.mark.parametrize("form", CI_FORMS)
def test_a_contract_that_the_checkout_lacks_is_no_place(form: str, checkout: Path) -> None:
    """The finding stands at the manifest; where it is the contract's own repository, at the contract's file."""
    assert [*_files(form, FORMS[form](_report(find_checkout(checkout))))] == ["pyproject.toml"]
    (checkout / CONTRACT).parent.mkdir(parents=True)
    (checkout / CONTRACT).write_text("")
    assert [*_files(form, FORMS[form](_report(find_checkout(checkout))))] == [CONTRACT]


@pytest.mark.parametrize("form", CI_FORMS)
def test_drift_names_no_file_that_the_checkout_lacks_either(form: str, checkout: Path) -> None:
    """Its findings are about the same files."""
    found = drift.Finding("acme/x", f"{CONTRACT} /rows/x", 1, 2, "price", "It costs more.")

    assert [*_files(form, drift_report.FORMS[form]([found], 1, find_checkout(checkout)))] == ["pyproject.toml"]


@pytest.mark.parametrize("form", CI_FORMS)
def test_what_a_client_did_stands_where_the_client_is(form: str, checkout: Path) -> None:
    """Whatever the contract's file is."""
    report = _report(find_checkout(checkout), place=Place("tests/test_a.py", 3))

    assert [*_files(form, FORMS[form](report))] == ["tests/test_a.py"]


@pytest.mark.parametrize(
    ("words", "at"),
    [
        (["python3", "tests/test_a.py", "pyproject.toml"], "tests/test_a.py"),
        ([".venv/bin/pytest", "-q"], "pyproject.toml"),
        (["node", "node_modules/x.js"], "pyproject.toml"),
        (["npm", "test"], "pyproject.toml"),
        (["python3", "-c", "x" * 5000], "pyproject.toml"),
        (["python3", "../outside.py", "a\0b"], "pyproject.toml"),
    ],
)
def test_a_command_stands_at_its_file(words: list[str], at: str, checkout: Path) -> None:
    """At the first of the checkout that it names; what is installed there is not in the repository."""
    assert find_checkout(checkout, words=words).usual == Place(at)


def test_the_working_folders_manifest_comes_first(checkout: Path) -> None:
    """The path is that from the top, as CI knows it."""
    assert find_checkout(checkout / "app").usual == Place("app/package.json")


@pytest.mark.parametrize(
    ("text", "place"),
    [("tests/test_a.py", Place("tests/test_a.py")), ("tests/test_a.py:7", Place("tests/test_a.py", 7))],
)
def test_a_location_is_a_file_and_perhaps_a_line(text: str, place: Place, checkout: Path) -> None:
    """It comes before every other."""
    assert find_checkout(checkout, location=text, words=["pyproject.toml"]).usual == place


@pytest.mark.parametrize("text", ["nothing.py", "../outside.py", "tests", "tests/test_a.py:0", "tests/test_a.py:x", ""])
def test_a_location_that_ci_would_not_show_is_refused(text: str, checkout: Path) -> None:
    """With what is shown."""
    with pytest.raises(OptionError, match=r"--location.*Name a file below"):
        find_checkout(checkout, location=text)


@pytest.mark.parametrize("words", [["check", "mock"], ["drift", "--self"], ["run", "--strict"]])
def test_every_command_that_reports_takes_a_location(words: list[str]) -> None:
    """And refuses one that is not there before it does anything."""
    command = ["--", "python3", "-c", "open('ran', 'w')"] if words[0] == "run" else []
    done = CliRunner().invoke(group, [*words, "--report", "sarif=x", "--location", "nothing.py", *command])

    assert "--location: 'nothing.py' is not valid. Name a file below" in str(done.exception)
    assert not Path("ran").exists()


@pytest.mark.parametrize("form", FORMS)
def test_a_finding_without_a_known_file_says_so(form: str, tmp_path: Path) -> None:
    """Of the reports whose findings would be shown nowhere."""
    reason = Checkout(tmp_path).lacks([form])

    assert ("--location FILE" in reason) == (form in ("sarif", "gitlab"))
    assert find_checkout(tmp_path).usual is None
    (tmp_path / USUAL[-1]).write_text("")
    assert find_checkout(tmp_path).lacks([form]) == ""


@pytest.mark.parametrize("command", ["mockreel check", "mockreel run --strict", "pytest --mockreel-strict"])
@pytest.mark.parametrize("form", ["junit", "markdown"])
def test_a_report_is_called_after_its_command(form: str, command: str) -> None:
    """As a reader of the job knows it."""
    assert command in FORMS[form](replace(_report(Checkout()), command=command)).partition("a-check")[0]

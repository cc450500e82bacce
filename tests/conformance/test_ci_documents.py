"""The forms for CI: what GitHub and GitLab read, from the same findings."""

import json

import pytest

from mockreel.conformance.place import Place
from mockreel.conformance.reports import sarif_document
from mockreel.conformance.reports.ci_documents import annotations, code_quality

FILE = Place("tests/test_client.py", 7)


def _sarif(*texts: str) -> str:
    levels: tuple[sarif_document.Level, ...] = ("error", "warning", "note")
    found = [
        sarif_document.result(f"rule-{number}", levels[number % 3], text, FILE, {}) for number, text in enumerate(texts)
    ]
    return sarif_document.document({}, found, exit_code=1)


def test_each_finding_is_one_workflow_command() -> None:
    """With its level, its file and its rule."""
    lines = annotations(_sarif("one", "two", "three")).splitlines()

    assert lines == [
        "::error file=tests/test_client.py,line=7,title=rule-0::one",
        "::warning file=tests/test_client.py,line=7,title=rule-1::two",
        "::notice file=tests/test_client.py,line=7,title=rule-2::three",
    ]


def test_a_finding_cannot_start_a_command_of_its_own() -> None:
    """What a server answers may hold anything."""
    (line,) = annotations(_sarif("100 %\n::error::forged\r\n::set-output name=x::y")).splitlines()

    assert line.endswith("::100 %25%0A::error::forged%0D%0A::set-output name=x::y")


def test_code_quality_has_each_finding_once() -> None:
    """Two findings that look the same have fingerprints of their own, which are the same in every run."""
    sarif = sarif_document.document({}, [sarif_document.result("r", "error", "same", FILE, {})] * 2, exit_code=1)
    first, second = json.loads(code_quality(sarif))

    assert first["fingerprint"] != second["fingerprint"]
    assert json.loads(code_quality(sarif)) == [first, second]
    assert first == {
        "description": "same",
        "check_name": "r",
        "fingerprint": first["fingerprint"],
        "severity": "major",
        "location": {"path": FILE.file, "lines": {"begin": FILE.line}},
    }


def test_code_scanning_keeps_findings_at_one_line_apart() -> None:
    """By rule, file and text, and by the same mark when the line moves."""
    rows = [("a", "one", FILE), ("a", "two", FILE), ("b", "one", FILE), ("a", "one", Place("other.py", 7))]
    prints = [sarif_document.result(rule, "error", text, at, {})["partialFingerprints"] for rule, text, at in rows]
    moved = sarif_document.result("a", "error", "one", Place(FILE.file, 70), {})["partialFingerprints"]

    assert len({one["primaryLocationLineHash"] for one in prints}) == len(rows)
    assert moved == prints[0]


@pytest.mark.parametrize("file", ["a b/ü#1%.py", "a,b:c.py"])
def test_any_name_of_a_file_reaches_ci(file: str) -> None:
    """SARIF has it as a URI, GitLab as it is, an annotation without what would end it."""
    found = [sarif_document.result("r", "error", "same", Place(file), {})]
    (issue,) = json.loads(code_quality(sarif_document.document({}, found, exit_code=1)))

    assert issue["location"]["path"] == file
    assert "," not in annotations(sarif_document.document({}, found, exit_code=1)).partition(",line=")[0]


def test_a_finding_at_no_file_names_none() -> None:
    """GitHub shows it with the job; GitLab wants a path, and the top of the checkout is one."""
    sarif = sarif_document.document({}, [sarif_document.result("r", "error", "same", None, {})], exit_code=1)
    (issue,) = json.loads(code_quality(sarif))

    assert annotations(sarif) == "::error title=r::same\n"
    assert issue["location"]["path"] == "."


def test_nothing_found_is_an_empty_report() -> None:
    """Which GitLab takes as one."""
    assert annotations(_sarif()) == ""
    assert json.loads(code_quality(_sarif())) == []

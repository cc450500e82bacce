"""The forms for CI: what GitHub and GitLab read, from the same findings."""

import json

from mockreel.conformance.reports import sarif_document
from mockreel.conformance.reports.ci_documents import annotations, code_quality


def _sarif(*texts: str) -> str:
    levels: tuple[sarif_document.Level, ...] = ("error", "warning", "note")
    found = [
        sarif_document.result(f"rule-{number}", levels[number % 3], text, "contracts/x/errors.yaml", {})
        for number, text in enumerate(texts)
    ]
    return sarif_document.document({}, found, exit_code=1)


def test_each_finding_is_one_workflow_command() -> None:
    """With its level, its file and its rule."""
    lines = annotations(_sarif("one", "two", "three")).splitlines()

    assert lines == [
        "::error file=contracts/x/errors.yaml,title=rule-0::one",
        "::warning file=contracts/x/errors.yaml,title=rule-1::two",
        "::notice file=contracts/x/errors.yaml,title=rule-2::three",
    ]


def test_a_finding_cannot_start_a_command_of_its_own() -> None:
    """What a server answers may hold anything."""
    (line,) = annotations(_sarif("100 %\n::error::forged\r\n::set-output name=x::y")).splitlines()

    assert line.endswith("::100 %25%0A::error::forged%0D%0A::set-output name=x::y")


def test_code_quality_has_each_finding_once() -> None:
    """Two findings that look the same have fingerprints of their own, which are the same in every run."""
    sarif = sarif_document.document({}, [sarif_document.result("r", "error", "same", "f.yaml", {})] * 2, exit_code=1)
    first, second = json.loads(code_quality(sarif))

    assert first["fingerprint"] != second["fingerprint"]
    assert json.loads(code_quality(sarif)) == [first, second]
    assert first == {
        "description": "same",
        "check_name": "r",
        "fingerprint": first["fingerprint"],
        "severity": "major",
        "location": {"path": "f.yaml", "lines": {"begin": 1}},
    }


def test_nothing_found_is_an_empty_report() -> None:
    """Which GitLab takes as one."""
    assert annotations(_sarif()) == ""
    assert json.loads(code_quality(_sarif())) == []

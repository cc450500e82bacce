"""One report on client rules for a whole run: strict tests add their outcomes, also in workers of xdist."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from mockreel import __version__
from mockreel.conformance.check import Finding, Outcome
from mockreel.conformance.place import Place, find_checkout, own_file, top
from mockreel.conformance.reports import check_form, write
from mockreel.conformance.reports.client_report import client_report
from mockreel.conformance.reports.report import Report
from mockreel.contract import Evidence
from mockreel.contract.evidence.facts import Fact
from mockreel.errors import OptionError
from mockreel.file_problem import check_place
from mockreel.simulator.client_rules import RULES, select

if TYPE_CHECKING:
    from mockreel.server.mock_server import MockServer

_COMMAND = "pytest --mockreel-strict"


def read_forms(options: Iterable[str]) -> list[tuple[str, Path]]:
    """The forms and files of `FORM=PATH` texts.

    Raises:
        OptionError: an unknown form, or a text that is not `FORM=PATH`.
    """
    found: list[tuple[str, Path]] = []
    for text in options:
        form, equals, path = text.partition("=")
        check_form(form)
        if not (equals and path):
            raise OptionError("--mockreel-report", text, then="Write --mockreel-report junit=PATH.")
        check_place(f"--mockreel-report {form}", Path(path))
        found.append((form, Path(path)))
    return found


def place_of(path: Path, line: int, *, root: Path) -> Place | None:
    """The place of a test in the checkout around pytest's root."""
    return own_file(path, top(root), line=line)


def rule_outcomes(
    server: "MockServer", test: str, *, rules: Sequence[str], allow: Sequence[str], place: Place | None
) -> str:
    """The rule outcomes of one test, as a text for another process.

    Args:
        place: where the test is.

    Raises:
        OptionError: an unknown rule.
    """
    selection = select(RULES, named=rules, allow=allow)
    found = server.violations(rules=rules, allow=allow)
    report = client_report(test, server.simulator.providers.values(), found, selection, command=_COMMAND, place=place)
    outcomes = [
        replace(one, findings=tuple(_in_test(test, finding) for finding in one.findings)) for one in report.outcomes
    ]
    return orjson.dumps([asdict(outcome) for outcome in outcomes]).decode()


def _in_test(test: str, finding: Finding) -> Finding:
    return replace(finding, subject=f"{test}: {finding.subject}")


class RuleReport:
    """The report of a run.

    Args:
        forms: the forms and files to write at the end.
    """

    def __init__(self, forms: Sequence[tuple[str, Path]]) -> None:
        self._forms = forms
        self._outcomes: dict[tuple[str, str], Outcome] = {}

    def add(self, text: str) -> None:
        """Add the outcomes of one test."""
        for outcome in map(_outcome, orjson.loads(text)):
            place = outcome.provider, outcome.check
            earlier = self._outcomes.get(place)
            self._outcomes[place] = outcome if earlier is None else _joined(earlier, outcome)

    def write(self) -> None:
        """Write the report in each form.

        Raises:
            OptionError: a file cannot be written.
        """
        outcomes = tuple(self._outcomes.values())
        report = Report("pytest", __version__, 0, outcomes, command=_COMMAND, checkout=find_checkout(Path.cwd()))
        for form, path in self._forms:
            write(report, form, path)


def _joined(one: Outcome, other: Outcome) -> Outcome:
    return replace(one, cases=one.cases + other.cases, findings=(*one.findings, *other.findings))


def _outcome(row: Mapping[str, Any]) -> Outcome:
    findings, skip_reasons = tuple(map(_finding, row["findings"])), tuple(row["skip_reasons"])
    return Outcome(**{**row, "findings": findings, "skip_reasons": skip_reasons})


def _finding(row: Mapping[str, Any]) -> Finding:
    fact = row["fact"]
    evidence = Evidence(fact["evidence"]["kind"], tuple(fact["evidence"]["source"]))
    place = None if row["place"] is None else Place(**row["place"])
    known = Fact(fact["says"], fact["where"], evidence, tuple(fact["sources"]))
    return Finding(**{**row, "place": place, "fact": known})

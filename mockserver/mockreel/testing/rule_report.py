"""The client rules of a whole run as one report: strict tests add what they looked at, also in workers of xdist."""

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
from mockreel.simulator.client_rules import RULES, select

if TYPE_CHECKING:
    from mockreel.server.mock_server import MockServer

_COMMAND = "pytest --mockreel-strict"


def read_forms(given: Iterable[str]) -> list[tuple[str, Path]]:
    """The forms and files of `FORM=PATH` texts.

    Raises:
        OptionError: there is no such form, or a text is not of that form.
    """
    found: list[tuple[str, Path]] = []
    for text in given:
        form, equals, path = text.partition("=")
        check_form(form)
        if not (equals and path):
            raise OptionError("--mockreel-report", text, then="Write --mockreel-report junit=PATH.")
        found.append((form, Path(path)))
    return found


def place_of(path: Path, line: int, *, root: Path) -> Place | None:
    """Where a test stands in the checkout around pytest's root."""
    return own_file(path, top(root), line=line)


def looked_at(
    server: "MockServer", test: str, *, rules: Sequence[str], allow: Sequence[str], place: Place | None
) -> str:
    """What one test comes to, as a text that goes from one process to another.

    Args:
        place: where the test is.

    Raises:
        OptionError: there is no such rule.
    """
    selection = select(RULES, named=rules, allow=allow)
    found = server.violations(rules=rules, allow=allow)
    report = client_report(test, server.simulator.providers.values(), found, selection, command=_COMMAND, place=place)
    named = [
        replace(one, findings=tuple(_in_test(test, finding) for finding in one.findings)) for one in report.outcomes
    ]
    return orjson.dumps([asdict(outcome) for outcome in named]).decode()


def _in_test(test: str, finding: Finding) -> Finding:
    return replace(finding, subject=f"{test}: {finding.subject}")


class RuleReport:
    """The report of a run.

    Args:
        forms: what is written where at the end.
    """

    def __init__(self, forms: Sequence[tuple[str, Path]]) -> None:
        self._forms = forms
        self._outcomes: dict[tuple[str, str], Outcome] = {}

    def add(self, text: str) -> None:
        """Add what one test came to."""
        for outcome in map(_outcome, orjson.loads(text)):
            place = outcome.provider, outcome.check
            known = self._outcomes.get(place)
            self._outcomes[place] = outcome if known is None else _joined(known, outcome)

    def write(self) -> None:
        """Write it in each form.

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
    return Outcome(**{**row, "findings": tuple(map(_finding, row["findings"])), "left_out": tuple(row["left_out"])})


def _finding(row: Mapping[str, Any]) -> Finding:
    fact = row["fact"]
    evidence = Evidence(fact["evidence"]["kind"], tuple(fact["evidence"]["source"]))
    place = None if row["place"] is None else Place(**row["place"])
    known = Fact(fact["says"], fact["where"], evidence, tuple(fact["sources"]))
    return Finding(**{**row, "place": place, "fact": known})

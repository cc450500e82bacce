"""A report as text for a reader."""

from mockreel.conformance.check import Outcome
from mockreel.conformance.reports.report import Report, lines

_MARKS = {"holds": "ok", "falls short": "FAIL", "doubtful": "doubt", "left out": "-", "broke": "BROKE"}


def line(outcome: Outcome) -> str:
    """One outcome in one line."""
    mark = _MARKS[outcome.verdict]
    return f"{mark:<6}{outcome.provider:<12} {outcome.check:<26}{outcome.cases:>6}  {outcome.says}"


def details(outcome: Outcome) -> list[str]:
    """What was found, and why something was left out or could not be run."""
    told = [text for finding in outcome.findings for text in lines(finding)]
    told += [f"left out: {reason}" for reason in outcome.left_out]
    told += [f"could not run: {outcome.broke}"] if outcome.broke else []
    return [f"      {text}" for text in told]


def written(report: Report) -> str:
    """The whole report."""
    parts = [text for outcome in report.outcomes for text in (line(outcome), *details(outcome))]
    return "\n".join([*parts, "", *report.notes, report.sentence(), ""])

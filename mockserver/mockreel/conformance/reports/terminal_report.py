"""A report as text for a reader, in lines of at most 80 columns where nothing must be copied."""

import textwrap
from collections.abc import Iterable

from mockreel.conformance.check import Finding, Outcome
from mockreel.conformance.reports.report import NUMBERS, Report, lines
from mockreel.conformance.run_plan import Announcement

_MARKS = {"holds": "ok", "falls short": "FAIL", "doubtful": "doubt", "not checked": "-", "broke": "BROKE"}
_WIDTH = 80
# As many findings of one check as are shown without -v.
_SHOWN = 3


def line(outcome: Outcome) -> str:
    """One outcome in one line."""
    mark = _MARKS[outcome.verdict]
    return f"{mark:<6}{outcome.provider:<12} {outcome.check:<26}{outcome.cases:>6}  {outcome.says}"


def plan(announced: Announcement) -> list[str]:
    """What will be checked, and what does not fit."""
    found = _wrap(f"plan  {announced.provider}: {announced.sentence()}")
    reasons: dict[str, list[str]] = {}
    for group, reason in announced.skipped_groups.items():
        reasons.setdefault(reason, []).append(group)
    for reason, groups in reasons.items():
        found += _wrap(f"      without webhooks answered {', '.join(groups)}: {reason}")
    return found


def outcome_lines(outcome: Outcome, *, verbose: bool = False) -> list[str]:
    """What is shown of an outcome as soon as it is known: faults, or everything."""
    if verbose or outcome.verdict in ("falls short", "broke"):
        return [_short(line(outcome)), *details(outcome, most=None if verbose else _SHOWN)]
    return []


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def details(outcome: Outcome, *, most: int | None = None) -> list[str]:
    """What was found, and why something was left out or could not be run."""
    shown = outcome.findings if most is None else outcome.findings[:most]
    found = [text for finding in shown for text in _finding(finding)]
    if len(shown) < len(outcome.findings):
        found.append(f"and {len(outcome.findings) - len(shown)} more; -v shows them")
    found += [f"could not run: {outcome.error}"] if outcome.error else []
    found += [f"not checked: {reason}" for reason in outcome.reasons]
    found += [f"repeat it: {outcome.again}"] if outcome.again else []
    return [f"      {text}" for text in found]


def _finding(finding: Finding) -> Iterable[str]:
    for text in lines(finding):
        name = text.split()[0] if text.strip() else ""
        if name in ("expected", "came", "fact") and len(text) > _WIDTH - 6:
            yield from textwrap.wrap(text, _WIDTH - 6, subsequent_indent=" " * 12, break_long_words=False)
        else:
            yield text


def summary(report: Report) -> list[str]:
    """Doubts, what was not checked with what it would take, notes, and the four numbers."""
    if report.trouble and not report.outcomes:
        return [report.sentence()]
    found: list[str] = []
    for outcome in report.outcomes:
        if outcome.verdict == "doubtful":
            finding = outcome.findings[0]
            expected = finding.expected.rstrip(".")
            found += _wrap(
                f"doubt {outcome.provider} {outcome.check}: {finding.subject}: expected: {expected}; "
                f"came: {finding.actual[:120]} [{finding.fact.evidence.kind}]"
            )
    found += _unchecked(report)
    for note in report.notes:
        found += _wrap(f"note  {note}")
    return [*found, *([report.sentence()] if report.trouble else []), *_numbers(report)]


def _unchecked(report: Report) -> list[str]:
    """What was not checked, the checks with one reason together."""
    reasons: dict[str, list[str]] = {}
    for outcome in report.outcomes:
        if outcome.verdict == "not checked":
            reasons.setdefault("; ".join(outcome.reasons), []).append(outcome.check)
    return [text for reason, checks in reasons.items() for text in _wrap(f"not checked: {', '.join(checks)}: {reason}")]


def _numbers(report: Report) -> list[str]:
    counts = report.numbers
    head = f"{report.target}: " + ", ".join(f"{counts[name]} {name}" for name in NUMBERS)
    cases = sum(outcome.cases for outcome in report.outcomes)
    found = [head, f"{cases:,} cases, seed {report.seed}, {report.seconds:.1f} s"]
    if report.unchecked and report.exit_code == 3:
        found.append("not everything was checked; --allow-unchecked allows that")
    return found


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent="      ", break_long_words=False, break_on_hyphens=False)


def terminal_text(report: Report) -> str:
    """The whole report."""
    parts = [text for outcome in report.outcomes for text in (line(outcome), *details(outcome))]
    return "\n".join([*parts, "", *summary(report), ""])

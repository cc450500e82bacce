"""Findings as text for the terminal, JSON, Markdown for a merge request or an issue, and SARIF for CI."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mockreel import __version__
from mockreel.conformance.place import Checkout
from mockreel.conformance.reports import ci_documents, sarif_document
from mockreel.drift.finding import BREAKING, HARMLESS, NOTHING, VERDICTS, Finding, Verdict
from mockreel.errors import DataError, OptionError
from mockreel.file_problem import check_place
from mockreel.whole_file import write_whole

_LONGEST = 300
_RULES: Mapping[Verdict, str] = {
    "breaking for requests": "A request that works today is rejected, or means something else.",
    "breaking for replies": "A response is one that today's clients do not know.",
    "price": "A price changed.",
    "unknown": "Neither a proof nor a counterexample was found.",
    "unchecked": "It could not be read, so it was not compared.",
    "compatible": "Nothing that works today breaks.",
    "docs only": "The docs use other words, or contradict themselves.",
}
_LEVELS: Mapping[Verdict, sarif_document.Level] = {
    **dict.fromkeys(BREAKING, "error"),
    "price": "warning",
    "unknown": "warning",
    "unchecked": "warning",
    "compatible": "note",
    "docs only": "note",
}


def summary(findings: Sequence[Finding]) -> str:
    """The findings in one sentence."""
    counts = Counter(finding.verdict for finding in findings)
    totals = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
    return f"{len(findings)} finding{'s' * (len(findings) != 1)}: {totals}." if findings else "No drift."


def text(findings: Sequence[Finding], exit_code: int, checkout: Checkout) -> str:
    """Every finding as text."""
    del exit_code, checkout
    return terminal_text(findings, every=True)


def terminal_text(findings: Sequence[Finding], *, every: bool, compared: str = "") -> str:
    """Text for a terminal: the totals by provider, then the findings that need action.

    Args:
        every: also the findings that break nothing; there may be hundreds.
        compared: what was compared with what, as the end of a sentence.
    """
    listed = [finding for finding in findings if every or finding.verdict not in HARMLESS]
    lines = [line for finding in listed for line in (*_lines(finding), "")]
    left_out = len(findings) - len(listed)
    hint = [f"Left out, as they break nothing: {left_out}. -v shows them."] if left_out else []
    said = f"Compared {compared}. {summary(findings)}" if compared else summary(findings)
    return "\n".join([*_totals(findings), *lines, *hint, said, ""])


def _totals(findings: Sequence[Finding]) -> list[str]:
    """A line for each provider, the worst verdicts first."""
    providers = sorted({_provider(finding) for finding in findings})
    lines = []
    for provider in providers:
        counts = Counter(finding.verdict for finding in findings if _provider(finding) == provider)
        totals = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
        lines.append(f"{provider}: {totals}")
    return [*lines, ""] if lines else []


def _provider(finding: Finding) -> str:
    return finding.id.partition("/")[0]


def _lines(finding: Finding) -> list[str]:
    sources = f"  [{', '.join(finding.sources)}]" if finding.sources else ""
    lines = [f"{finding.verdict.upper()}  {finding.id}", f"  {finding.says}{sources}"]
    return lines + [f"  {name:<8} {value}" for name, value in _values(finding)]


def _values(finding: Finding) -> list[tuple[str, str]]:
    values = (("before", finding.before), ("after", finding.after), ("witness", finding.witness))
    return [(name, one_line(value)) for name, value in values if value is not NOTHING]


def one_line(value: Any) -> str:
    """A value in one line, cut where it is long."""
    line = json.dumps(value, ensure_ascii=False, default=str)
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"


def as_json(findings: Sequence[Finding], exit_code: int, checkout: Checkout) -> str:
    """The findings with all their fields."""
    del checkout
    counts = Counter(finding.verdict for finding in findings)
    document = {
        "mockreel": __version__,
        "exit_code": exit_code,
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "findings": [finding.row() for finding in findings],
    }
    return json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n"


def markdown(findings: Sequence[Finding], exit_code: int, checkout: Checkout) -> str:
    """For a merge request or an issue: a section for each verdict, the worst first."""
    del exit_code, checkout
    parts = ["# mockreel drift", "", summary(findings)]
    for verdict in VERDICTS:
        matching = [finding for finding in findings if finding.verdict == verdict]
        if matching:
            parts += ["", f"## {verdict}", "", _RULES[verdict], ""]
            parts += [line for finding in matching for line in _item(finding)]
    return "\n".join(parts) + "\n"


def _item(finding: Finding) -> list[str]:
    lines = [f"- **{finding.id}**: {finding.says}", f"  - where: {code(finding.where)}"]
    lines += [f"  - {name}: {code(value)}" for name, value in _values(finding)]
    return lines + ([f"  - sources: {', '.join(finding.sources)}"] if finding.sources else [])


def code(text: str) -> str:
    """Text as Markdown code; it may contain backticks and line ends."""
    plain = " ".join(text.split())
    fence = "`"
    while fence in plain:
        fence += "`"
    return f"{fence} {plain} {fence}" if "`" in plain else f"`{plain}`"


def as_sarif(findings: Sequence[Finding], exit_code: int, checkout: Checkout) -> str:
    """SARIF for code scanning: each finding points at the file that it is about, if the checkout has it."""
    rules = {_rule(verdict): says for verdict, says in _RULES.items()}
    return sarif_document.document(rules, [_result(finding, checkout) for finding in findings], exit_code=exit_code)


def _result(finding: Finding, checkout: Checkout) -> dict[str, Any]:
    text_lines = "\n".join(_lines(finding))
    properties = {"id": finding.id, "where": finding.where, "sources": list(finding.sources)}
    place = checkout.place(finding.where.partition(" ")[0])
    return sarif_document.result(_rule(finding.verdict), _LEVELS[finding.verdict], text_lines, place, properties)


def _rule(verdict: Verdict) -> str:
    return f"drift-{verdict.replace(' ', '-')}"


Form = Callable[[Sequence[Finding], int, Checkout], str]
FORMS: Mapping[str, Form] = {
    "text": text,
    "json": as_json,
    "markdown": markdown,
    "sarif": as_sarif,
    "github": lambda *given: ci_documents.annotations(as_sarif(*given)),
    "gitlab": lambda *given: ci_documents.code_quality(as_sarif(*given)),
}


def write(findings: Sequence[Finding], form: str, path: Path, *, exit_code: int, checkout: Checkout) -> None:
    """Write a report in one form.

    Raises:
        OptionError: there is no such form, or the file cannot be written.
    """
    check_form(form)
    try:
        write_whole(path, FORMS[form](findings, exit_code, checkout))
    except DataError as problem:
        raise OptionError(f"--report {form}", str(path), then=str(problem)) from problem


def check_reports(reports: Iterable[tuple[str, str]]) -> None:
    """Check that each form exists and its file can be written, before anything is compared.

    Raises:
        OptionError: one is not so.
    """
    for form, path in reports:
        check_form(form)
        check_place(f"--report {form}", Path(path))


def check_form(form: str) -> None:
    """Check that a report form exists, before anything is compared."""
    if form not in FORMS:
        raise OptionError("--report", form, FORMS, then="Write --report markdown=PATH.")

"""A report as Markdown, for a merge request."""

from mockreel.conformance.check import Finding
from mockreel.conformance.reports.report import Report


def markdown_text(report: Report) -> str:
    """A table of the checks, and a section for each that does not hold."""
    parts = [
        f"# {report.command}",
        "",
        report.sentence(),
        "",
        "| provider | check | verdict | cases |",
        "|---|---|---|---|",
    ]
    parts += [f"| {one.provider} | {one.check} | {one.verdict} | {one.cases} |" for one in report.outcomes]
    for outcome in report.outcomes:
        if outcome.findings:
            parts += ["", f"## {outcome.provider}: {outcome.check}", "", outcome.says]
            parts += [line for finding in outcome.findings for line in _finding(finding)]
            parts += ["", "Repeat it:", "", "```sh", outcome.again, "```"] if outcome.again else []
    unchecked = [one for one in report.outcomes if one.verdict == "not checked"]
    if unchecked:
        parts += ["", "## Not checked", ""]
        parts += [f"- {one.provider} {one.check}: {'; '.join(one.reasons)}" for one in unchecked]
    if report.notes:
        parts += ["", "## Notes", "", *(f"- {note}" for note in report.notes)]
    return "\n".join(parts) + "\n"


def _finding(finding: Finding) -> list[str]:
    doubt = " (doubtful: the contract rests on inference here)" if finding.doubt else ""
    found = ["", f"**{finding.subject or finding.provider}**{doubt}", "", f"- expected: {_code(finding.expected)}"]
    found += [f"- came: {_code(finding.actual)}", f"- fact: {finding.fact.says} ({finding.fact.evidence.kind})"]
    found += [f"- source: {source}" for source in finding.fact.sources]
    return [*found, *(["", "````sh", finding.curl.replace("`", "\\`"), "````"] if finding.curl else [])]


def _code(text: str) -> str:
    """Text as code, with any backticks and line ends."""
    plain = " ".join(text.split())
    fence = "`" * (max((len(run) for run in _runs(plain)), default=0) + 1)
    return f"{fence} {plain} {fence}" if "`" in plain else f"`{plain}`"


def _runs(text: str) -> list[str]:
    return ["".join(run) for run in "".join(c if c == "`" else " " for c in text).split()]

"""A report as SARIF 2.1.0, for code scanning."""

from typing import Any

from mockreel.conformance.check import Finding
from mockreel.conformance.reports import sarif_document
from mockreel.conformance.reports.report import Report, lines


def sarif_text(report: Report) -> str:
    """One run with a rule for each check and a result for each finding."""
    rules = {outcome.check: outcome.says for outcome in report.outcomes}
    results = [_result(report, finding) for finding in report.findings]
    return sarif_document.document(rules, results, exit_code=report.exit_code)


def _result(report: Report, finding: Finding) -> dict[str, Any]:
    properties = {"evidence": finding.fact.evidence.kind, "sources": list(finding.fact.sources)}
    return sarif_document.result(
        finding.check,
        "note" if finding.doubt else "error",
        "\n".join(lines(finding)),
        finding.place or report.checkout.place(finding.where.partition(" ")[0]),
        {"where": finding.where, **properties},
    )

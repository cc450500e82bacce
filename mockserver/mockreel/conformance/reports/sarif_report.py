"""A report as SARIF 2.1.0, for code scanning: a finding stands at the contract's file that it is about."""

import orjson

from mockreel.conformance.check import Finding
from mockreel.conformance.reports.report import Report, lines

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def written(report: Report) -> str:
    """One run with a rule for each check and a result for each finding."""
    rules = {outcome.check: outcome.says for outcome in report.outcomes}
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "mockreel",
                        "version": report.version,
                        "rules": [{"id": id_, "shortDescription": {"text": says}} for id_, says in rules.items()],
                    }
                },
                "results": [_result(finding) for finding in report.findings],
                "invocations": [{"executionSuccessful": report.exit_code != 2, "exitCode": report.exit_code}],
            }
        ],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _result(finding: Finding) -> dict[str, object]:
    file = finding.where.split(" ")[0]
    return {
        "ruleId": finding.check,
        "level": "note" if finding.doubt else "error",
        "message": {"text": "\n".join(lines(finding))},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": file}}}],
        "properties": {"evidence": finding.fact.evidence.kind, "sources": list(finding.fact.sources)},
    }

"""A report as JSON."""

import orjson

from mockreel.conformance.reports.report import Report, row


def json_text(report: Report) -> str:
    """Everything that is known of the run."""
    document = {
        "mockreel": report.version,
        "target": report.target,
        "seed": report.seed,
        "seconds": round(report.seconds, 3),
        "exit_code": report.exit_code,
        "numbers": dict(report.numbers),
        "trouble": report.trouble or None,
        "notes": list(report.notes),
        "checks": [
            {
                "id": outcome.check,
                "says": outcome.says,
                "provider": outcome.provider,
                "verdict": outcome.verdict,
                "cases": outcome.cases,
                "seconds": round(outcome.seconds, 3),
                "not_checked": list(outcome.reasons),
                "left_out_on_purpose": outcome.chosen,
                "again": outcome.again or None,
                "broke": outcome.error or None,
                "findings": [row(finding) for finding in outcome.findings],
            }
            for outcome in report.outcomes
        ],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"

"""Reports: the same run as JUnit XML, JSON, Markdown, SARIF, for GitHub, for GitLab, or text for the terminal."""

from collections.abc import Callable, Iterable
from pathlib import Path

from mockreel.conformance.reports import json_report, junit_report, markdown_report, sarif_report, terminal_report
from mockreel.conformance.reports.ci_documents import annotations, code_quality
from mockreel.conformance.reports.report import Report
from mockreel.errors import DataError, OptionError
from mockreel.file_problem import check_place
from mockreel.whole_file import write_whole

FORMS: dict[str, Callable[[Report], str]] = {
    "junit": junit_report.junit_text,
    "json": json_report.json_text,
    "markdown": markdown_report.markdown_text,
    "sarif": sarif_report.sarif_text,
    "github": lambda report: annotations(sarif_report.sarif_text(report)),
    "gitlab": lambda report: code_quality(sarif_report.sarif_text(report)),
    "text": terminal_report.terminal_text,
}


def write(report: Report, form: str, path: Path) -> None:
    """Write a report in one form.

    Raises:
        OptionError: there is no such form, or the file cannot be written.
    """
    check_form(form)
    try:
        write_whole(path, FORMS[form](report))
    except DataError as problem:
        raise OptionError(f"--report {form}", str(path), then=str(problem)) from problem


def check_reports(reports: Iterable[tuple[str, str]]) -> None:
    """See that each form exists and its file can be written, before a run is made for it.

    Raises:
        OptionError: one is not so.
    """
    for form, path in reports:
        check_form(form)
        check_place(f"--report {form}", Path(path))


def check_form(form: str) -> None:
    """See that a form exists."""
    if form not in FORMS:
        raise OptionError("--report", form, FORMS, then="Write --report junit=PATH.")


__all__ = ["FORMS", "check_form", "check_reports", "write"]

"""What a report about a URL may show: not the keys and secrets of the run, and no login of the URL."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from mockreel.conformance.check import Finding, Outcome
from mockreel.conformance.reports.report import Report
from mockreel.contract import Contract
from mockreel.engine.redaction import KnownSecrets, redactor_of
from mockreel.engine.redaction.url_redaction import masked_url, secrets_of


class ReportRedactor:
    """Redacts the outcomes of one run.

    Args:
        url: the target as it was typed, perhaps with a login.
        secrets: the keys and secrets of the run by now; a check makes others.
    """

    def __init__(self, contract: Contract, url: str, secrets: Callable[[], Iterable[str]]) -> None:
        self._redactor = redactor_of(contract)
        self._url = url.rstrip("/")
        self._logins = tuple(secrets_of(url, address=True))
        self._secrets = secrets
        self._held: tuple[str, ...] = ()
        self._known = KnownSecrets(())

    def text(self, text: str) -> str:
        """A text of ours."""
        held = (*self._logins, *self._secrets())
        if held != self._held:
            self._held, self._known = held, KnownSecrets(held)
        return self._known.masked(text.replace(self._url, masked_url(self._url)))

    def quote(self, text: str) -> str:
        """A text with something that the target said."""
        return self._redactor.text(self.text(text))

    def outcome(self, outcome: Outcome) -> Outcome:
        return replace(
            outcome,
            findings=tuple(map(self._finding, outcome.findings)),
            skip_reasons=tuple(map(self.quote, outcome.skip_reasons)),
            error=self.quote(outcome.error),
            again=self.text(outcome.again),
        )

    def report(self, report: Report) -> Report:
        """A report whose outcomes are redacted already."""
        notes = tuple(map(self.text, report.notes))
        return replace(report, target=self.text(report.target), notes=notes, trouble=self.quote(report.trouble))

    def _finding(self, finding: Finding) -> Finding:
        return replace(
            finding,
            subject=self.text(finding.subject),
            expected=self.text(finding.expected),
            actual=self.quote(finding.actual),
            curl=self.text(finding.curl),
        )

"""An error response of the provider as an exception."""

from collections.abc import Mapping

from mockreel.contract.validation import Violation


class ErrorResponse(Exception):
    """An error response: the name of its error definition, the violations behind it, and the values for its text.

    It may be raised anywhere in a request's pipeline; `Provider.answer` turns it into the provider's response.
    """

    def __init__(
        self,
        row: str,
        *,
        violations: tuple[Violation, ...] = (),
        values: Mapping[str, object] | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        journal_violations: tuple[Violation, ...] = (),
    ) -> None:
        super().__init__(row)
        self.row = row
        self.violations = violations
        self.values = values or {}
        self.headers = headers
        self.journal_violations = journal_violations  # the violations that only the journal has

"""The provider answers with an error: which row of its contract, and what stands behind it."""

from collections.abc import Mapping

from mockreel.contract.validation import Violation


class ErrorResponse(Exception):
    """The provider says no: the name of an error row, the violations behind it, and what its text needs.

    Raised anywhere on a request's way; `Provider.answer` turns it into the provider's own words.
    """

    def __init__(
        self,
        row: str,
        *,
        violations: tuple[Violation, ...] = (),
        values: Mapping[str, object] | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        told: tuple[Violation, ...] = (),
    ) -> None:
        super().__init__(row)
        self.row = row
        self.violations = violations
        self.values = values or {}
        self.headers = headers
        self.told = told  # what was wrong where only the journal says it

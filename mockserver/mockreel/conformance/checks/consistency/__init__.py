"""Checks that compare what one answer says with what another one said before: records, lists, deliveries, prices."""

from mockreel.conformance.check import Check
from mockreel.conformance.checks.consistency import (
    account_access,
    batch_progress,
    body_envelope,
    error_details,
    job_entries,
    lasting_records,
    listed_prices,
    secret_display,
    webhook_history,
)

CHECKS: tuple[Check, ...] = (
    *error_details.CHECKS,
    *account_access.CHECKS,
    *body_envelope.CHECKS,
    *batch_progress.CHECKS,
    *lasting_records.CHECKS,
    *job_entries.CHECKS,
    *webhook_history.CHECKS,
    *listed_prices.CHECKS,
    *secret_display.CHECKS,
)

__all__ = ["CHECKS"]

"""Checks that compare responses with earlier ones: records, lists, deliveries, prices."""

from mockreel.conformance.check import Check
from mockreel.conformance.checks.consistency import (
    account_access,
    account_counts,
    batch_progress,
    body_envelope,
    ended_things,
    error_details,
    job_details,
    job_entries,
    kept_settings,
    lasting_records,
    listed_prices,
    made_things,
    own_workflows,
    secret_display,
    shown_things,
)

CHECKS: tuple[Check, ...] = (
    *error_details.CHECKS,
    *account_access.CHECKS,
    *account_counts.CHECKS,
    *body_envelope.CHECKS,
    *batch_progress.CHECKS,
    *lasting_records.CHECKS,
    *job_entries.CHECKS,
    *job_details.CHECKS,
    *listed_prices.CHECKS,
    *made_things.CHECKS,
    *own_workflows.CHECKS,
    *ended_things.CHECKS,
    *kept_settings.CHECKS,
    *secret_display.CHECKS,
    *shown_things.CHECKS,
)

__all__ = ["CHECKS"]

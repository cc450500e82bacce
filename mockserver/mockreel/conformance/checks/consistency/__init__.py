"""Checks that compare responses with earlier ones: records, lists, deliveries, prices."""

from mockreel.conformance.check import Check
from mockreel.conformance.checks.consistency import (
    account_access,
    account_counts,
    account_settings,
    batch_progress,
    body_envelope,
    catalogue_entries,
    error_details,
    job_details,
    job_entries,
    object_lifecycle,
    object_outcomes,
    price_lists,
    record_stability,
    secret_display,
    workflow_runs,
)

CHECKS: tuple[Check, ...] = (
    *error_details.CHECKS,
    *account_access.CHECKS,
    *account_counts.CHECKS,
    *body_envelope.CHECKS,
    *batch_progress.CHECKS,
    *record_stability.CHECKS,
    *job_entries.CHECKS,
    *job_details.CHECKS,
    *price_lists.CHECKS,
    *object_lifecycle.CHECKS,
    *workflow_runs.CHECKS,
    *object_outcomes.CHECKS,
    *account_settings.CHECKS,
    *secret_display.CHECKS,
    *catalogue_entries.CHECKS,
)

__all__ = ["CHECKS"]

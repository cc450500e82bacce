"""Checks that compare responses with earlier ones: records, lists, deliveries, prices."""

from mockreel.conformance.check import Check
from mockreel.conformance.checks.consistency import (
    accounts,
    batch_progress,
    body_envelope,
    catalogue_entries,
    error_details,
    job_details,
    job_entries,
    model_entries,
    object_lifecycle,
    object_outcomes,
    record_stability,
    secret_display,
    workflow_runs,
)

CHECKS: tuple[Check, ...] = (
    *error_details.CHECKS,
    *accounts.CHECKS,
    *body_envelope.CHECKS,
    *batch_progress.CHECKS,
    *record_stability.CHECKS,
    *job_entries.CHECKS,
    *job_details.CHECKS,
    *model_entries.CHECKS,
    *object_lifecycle.CHECKS,
    *workflow_runs.CHECKS,
    *object_outcomes.CHECKS,
    *secret_display.CHECKS,
    *catalogue_entries.CHECKS,
)

__all__ = ["CHECKS"]

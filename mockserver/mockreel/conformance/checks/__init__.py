"""Our own checks, one small function each, in the order in which they are run."""

from mockreel.conformance.check import Check
from mockreel.conformance.checks import (
    account_isolation,
    error_responses,
    job_ids,
    job_lifecycle,
    job_results,
    model_inputs,
    webhook_deliveries,
    webhook_retries,
)

EVERY: tuple[Check, ...] = (
    *error_responses.CHECKS,
    *account_isolation.CHECKS,
    *model_inputs.CHECKS,
    *job_lifecycle.CHECKS,
    *job_ids.CHECKS,
    *job_results.CHECKS,
    *webhook_deliveries.CHECKS,
    *webhook_retries.CHECKS,
)

__all__ = ["EVERY"]

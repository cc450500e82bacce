"""Our own checks, one small function each, in the order in which they are run."""

from mockreel.conformance.check import Check
from mockreel.conformance.checks import (
    account_balance,
    account_isolation,
    consistency,
    differential,
    error_responses,
    idempotent_submits,
    job_ids,
    job_lifecycle,
    job_records,
    list_filters,
    model_inputs,
    operation_coverage,
    paged_lists,
    replies,
    requests,
    results,
    subscription_deliveries,
    webhook_deliveries,
    webhook_history,
    webhook_retries,
)
from mockreel.conformance.checks.replies import page_sequences

EVERY: tuple[Check, ...] = (
    *error_responses.CHECKS,
    *operation_coverage.CHECKS,
    *account_isolation.CHECKS,
    *model_inputs.CHECKS,
    *idempotent_submits.CHECKS,
    *job_lifecycle.CHECKS,
    *job_ids.CHECKS,
    *job_records.CHECKS,
    *results.CHECKS,
    *webhook_deliveries.CHECKS,
    *webhook_retries.CHECKS,
    *paged_lists.CHECKS,
    *page_sequences.CHECKS,
    *list_filters.CHECKS,
    *webhook_history.CHECKS,
    *subscription_deliveries.CHECKS,
    *consistency.CHECKS,
    *replies.CHECKS,
    *requests.CHECKS,
    *account_balance.CHECKS,
    *differential.CHECKS,
)

__all__ = ["EVERY"]

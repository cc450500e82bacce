"""What a request may ask for beside a model's input, and what a provider does with it."""

from mockreel.conformance.checks.requests import (
    additional_parts,
    body_limits,
    conditional_reads,
    confirmed_cancellations,
    key_places,
    priced_requests,
    provoked_errors,
)

CHECKS = (
    *body_limits.CHECKS,
    *key_places.CHECKS,
    *conditional_reads.CHECKS,
    *additional_parts.CHECKS,
    *provoked_errors.CHECKS,
    *priced_requests.CHECKS,
    *confirmed_cancellations.CHECKS,
)

__all__ = ["CHECKS"]

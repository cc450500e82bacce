"""What a request may ask for beside a model's input, and what a provider does with it."""

from mockreel.conformance.checks.requests import (
    additional_parts,
    body_limits,
    cancellations,
    conditional_reads,
    error_triggers,
    key_places,
    request_prices,
    value_forms,
)

CHECKS = (
    *body_limits.CHECKS,
    *key_places.CHECKS,
    *conditional_reads.CHECKS,
    *additional_parts.CHECKS,
    *error_triggers.CHECKS,
    *request_prices.CHECKS,
    *cancellations.CHECKS,
    *value_forms.CHECKS,
)

__all__ = ["CHECKS"]

"""What a response tells again, or tells too much of: the same thing by another route, alone, or with a key in it."""

from mockreel.conformance.checks.replies import (
    field_echoes,
    fresh_jobs,
    json_texts,
    key_display,
    moment_order,
    object_operations,
    other_routes,
    record_updates,
    reply_examples,
    reply_moments,
    reply_numbers,
    single_entries,
    usage_rates,
)

CHECKS = (
    *reply_examples.CHECKS,
    *reply_numbers.CHECKS,
    *reply_moments.CHECKS,
    *moment_order.CHECKS,
    *fresh_jobs.CHECKS,
    *object_operations.CHECKS,
    *single_entries.CHECKS,
    *other_routes.CHECKS,
    *record_updates.CHECKS,
    *json_texts.CHECKS,
    *field_echoes.CHECKS,
    *key_display.CHECKS,
    *usage_rates.CHECKS,
)

__all__ = ["CHECKS"]

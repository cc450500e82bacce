"""What a response tells again, or tells too much of: the same thing by another route, alone, or with a key in it."""

from mockreel.conformance.checks.replies import (
    changed_records,
    fresh_jobs,
    key_display,
    moment_order,
    other_routes,
    packed_texts,
    repeated_parts,
    reply_examples,
    reply_moments,
    reply_numbers,
    single_entries,
    unlinked_things,
    usage_rates,
)

CHECKS = (
    *reply_examples.CHECKS,
    *reply_numbers.CHECKS,
    *reply_moments.CHECKS,
    *moment_order.CHECKS,
    *fresh_jobs.CHECKS,
    *unlinked_things.CHECKS,
    *single_entries.CHECKS,
    *other_routes.CHECKS,
    *changed_records.CHECKS,
    *packed_texts.CHECKS,
    *repeated_parts.CHECKS,
    *key_display.CHECKS,
    *usage_rates.CHECKS,
)

__all__ = ["CHECKS"]

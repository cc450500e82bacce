"""Checks of what is said of an account: who gets at it, its counters, its settings, and two ways to say the same."""

from mockreel.conformance.check import Check
from mockreel.conformance.checks.consistency.accounts import (
    account_access,
    account_agreement,
    account_counts,
    account_settings,
)

CHECKS: tuple[Check, ...] = (
    *account_access.CHECKS,
    *account_counts.CHECKS,
    *account_agreement.CHECKS,
    *account_settings.CHECKS,
)

__all__ = ["CHECKS"]

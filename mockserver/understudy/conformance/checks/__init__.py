"""Our own checks, one small function each, in the order in which they are run."""

from understudy.conformance.check import Check
from understudy.conformance.checks import accounts, bodies, deliveries, ids, lifecycle, refusals, results, retries

EVERY: tuple[Check, ...] = (
    *refusals.CHECKS,
    *accounts.CHECKS,
    *bodies.CHECKS,
    *lifecycle.CHECKS,
    *ids.CHECKS,
    *results.CHECKS,
    *deliveries.CHECKS,
    *retries.CHECKS,
)

__all__ = ["EVERY"]

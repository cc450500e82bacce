"""Decide by a delivery policy whether an outcome is accepted, retried or final."""

from mockreel.contract.data.webhook_rows import DeliveryPolicy
from mockreel.webhooks.transport import Outcome


def accepted(policy: DeliveryPolicy, outcome: Outcome) -> bool:
    """Whether an outcome means that the receiver accepted the callback."""
    return outcome.status is not None and _matches(outcome.status, policy.success)


def retried(policy: DeliveryPolicy, outcome: Outcome) -> bool:
    """Whether a failed attempt with this outcome is retried."""
    if outcome.error == "network":
        return policy.retry_network
    if outcome.error == "timeout":
        return policy.retry_timeout
    return outcome.status is not None and _matches(outcome.status, policy.retry_statuses)


def describe(outcome: Outcome) -> str:
    """An outcome as text."""
    return outcome.detail if outcome.error else f"answered {outcome.status}"


def _matches(status: int, patterns: tuple[str, ...]) -> bool:
    """Whether a status matches one of the patterns (`5xx`, `404`, `!2xx` for anything else)."""
    for pattern in patterns:
        negated = pattern.startswith("!")
        prefix = pattern.lstrip("!").lower().rstrip("x")
        if str(status).startswith(prefix) != negated:
            return True
    return False

"""What the policy of a delivery makes of an outcome: taken, tried again, or given up."""

from mockreel.contract.rows import DeliveryPolicy
from mockreel.webhooks.transport import Outcome


def taken(policy: DeliveryPolicy, outcome: Outcome) -> bool:
    """Whether an outcome means that the callback was taken."""
    return outcome.status is not None and _matches(outcome.status, policy.success)


def retried(policy: DeliveryPolicy, outcome: Outcome) -> bool:
    """Whether a failed attempt with this outcome is tried again."""
    if outcome.error == "network":
        return policy.retry_network
    if outcome.error == "timeout":
        return policy.retry_timeout
    return outcome.status is not None and _matches(outcome.status, policy.retry_statuses)


def describe(outcome: Outcome) -> str:
    """An outcome in words."""
    return outcome.detail if outcome.error else f"answered {outcome.status}"


def _matches(status: int, patterns: tuple[str, ...]) -> bool:
    """Whether a status fits one of the patterns (`5xx`, `404`, `!2xx` for anything but)."""
    for pattern in patterns:
        negated = pattern.startswith("!")
        word = pattern.lstrip("!").lower().rstrip("x")
        if str(status).startswith(word) != negated:
            return True
    return False

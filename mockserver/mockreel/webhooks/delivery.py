"""A webhook to be delivered, and a record of every attempt."""

from dataclasses import dataclass, field

from mockreel.contract.data.webhook_rows import DeliveryPolicy
from mockreel.engine.accounts.account import Account
from mockreel.engine.faults import Fault
from mockreel.webhooks.transport import Outcome


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: its start and end (seconds since the epoch, by the simulator's clock), and its outcome.

    `fault` is the injected fault; `headers` are the sent ones if they differ from the delivery's.
    """

    number: int
    at: float
    ended: float
    outcome: Outcome
    succeeded: bool
    fault: str | None = None
    headers: tuple[tuple[str, str], ...] | None = None


@dataclass(slots=True, eq=False)
class Delivery:
    """One callback to deliver. Its body and headers are frozen: every attempt sends the same bytes.

    `subject` is the id of its job or batch, `kind` names the policy, `status` is `pending`, `delivered` or `failed`,
    `reason` says why it failed.
    """

    id: str
    subject: str
    kind: str
    account: Account
    url: str
    event: str
    body: bytes
    headers: tuple[tuple[str, str], ...]
    policy: DeliveryPolicy
    created: float
    automatic: bool = True
    secret_id: str | None = None
    owner: str | None = None  # the id of its webhook subscription
    status: str = "pending"
    reason: str = ""
    next_at: float | None = None
    completed: float | None = None
    attempts: list[Attempt] = field(default_factory=list)
    fault: Fault | None = None

    @property
    def updated(self) -> float:
        """The time of its last change."""
        return self.attempts[-1].ended if self.attempts else self.created


def lateness(delivery: Delivery, number: int) -> float | None:
    """Seconds between the due time of an attempt and its start, by the simulator's clock.

    None if the policy does not determine the due time: it has a fault, is a redelivery, or is unknown.
    """
    attempts = delivery.attempts
    if (
        delivery.fault is not None
        or not delivery.automatic
        or not 0 < number <= min(len(attempts), delivery.policy.attempts)
    ):
        return None
    due = delivery.created if number == 1 else attempts[number - 2].ended + delivery.policy.delays[number - 2]
    return max(0.0, attempts[number - 1].at - due)

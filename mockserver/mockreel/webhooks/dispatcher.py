"""Deliveries: one callback each, tried as its policy says, with every attempt kept."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mockreel.contract.rows import DeliveryPolicy
from mockreel.engine.accounts.account import Account
from mockreel.engine.clock import Clock
from mockreel.engine.faults import Fault
from mockreel.engine.scheduler import Scheduler
from mockreel.errors import Conflict
from mockreel.webhooks import fault_effects as damage
from mockreel.webhooks.fault_effects import Signing
from mockreel.webhooks.retry_policy import describe, retried, taken
from mockreel.webhooks.transport import Outcome, Outgoing, Sender

# Beyond so many subjects whose callbacks are damaged the oldest is forgotten.
MOST_DAMAGED = 100_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: when it began and ended (seconds since the epoch, by the simulator's clock), and what came of it.

    `fault` is what was done to it on purpose; `headers` are what was sent where that differs from the delivery's.
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
    """One callback to be delivered. Its body and headers are frozen: every attempt sends the same bytes.

    `subject` is the id of what it tells of (a job, a batch), `kind` names the policy, `status` is `pending`,
    `delivered` or `failed`, `reason` says why it failed.
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
    owner: str | None = None  # what it belongs to beside its subject: a webhook's id
    status: str = "pending"
    reason: str = ""
    next_at: float | None = None
    completed: float | None = None
    attempts: list[Attempt] = field(default_factory=list)
    fault: Fault | None = None

    @property
    def updated(self) -> float:
        """When something last happened to it."""
        return self.attempts[-1].ended if self.attempts else self.created


# How a delivery is signed; None where nothing is. Asked only for what is damaged on purpose.
SigningOf = Callable[[Delivery], Signing | None]
# Tries a delivery once, beginning at a moment.
Attempting = Callable[[Delivery, float], Awaitable[None]]
# Told of every attempt as it ends: the terminal, the journal, whoever watches.
Observer = Callable[[Delivery, Attempt], None]


@dataclass(frozen=True, slots=True, eq=False)
class AttemptDue:
    """What the scheduler does when a delivery is to be tried."""

    deliveries: "Deliveries"
    delivery: Delivery

    def __call__(self) -> Awaitable[None]:
        return self.deliveries.attempt(self.delivery, self.deliveries.now())


class Deliveries:
    """The deliveries of one provider; beyond `limit` the oldest finished one is forgotten.

    A delivery fails at once where `limit` others wait already, or where its body is larger than `max_body` bytes.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        scheduler: Scheduler,
        sender: Sender,
        limit: int = 10_000,
        max_body: int = 8 * 1024 * 1024,
    ) -> None:
        self._clock = clock
        self._scheduler = scheduler
        self._sender = sender
        self._limit = limit
        self._max_body = max_body
        self._waiting = 0
        self._all: dict[str, Delivery] = {}
        self._subjects: dict[str, list[Delivery]] = {}
        self._damage: dict[str, Fault] = {}
        self._held: list[Delivery] = []
        self.observer: Observer | None = None
        self.signing: SigningOf = _unsigned

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    def send_through(self, wrap: Callable[[Sender], Sender]) -> None:
        """Send from now on through another sender, made of the present one."""
        self._sender = wrap(self._sender)

    def attempt_through(self, wrap: Callable[[Attempting], Attempting]) -> None:
        """Try from now on through something else, made of the present way."""
        self.__dict__["attempt"] = wrap(self.attempt)

    def now(self) -> float:
        """The moment by the deliveries' clock."""
        return self._clock.now()

    def get(self, id: str) -> Delivery | None:  # noqa: A002
        return self._all.get(id)

    def of(self, subject: str) -> list[Delivery]:
        """Every delivery that tells of a job or a batch, oldest first."""
        return self._subjects.get(subject, [])

    def again(self, delivery: Delivery) -> Delivery:
        """One more attempt at a delivery that is over, with the same bytes.

        Raises:
            Conflict: it is still being delivered.
        """
        if delivery.status == "pending":
            raise Conflict(f"The delivery {delivery.id} is still being tried; wait until that is over.")
        delivery.status, delivery.reason, delivery.completed = "pending", "", None
        delivery.fault = None
        self._waiting += 1
        self._try_at(delivery, self._clock.now())
        return delivery

    def clear(self) -> None:
        """Forget all of them; an attempt that is under way ends unseen."""
        self._all, self._subjects, self._waiting = {}, {}, 0
        self._damage, self._held = {}, []

    def damaged(self) -> tuple[dict[str, Fault], list[Delivery]]:
        """By subject what will befall it, and what is held back."""
        return dict(self._damage), list(self._held)

    def put_back(self, some: Iterable[Delivery], *, damage: Mapping[str, Fault], held: Iterable[Delivery]) -> None:
        """Take these deliveries; whoever does so puts their next attempts on the scheduler."""
        self.clear()
        for delivery in some:
            self._all[delivery.id] = delivery
            self._subjects.setdefault(delivery.subject, []).append(delivery)
            self._waiting += delivery.status == "pending"
        self._damage, self._held = dict(damage), list(held)

    def damage(self, subject: str, fault: Fault) -> None:
        """Let a fault befall what will tell of a subject, but not what is delivered again by hand."""
        self._damage[subject] = fault
        if len(self._damage) > MOST_DAMAGED:
            del self._damage[next(iter(self._damage))]

    def schedule(self, delivery: Delivery, *, at: float | None = None) -> None:
        """Begin to deliver, at once or at a moment."""
        self._all[delivery.id] = delivery
        self._subjects.setdefault(delivery.subject, []).append(delivery)
        self._forget()
        reason = self._refusal(delivery)
        if reason:
            delivery.status, delivery.reason, delivery.completed = "failed", reason, self._clock.now()
            return
        self._waiting += 1
        moment = self._clock.now() if at is None else at
        fault = delivery.fault = self._damage.get(delivery.subject) if delivery.automatic else None
        if fault is not None:
            moment = damage.first_at(fault, moment)
            if fault.name == damage.HELD:
                self._held.append(delivery)
        self._try_at(delivery, moment)

    def _refusal(self, delivery: Delivery) -> str:
        """Why this delivery is not even tried; empty if it is."""
        if self._waiting >= self._limit:
            return f"{self._limit} deliveries wait already"
        if len(delivery.body) > self._max_body:
            return f"the body has {len(delivery.body)} bytes, more than {self._max_body}"
        return ""

    def _try_at(self, delivery: Delivery, moment: float) -> None:
        delivery.next_at = moment
        self._scheduler.at(moment, AttemptDue(self, delivery))

    async def attempt(self, delivery: Delivery, began: float) -> None:
        """Try once, now; what comes of it is of no interest where the delivery was forgotten meanwhile."""
        if delivery.next_at is None or delivery.next_at > began:  # it was let go before its moment
            return
        delivery.next_at = None
        number = len(delivery.attempts) + 1
        message = Outgoing(delivery.url, delivery.headers, delivery.body, delivery.policy.timeout)
        fault = delivery.fault if delivery.fault and damage.befalls(delivery.fault, number) else None
        lost = None
        if fault is not None:
            message, lost = damage.damaged(fault, message, self.signing(delivery)), damage.lost(fault)
        try:
            outcome = lost or await self._sender.send(message)
        except asyncio.CancelledError:
            delivery.next_at = began  # its event loop has ended: the scheduler makes it again on the next
            raise
        if self._all.get(delivery.id) is not delivery:
            return
        succeeded = taken(delivery.policy, outcome)
        told = None if fault is None else str(fault)
        headers = None if message.headers is delivery.headers else message.headers
        attempt = Attempt(number, began, self._clock.now(), outcome, succeeded, told, headers)
        delivery.attempts.append(attempt)
        self._conclude(delivery, attempt)
        self._let_go(delivery, attempt.ended)
        if self.observer is not None:
            self.observer(delivery, attempt)

    def _let_go(self, sent: Delivery, now: float) -> None:
        """Send what was held back until something later had been sent."""
        if not self._held:
            return
        self._held = [one for one in self._held if one is not sent and one.status == "pending"]
        free = [one for one in self._held if _is_overtaken(one, sent)]
        self._held = [one for one in self._held if one not in free]
        for delivery in free:
            self._try_at(delivery, now)

    def _conclude(self, delivery: Delivery, attempt: Attempt) -> None:
        """Done, given up, or tried again after the policy's delay from the end of this attempt."""
        policy, before = delivery.policy, sum(one.succeeded for one in delivery.attempts[:-1])
        once_more = damage.more_to_come(delivery.fault, before + 1) if delivery.fault and attempt.succeeded else None
        if once_more is not None:
            self._try_at(delivery, attempt.ended + once_more)
            return
        again = not before and attempt.number < policy.attempts and retried(policy, attempt.outcome)
        if again and not attempt.succeeded:
            self._try_at(delivery, attempt.ended + policy.delays[attempt.number - 1])
            return
        self._waiting -= 1
        if attempt.succeeded or before:
            delivery.status, delivery.completed = "delivered", attempt.ended
        else:
            delivery.status, delivery.completed = "failed", attempt.ended
            delivery.reason = describe(attempt.outcome)

    def _forget(self) -> None:
        while len(self._all) > self._limit:
            oldest = next((d for d in self._all.values() if d.status != "pending"), None)
            if oldest is None:
                return
            del self._all[oldest.id]
            self._subjects[oldest.subject].remove(oldest)
            if not self._subjects[oldest.subject]:
                del self._subjects[oldest.subject]


def lateness(delivery: Delivery, number: int) -> float | None:
    """Seconds between the moment at which an attempt was due and its start, by the simulator's clock.

    None where the policy alone does not say when it was due: a fault moved it, it is a redelivery, it is not known.
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


def _unsigned(_: Delivery) -> None:
    return None


def _is_overtaken(held: Delivery, sent: Delivery) -> bool:
    """Whether something later of the same account has been sent before it."""
    return held.account is sent.account and held.subject != sent.subject and held.created <= sent.created

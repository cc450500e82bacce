"""Deliveries: one callback each, tried by its retry policy, with a record of every attempt."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from mockreel.contract.data.webhook_rows import DeliveryPolicy
from mockreel.engine.accounts.account import Account
from mockreel.engine.clock import Clock
from mockreel.engine.faults import Fault
from mockreel.engine.scheduler import Scheduler
from mockreel.errors import Conflict
from mockreel.webhooks import fault_effects as damage
from mockreel.webhooks.fault_effects import Signing
from mockreel.webhooks.retry_policy import accepted, describe, retried
from mockreel.webhooks.transport import Outcome, Outgoing, Sender

# The most subjects with faulty callbacks; the oldest is dropped.
MOST_DAMAGED = 100_000


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


# How a delivery is signed; None if it is not. Used only for faults.
SigningOf = Callable[[Delivery], Signing | None]
# Tries a delivery once, starting at a moment.
Attempting = Callable[[Delivery, float], Awaitable[None]]
# Called at the end of every attempt, such as by the terminal and the journal.
Observer = Callable[[Delivery, Attempt], None]


@dataclass(frozen=True, slots=True, eq=False)
class AttemptDue:
    """The scheduled action that tries a delivery."""

    deliveries: "Deliveries"
    delivery: Delivery

    def __call__(self) -> Awaitable[None] | None:
        return self.deliveries.begin(self.delivery)


class Deliveries:
    """The deliveries of one provider.

    A delivery fails at once if it has no room among those that wait, or if its body is too large.

    Args:
        limit: beyond so many deliveries the oldest finished one is dropped.
        most_waiting: so many deliveries wait at most, however long a receiver hangs.
        most_bytes: so many bytes their bodies have at most.
        max_body: the bytes of the largest body.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        scheduler: Scheduler,
        sender: Sender,
        limit: int = 10_000,
        most_waiting: int = 100_000,
        most_bytes: int = 512 * 1024 * 1024,
        max_body: int = 8 * 1024 * 1024,
    ) -> None:
        self._clock = clock
        self._scheduler = scheduler
        self._sender = sender
        self._limit = limit
        self._most_waiting = most_waiting
        self._most_bytes = most_bytes
        self._max_body = max_body
        self._waiting = self._waiting_bytes = 0
        self._all: dict[str, Delivery] = {}
        self._places = count()
        self._place: dict[str, int] = {}
        self._finished: list[tuple[int, str]] = []  # a heap: the oldest first; some may wait again
        self._subjects: dict[str, list[Delivery]] = {}
        self._damage: dict[str, Fault] = {}
        self._held_back: list[Delivery] = []
        self._begun: set[str] = set()  # attempts whose coroutines have not been started yet
        self.observer: Observer | None = None
        self.signing: SigningOf = _unsigned

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    def send_through(self, wrap: Callable[[Sender], Sender]) -> None:
        """Wrap the sender."""
        self._sender = wrap(self._sender)

    def attempt_through(self, wrap: Callable[[Attempting], Attempting]) -> None:
        """Wrap the function that tries a delivery."""
        self.__dict__["attempt"] = wrap(self.attempt)

    def now(self) -> float:
        """The current time by the deliveries' clock."""
        return self._clock.now()

    def get(self, id: str) -> Delivery | None:  # noqa: A002
        return self._all.get(id)

    def of(self, subject: str) -> list[Delivery]:
        """Every delivery about a job or a batch, oldest first."""
        return self._subjects.get(subject, [])

    def again(self, delivery: Delivery) -> Delivery:
        """Try a finished delivery once more, with the same bytes.

        Raises:
            Conflict: it is still being delivered.
        """
        if delivery.status == "pending":
            raise Conflict(f"The delivery {delivery.id} is still being tried; wait until it has finished.")
        delivery.status, delivery.reason, delivery.completed = "pending", "", None
        delivery.fault = None
        self._count(delivery, 1)
        self._try_at(delivery, self._clock.now())
        return delivery

    def clear(self) -> None:
        """Remove all deliveries; running attempts are not recorded."""
        self._all, self._subjects, self._place, self._finished = {}, {}, {}, []
        self._waiting = self._waiting_bytes = 0
        self._damage, self._held_back = {}, []
        self._begun.clear()

    def damaged(self) -> tuple[dict[str, Fault], list[Delivery]]:
        """The faults by subject, and the deliveries that are held back."""
        return dict(self._damage), list(self._held_back)

    def restore(self, deliveries: Iterable[Delivery], *, damage: Mapping[str, Fault], held: Iterable[Delivery]) -> None:
        """Restore these deliveries; the caller schedules their next attempts."""
        self.clear()
        for delivery in deliveries:
            self._add(delivery)
            if delivery.status == "pending":
                self._count(delivery, 1)
            else:
                self._has_finished(delivery)
        self._damage, self._held_back = dict(damage), list(held)

    def damage(self, subject: str, fault: Fault) -> None:
        """Apply a fault to the next deliveries about a subject, but not to manual redeliveries."""
        self._damage[subject] = fault
        if len(self._damage) > MOST_DAMAGED:
            del self._damage[next(iter(self._damage))]

    def schedule(self, delivery: Delivery, *, at: float | None = None) -> None:
        """Start to deliver, at once or at a moment."""
        self._add(delivery)
        self._forget()
        reason = self._rejection(delivery)
        if reason:
            delivery.status, delivery.reason, delivery.completed = "failed", reason, self._clock.now()
            self._has_finished(delivery)
            return
        self._count(delivery, 1)
        moment = self._clock.now() if at is None else at
        fault = delivery.fault = self._damage.get(delivery.subject) if delivery.automatic else None
        if fault is not None:
            moment = damage.first_at(fault, moment)
            if fault.name == damage.HELD:
                self._held_back.append(delivery)
        self._try_at(delivery, moment)

    def _add(self, delivery: Delivery) -> None:
        self._all[delivery.id] = delivery
        self._place[delivery.id] = next(self._places)
        self._subjects.setdefault(delivery.subject, []).append(delivery)

    def _has_finished(self, delivery: Delivery) -> None:
        if self._all.get(delivery.id) is delivery:
            heapq.heappush(self._finished, (self._place[delivery.id], delivery.id))

    def _rejection(self, delivery: Delivery) -> str:
        """Why a delivery is not tried at all; empty if it is."""
        if self._waiting >= self._most_waiting:
            return f"{self._most_waiting} deliveries are waiting already"
        if len(delivery.body) > self._max_body:
            return f"the body has {len(delivery.body)} bytes, more than {self._max_body}"
        if self._waiting_bytes + len(delivery.body) > self._most_bytes:
            return f"the deliveries that are waiting already have {self._waiting_bytes} bytes, of {self._most_bytes}"
        return ""

    def _count(self, delivery: Delivery, change: int) -> None:
        """One more delivery waits (1), or one less (-1)."""
        self._waiting += change
        self._waiting_bytes += change * len(delivery.body)

    def _try_at(self, delivery: Delivery, moment: float) -> None:
        delivery.next_at = moment
        self._scheduler.at(moment, AttemptDue(self, delivery))

    def begin(self, delivery: Delivery) -> Awaitable[None] | None:
        """Begin the attempt that is due; None if the delivery was released early, so that none is."""
        began = self.now()
        if delivery.next_at is None or delivery.next_at > began:
            return None
        self._begun.add(delivery.id)
        return self.attempt(delivery, began)

    def is_under_way(self, delivery: Delivery) -> bool:
        """Whether an attempt has begun and not ended, even if its coroutine has not been started yet."""
        return delivery.status == "pending" and (delivery.next_at is None or delivery.id in self._begun)

    async def attempt(self, delivery: Delivery, began: float) -> None:
        """Try once, now; the outcome is ignored if the delivery was removed meanwhile."""
        self._begun.discard(delivery.id)
        if delivery.next_at is None or delivery.next_at > began:  # it was released early
            return
        delivery.next_at = None
        number = len(delivery.attempts) + 1
        message = Outgoing(delivery.url, delivery.headers, delivery.body, delivery.policy.timeout)
        fault = delivery.fault if delivery.fault and damage.applies(delivery.fault, number) else None
        lost = None
        if fault is not None:
            message, lost = damage.damaged(fault, message, self.signing(delivery)), damage.lost_outcome(fault)
        try:
            outcome = lost or await self._sender.send(message)
        except asyncio.CancelledError:
            delivery.next_at = began  # its event loop has ended: the scheduler repeats it on the next one
            raise
        if self._all.get(delivery.id) is not delivery:
            return
        succeeded = accepted(delivery.policy, outcome)
        fault_text = None if fault is None else str(fault)
        headers = None if message.headers is delivery.headers else message.headers
        attempt = Attempt(number, began, self._clock.now(), outcome, succeeded, fault_text, headers)
        delivery.attempts.append(attempt)
        self._conclude(delivery, attempt)
        self._release(delivery, attempt.ended)
        if self.observer is not None:
            self.observer(delivery, attempt)

    def _release(self, sent: Delivery, now: float) -> None:
        """Send the deliveries that were held back until a later one was sent."""
        if not self._held_back:
            return
        self._held_back = [one for one in self._held_back if one is not sent and one.status == "pending"]
        free = [one for one in self._held_back if _is_overtaken(one, sent)]
        self._held_back = [one for one in self._held_back if one not in free]
        for delivery in free:
            self._try_at(delivery, now)

    def _conclude(self, delivery: Delivery, attempt: Attempt) -> None:
        """Finish a delivery, or schedule a retry after the policy's delay from the end of this attempt."""
        policy, before = delivery.policy, sum(one.succeeded for one in delivery.attempts[:-1])
        once_more = damage.repeated_after(delivery.fault, before + 1) if delivery.fault and attempt.succeeded else None
        if once_more is not None:
            self._try_at(delivery, attempt.ended + once_more)
            return
        again = not before and attempt.number < policy.attempts and retried(policy, attempt.outcome)
        if again and not attempt.succeeded:
            self._try_at(delivery, attempt.ended + policy.delays[attempt.number - 1])
            return
        self._count(delivery, -1)
        self._has_finished(delivery)
        if attempt.succeeded or before:
            delivery.status, delivery.completed = "delivered", attempt.ended
        else:
            delivery.status, delivery.completed = "failed", attempt.ended
            delivery.reason = describe(attempt.outcome)

    def _forget(self) -> None:
        while len(self._all) > self._limit and self._finished:
            oldest = self._all.get(heapq.heappop(self._finished)[1])
            if oldest is None or oldest.status == "pending":  # it was sent again since
                continue
            del self._all[oldest.id], self._place[oldest.id]
            self._subjects[oldest.subject].remove(oldest)
            if not self._subjects[oldest.subject]:
                del self._subjects[oldest.subject]


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


def _unsigned(_: Delivery) -> None:
    return None


def _is_overtaken(held: Delivery, sent: Delivery) -> bool:
    """Whether a later delivery of the same account was sent earlier."""
    return held.account is sent.account and held.subject != sent.subject and held.created <= sent.created

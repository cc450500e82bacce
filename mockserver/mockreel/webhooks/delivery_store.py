"""The deliveries of one provider that are listed: those that wait, and the newest that have finished."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import count

from mockreel.webhooks.delivery import Delivery


class DeliveryStore:
    """Deliveries by id and by subject.

    Args:
        limit: beyond so many the oldest finished one is dropped; one that waits is not.
        most_waiting: so many wait at most, however long a receiver hangs.
        most_bytes: so many bytes their bodies have at most.
        max_body: the bytes of the largest body.
    """

    def __init__(self, *, limit: int, most_waiting: int, most_bytes: int, max_body: int) -> None:
        self._limit = limit
        self._most_waiting = most_waiting
        self._most_bytes = most_bytes
        self._max_body = max_body
        self.clear()

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    def get(self, id: str) -> Delivery | None:  # noqa: A002
        return self._all.get(id)

    def of(self, subject: str) -> list[Delivery]:
        """Every delivery about a job or a batch, oldest first."""
        return self._subjects.get(subject, [])

    def clear(self) -> None:
        """Remove all."""
        self._all: dict[str, Delivery] = {}
        self._subjects: dict[str, list[Delivery]] = {}
        self._places = count()
        self._place: dict[str, int] = {}
        self._finished: list[tuple[int, str]] = []  # a heap: the oldest first; some may wait again
        self._waiting = self._waiting_bytes = 0

    def restore(self, deliveries: Iterable[Delivery]) -> None:
        """Have these alone, in their order."""
        self.clear()
        for delivery in deliveries:
            self._add(delivery)
            self.wait(delivery) if delivery.status == "pending" else self._push(delivery)

    def add(self, delivery: Delivery) -> str:
        """Add a delivery; returns why there is no room for it to wait, empty if it waits now."""
        self._add(delivery)
        self._forget()
        reason = self._rejection(delivery)
        self._push(delivery) if reason else self.wait(delivery)
        return reason

    def wait(self, delivery: Delivery) -> None:
        """A delivery waits, perhaps again."""
        self._waiting += 1
        self._waiting_bytes += len(delivery.body)

    def finish(self, delivery: Delivery) -> None:
        """A delivery that waited has been delivered, or has failed."""
        self._waiting -= 1
        self._waiting_bytes -= len(delivery.body)
        if self._all.get(delivery.id) is delivery:
            self._push(delivery)

    def _add(self, delivery: Delivery) -> None:
        self._all[delivery.id] = delivery
        self._place[delivery.id] = next(self._places)
        self._subjects.setdefault(delivery.subject, []).append(delivery)

    def _push(self, finished: Delivery) -> None:
        heapq.heappush(self._finished, (self._place[finished.id], finished.id))

    def _rejection(self, delivery: Delivery) -> str:
        """Why a delivery is not tried at all; empty if it is."""
        if self._waiting >= self._most_waiting:
            return f"{self._most_waiting} deliveries are waiting already"
        if len(delivery.body) > self._max_body:
            return f"the body has {len(delivery.body)} bytes, more than {self._max_body}"
        if self._waiting_bytes + len(delivery.body) > self._most_bytes:
            return f"the deliveries that are waiting already have {self._waiting_bytes} bytes, of {self._most_bytes}"
        return ""

    def _forget(self) -> None:
        while len(self._all) > self._limit and self._finished:
            oldest = self._all.get(heapq.heappop(self._finished)[1])
            if oldest is None or oldest.status == "pending":  # it was sent again since
                continue
            del self._all[oldest.id], self._place[oldest.id]
            self._subjects[oldest.subject].remove(oldest)
            if not self._subjects[oldest.subject]:
                del self._subjects[oldest.subject]

"""The spending limit: the cost of a submit is reserved before it is sent, and released if it is rejected."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from mockreel.contract import Contract, Model, Operation, pricing
from mockreel.contract.pricing import Cost
from mockreel.engine.artifacts import artifact


class LimitExceeded(Exception):
    """A submit that the limit does not allow; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """The reservation for one submit: its known price, and the sum that the limit counts."""

    cost: Cost
    counted: Decimal
    currency: str


@dataclass(slots=True)
class SpendingLimit:
    """The money spent, per currency, without conversion.

    Args:
        limit: the maximum per currency; no limit if None.
        assumed: the price of a job whose price is not exactly known, unless its known part is higher.
    """

    limit: Decimal | None = None
    assumed: Decimal | None = None
    counted: dict[str, Decimal] = field(default_factory=dict)
    sums: dict[str, Decimal] = field(default_factory=dict)
    least: bool = False
    unknown: int = 0
    uncertain: int = 0
    refused: int = 0

    def reserve(self, cost: Cost, *, currency: str, name: str, single: bool = True) -> Reservation:
        """Count a submit before it is sent.

        Args:
            single: it starts one job at most.

        Raises:
            LimitExceeded: the limit does not allow it.
        """
        try:
            counted = self._amount(cost, name, single=single)
            self._afford(counted, currency, name)
        except LimitExceeded:
            self.refused += 1
            raise
        self.counted[currency] = self.counted.get(currency, Decimal(0)) + counted
        self.sums = pricing.total(self.sums, cost)
        self.unknown += cost.amount is None
        self.least = self.least or cost.certainty == "at least"
        return Reservation(cost, counted, currency)

    def _amount(self, cost: Cost, name: str, *, single: bool) -> Decimal:
        least = cost.amount or Decimal(0)
        if self.limit is not None and not single:
            raise LimitExceeded(f"{name} may start several jobs, which no limit can count. Start them one by one.")
        if self.limit is None or (cost.amount is not None and cost.certainty == "exact"):
            return least
        if self.assumed is None:
            what = "is unknown" if cost.amount is None else f"is at least {plain(cost.amount)} {cost.currency}"
            raise LimitExceeded(
                f"The price of {name} {what}, so no limit can count it. Set an assumed price: --assume-price AMOUNT."
            )
        return max(least, self.assumed)

    def _afford(self, counted: Decimal, currency: str, name: str) -> None:
        spent = self.counted.get(currency, Decimal(0))
        if self.limit is not None and spent + counted > self.limit:
            raise LimitExceeded(
                f"{name} counts {plain(counted)} {currency}, and {plain(spent)} of {plain(self.limit)} {currency} "
                "are used up. Raise the limit with --max-spend."
            )

    def release(self, reservation: Reservation) -> None:
        """Release the reservation of a submit that was rejected or never arrived."""
        self.counted[reservation.currency] -= reservation.counted
        if reservation.cost.amount is None:
            self.unknown -= 1
        else:
            self.sums[reservation.cost.currency] -= reservation.cost.amount

    def lines(self) -> Iterator[str]:
        """The sums as text."""
        sums = " + ".join(f"{plain(amount)} {name}" for name, amount in self.sums.items() if amount)
        if sums or not self.unknown:
            yield f"Spent: {'at least ' if self.least and sums else ''}{sums or 'nothing'}."
        else:
            yield "What was spent is unknown."
        if self.unknown:
            yield f"Not included: {count(self.unknown, 'job')} of unknown price."
        if self.uncertain:
            yield f"{count(self.uncertain, 'submit')} had no clear outcome; their cost is counted."
        if self.limit is not None:
            used = " + ".join(f"{plain(amount)} {name}" for name, amount in self.counted.items()) or "nothing"
            yield f"The limit of {plain(self.limit)} counts {used}; it blocked {count(self.refused, 'request')}."

    def row(self) -> dict[str, Any]:
        """The sums as a JSON object."""
        return {
            "spent": {name: plain(amount) for name, amount in self.sums.items()},
            "least": self.least,
            "unknown": self.unknown,
            "uncertain": self.uncertain,
            "counted": {name: plain(amount) for name, amount in self.counted.items()},
            "limit": None if self.limit is None else plain(self.limit),
            "refused": self.refused,
        }


@dataclass(frozen=True, slots=True)
class Prices:
    """What requests to one provider may cost."""

    contract: Contract

    @property
    def currency(self) -> str:
        found: str = self.contract.pricing.get("currency", "")
        return found

    def may_bill(self, operation: Operation | None, method: str) -> bool:
        """Whether a request may cost something: it starts a job, it can lack credit, or it is unknown."""
        if operation is None:
            return method not in ("GET", "HEAD", "OPTIONS", "TRACE")
        if operation.method == "GET" or operation.id in self.contract.conversation.reads:
            return False
        return operation.submits or "insufficient-credit" in operation.raw["x-mockreel"].get("refusals", ())

    def cost(self, operation: Operation | None, model: Model | None, body: Any) -> Cost:
        """What one request costs if it is accepted; unknown unless it starts a single job of a known model."""
        if operation is None or model is None or not operation.submits:
            return Cost(None, self.currency, "unknown")
        for step in operation.input_path:
            body = body.get(step) if isinstance(body, dict) else None
        found = artifact.price_of(self, model, body if isinstance(body, dict) else {})
        sound = found.amount is not None and found.amount.is_finite() and found.amount >= 0  # a length may be `nan`
        return Cost(found.amount, self.currency, found.certainty) if sound else Cost(None, self.currency, "unknown")


def plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

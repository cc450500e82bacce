"""What the jobs of a stage would have cost: a sum for each currency, and how many have no known price."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import orjson

from understudy.artifacts import fields_of, price_of
from understudy.jobs import Job
from understudy.part import Part
from understudy.pricing import Cost, total

# A job that ended so is paid for by nobody, or not everywhere.
_UNPAID = ("failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Unspent:
    """Sums that were not spent; `least` where a price is a lower bound, `unknown` jobs without a known price."""

    sums: Mapping[str, Decimal] = field(default_factory=dict)
    least: bool = False
    unknown: int = 0

    def __str__(self) -> str:
        sums = ", ".join(f"{amount.normalize():f} {currency}" for currency, amount in sorted(self.sums.items()))
        known = f"{'at least ' if self.least else ''}{sums}" if sums else ""
        unknown = f"{self.unknown} job{'s' if self.unknown != 1 else ''} of unknown price" if self.unknown else ""
        return " and ".join(part for part in (known, unknown) if part)

    def written(self) -> str:
        """The sums as a text that `read` takes."""
        sums = {currency: str(amount) for currency, amount in self.sums.items()}
        return orjson.dumps({"sums": sums, "least": self.least, "unknown": self.unknown}).decode()


def read(text: str) -> Unspent:
    """What `written` gave."""
    row = orjson.loads(text)
    return Unspent({name: Decimal(amount) for name, amount in row["sums"].items()}, row["least"], row["unknown"])


def together(some: Iterable[Unspent]) -> Unspent:
    """All of them in one."""
    sums: Counter[str] = Counter()
    least, unknown = False, 0
    for one in some:
        for currency, amount in one.sums.items():
            sums[currency] += amount  # type: ignore[assignment]  # a counter of decimals is one in all but its name
        least, unknown = least or one.least, unknown + one.unknown
    return Unspent(dict(sums), least, unknown)  # type: ignore[arg-type]


def unspent(parts: Iterable[Part]) -> Unspent:
    """What the jobs on these parts would have cost, but for those that failed or were cancelled."""
    sums: dict[str, Decimal] = {}
    least, unknown = False, 0
    for cost in (_cost(part, job) for part in parts for job in part.jobs if _is_paid(part, job)):
        sums = total(sums, cost)
        least = least or cost.certainty == "at least"
        unknown += cost.amount is None
    return Unspent(sums, least, unknown)


def _is_paid(part: Part, job: Job) -> bool:
    return job.state(part.clock.now()).kind not in _UNPAID


def _cost(part: Part, job: Job) -> Cost:
    return price_of(part, job.model, fields_of(part, job)) if job.model else Cost(None, "", "unknown")

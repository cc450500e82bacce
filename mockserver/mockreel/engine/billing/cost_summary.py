"""The estimated cost avoided: one sum per currency, unknown prices counted as unknown."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from mockreel.engine.billing.balance import NOTHING, Tally

if TYPE_CHECKING:
    from mockreel.simulator.provider import Provider


class HasProviders(Protocol):
    @property
    def providers(self) -> "Mapping[str, Provider]": ...


@dataclass(frozen=True, slots=True)
class CostSummary:
    """What jobs would have cost.

    Args:
        sums: by currency, over the jobs that are paid for and those under way; never converted.
        least: whether one of the prices in them is a lower bound.
        unknown: how many of these jobs have no known price; nothing of them is in the sums.
        free: how many jobs ended without a charge.
        open: how many of the jobs in the sums are under way.
        assumed: by currency, what accounts are charged for jobs of unknown price; in no sum, as it is no price.
    """

    sums: Mapping[str, Decimal] = field(default_factory=dict)
    least: bool = False
    unknown: int = 0
    free: int = 0
    open: int = 0
    assumed: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def has_jobs(self) -> bool:
        """Whether any job began."""
        return bool(self.sums or self.unknown or self.free)

    @property
    def amounts(self) -> str:
        """The sums as people read them: `at least 1.78 USD + 1.89 CNY`."""
        sums = _joined(self.sums)
        return f"{'at least ' if self.least else ''}{sums}" if sums else "unknown" if self.unknown else "nothing"

    def lines(self) -> Iterator[str]:
        """The sums in sentences, with what is in them and what is not."""
        yield f"Estimated cost avoided: {self.amounts}."
        if self.unknown:
            charged = f"; an assumed {_joined(self.assumed)} is charged to accounts" if self.assumed else ""
            yield f"Not included: {_jobs(self.unknown)} of unknown price{charged}."
        if self.free:
            yield f"Not included: {_jobs(self.free)} that ended without a charge."
        if self.open:
            yield f"{_jobs(self.open)} {'is' if self.open == 1 else 'are'} still running."

    def row(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "sums": _plain_texts(self.sums),
            "least": self.least,
            "unknown": self.unknown,
            "free": self.free,
            "open": self.open,
            "assumed": _plain_texts(self.assumed),
        }

    def to_text(self) -> str:
        """As a text that `read` takes."""
        return orjson.dumps(self.row()).decode()


def read(text: str) -> CostSummary:
    """What `written` gave."""
    row = orjson.loads(text)
    return CostSummary(**{**row, **{field: _amounts(row[field]) for field in ("sums", "assumed")}})


def together(some: Iterable[CostSummary]) -> CostSummary:
    every = list(some)
    return CostSummary(
        _added(one.sums for one in every),
        any(one.least for one in every),
        sum(one.unknown for one in every),
        sum(one.free for one in every),
        sum(one.open for one in every),
        _added(one.assumed for one in every),
    )


def _added(some: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for one in some:
        for currency, amount in one.items():
            sums[currency] = sums.get(currency, NOTHING) + amount
    return sums


def cost_avoided(simulator: HasProviders) -> CostSummary:
    """What everything that began on a simulator would have cost so far."""
    return together(provider.ledger.cost_avoided(provider.clock.now()) for provider in simulator.providers.values())


def of_tallies(
    currency: str, *, under_way: Tally, charged: Tally, free: Tally, price_assumed: Decimal | None
) -> CostSummary:
    """The sums of one provider; `price_assumed` is what it charges for a job of unknown price."""
    whole = under_way.joined(charged)
    sums = {currency: whole.amount} if whole.count > whole.unknown else {}
    assumed = {currency: price_assumed * charged.unknown} if price_assumed and charged.unknown else {}
    return CostSummary(sums, whole.least > 0, whole.unknown, free.count, under_way.count, assumed)


def plain(amount: Decimal) -> str:
    """An amount as it is written: no exponent, no zeros at its end."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _plain_texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: plain(amount) for currency, amount in amounts.items()}


def _amounts(texts: Mapping[str, str]) -> dict[str, Decimal]:
    return {currency: Decimal(text) for currency, text in texts.items()}


def _joined(amounts: Mapping[str, Decimal]) -> str:
    return " + ".join(f"{text} {currency}" for currency, text in _plain_texts(amounts).items())


def _jobs(number: int) -> str:
    return f"{number} job{'' if number == 1 else 's'}"

"""What a generation costs in credits and dollars, as the wire states it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from understudy import artifacts
from understudy.call import Call
from understudy.providers.aimlapi.tracing import Headers, Tracing


@dataclass(frozen=True, slots=True)
class Usage:
    """One sum in its forms: credits, dollars, dollars as a JSON number, and the headers that state both."""

    credits: int
    usd: Decimal
    dollars: float
    headers: Headers


class Tariff:
    """Makes usages; generations of the same price share one.

    Args:
        rows: the contract's pricing, with the exchange rate and the placeholder for unknown prices.
        places: the decimals of the dollar header.
        tracing: knows the headers' names.
    """

    def __init__(self, rows: Mapping[str, Any], *, places: int, tracing: Tracing) -> None:
        self._rate = Decimal(rows["units"]["credits"]["amount"])
        self._places = places
        self._tracing = tracing
        self._known: dict[Decimal, Usage] = {}
        self.placeholder = self.usage(Decimal(rows["placeholder"]["usd"]))

    def credits(self, usd: Decimal) -> int:
        """Dollars in credits."""
        return int(usd * self._rate)

    def usage(self, usd: Decimal) -> Usage:
        """A sum of dollars in all its forms."""
        if usd not in self._known:
            count = self.credits(usd)
            texts = (
                (self._tracing.credits, str(count).encode()),
                (self._tracing.usd, f"{usd:.{self._places}f}".encode()),
            )
            self._known[usd] = Usage(count, usd, float(usd), texts)
        return self._known[usd]

    def of_call(self, call: Call) -> Usage:
        """What the generation that a call asks for costs; the placeholder where no price is known."""
        model = call.model
        if model is None or model.price.certainty == "unknown":
            return self.placeholder
        cost = artifacts.price_of(call.part, model, call.fields)
        return self.placeholder if cost.amount is None else self.usage(cost.amount)

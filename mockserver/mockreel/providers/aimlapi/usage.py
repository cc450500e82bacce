"""A sum of money in credits and dollars, as the wire states it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from mockreel.contract.data.base_types import Count, Quantity
from mockreel.providers.aimlapi.trace_headers import Headers, Tracing


@dataclass(frozen=True, slots=True)
class Usage:
    """One sum in its forms: credits, dollars as a JSON number, and the headers that state both; None is unknown."""

    credits: Count | None
    dollars: Quantity | None
    headers: Headers


class UsageRates:
    """Makes usages; equal sums share one.

    Args:
        units: how many of each unit a dollar is.
        places: the decimals of the dollar header.
        tracing: has the headers' names.
    """

    def __init__(self, units: Mapping[str, Decimal], *, places: int, tracing: Tracing) -> None:
        self._rate = units["credits"]
        self._places = places
        self._tracing = tracing
        self._known: dict[Decimal | None, Usage] = {None: Usage(None, None, ())}

    def credits(self, usd: Decimal) -> int:
        """Dollars in credits."""
        return int(usd * self._rate)

    def usage(self, usd: Decimal | None) -> Usage:
        """A sum of dollars in all its forms."""
        found = self._known.get(usd)
        if found is None:
            assert usd is not None
            count = self.credits(usd)
            texts = (
                (self._tracing.credits, str(count).encode()),
                (self._tracing.usd, f"{usd:.{self._places}f}".encode()),
            )
            found = self._known[usd] = Usage(count, float(usd), texts)
        return found

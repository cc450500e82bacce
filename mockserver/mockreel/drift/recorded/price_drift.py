"""Drift of prices: what a recorded job cost, or would cost, compared with the contract's price."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from mockreel.cassettes.replay.request_parser import Phrases
from mockreel.client import Job, JobRequest, Outcome
from mockreel.client.flows import Core
from mockreel.contract import Contract
from mockreel.contract.exchanges.error_detection import ErrorDetector
from mockreel.contract.pointers import text
from mockreel.contract.pricing import Cost
from mockreel.drift.finding import NOTHING, Finding
from mockreel.drift.recorded.recorded_exchange import Recorded


class PriceJudge:
    """Compares the sums of one cassette with one contract's prices.

    Each job's request is remembered by its id, as the poll that states the cost does not repeat it.
    """

    def __init__(self, contract: Contract, core: Core, phrases: Phrases) -> None:
        self._core = core
        self._phrases = phrases
        self._error_detector = ErrorDetector(contract)
        self._requests: dict[str, JobRequest] = {}

    def drift(self, recorded: Recorded) -> Iterator[Finding]:
        """Where a sum differs from the contract's price."""
        if recorded.operation is None or self._error_detector.refused(recorded.response):
            return
        request = self._request(recorded)
        if request is None or request.model is None or self._core.model(request.model) is None:
            return
        found = self._quoted(recorded) or self._charge(recorded)
        if found is None or recorded.filled("request/body"):
            return
        amount, currency = found
        expected = self._core.price(request.model, request.input)
        if expected.amount is None or expected.currency != currency:
            before: Any = NOTHING if expected.amount is None else _sum(expected.amount, expected.currency)
            says = "a price where the contract has none" if expected.amount is None else "a price in another currency"
            yield recorded.finding(_aspect(request), "price", says, before, _sum(amount, currency))
        elif _differs(expected, amount):
            before = f"{expected.certainty} {_sum(expected.amount, currency)}"
            yield recorded.finding(_aspect(request), "price", "another price", before, _sum(amount, currency))

    def _request(self, recorded: Recorded) -> JobRequest | None:
        """The job request of this exchange, or of the one that started its job."""
        exchange = recorded.exchange
        if not self._phrases.submits(exchange):
            return self._requests.get(self._phrases.job(exchange) or "")
        request = self._phrases.request(exchange)
        for rows in self._core.profile.jobs.values():
            id_ = text(recorded.response.json, rows.id)
            if id_ is not None:
                self._requests[id_] = request
        return request

    def _quoted(self, recorded: Recorded) -> tuple[Decimal, str] | None:
        row = self._core.profile.quote
        if row is None or recorded.operation is None or recorded.operation.id != row.operation:
            return None
        amount, currency = (text(recorded.response.json, (place,)) for place in (row.amount, row.currency))
        try:
            return (Decimal(amount), currency or "") if amount is not None else None
        except InvalidOperation:
            return None

    def _charge(self, recorded: Recorded) -> tuple[Decimal, str] | None:
        for name, rows in self._core.profile.jobs.items():
            word = text(recorded.response.json, rows.state)
            state = self._core.outcomes.state(word)
            if word is None or state is None:
                continue
            job = Job("unknown", "", name)
            outcome: Outcome = self._core.outcomes.read(
                job, recorded.response.json, recorded.response.headers, word=word, state=state
            )
            if outcome.spent is not None:
                return outcome.spent.amount, outcome.spent.currency
        return None


def _sum(amount: Decimal, currency: str) -> str:
    """A sum without trailing zeros."""
    return f"{amount.normalize():f} {currency}"


def _aspect(request: JobRequest) -> str:
    return f"price/{request.model}"


def _differs(expected: Cost, amount: Decimal) -> bool:
    """Whether a sum contradicts a price; a higher sum does not contradict an `at least` price."""
    return amount < (expected.amount or 0) if expected.certainty == "at least" else amount != expected.amount

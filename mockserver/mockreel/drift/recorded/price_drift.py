"""Drift of prices: what a recorded job cost, or would cost, against the price that is held."""

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

    What a job was asked for is remembered by its id, as the poll that says what it cost does not repeat it.
    """

    def __init__(self, contract: Contract, core: Core, phrases: Phrases) -> None:
        self._core = core
        self._phrases = phrases
        self._error_detector = ErrorDetector(contract)
        self._asked: dict[str, JobRequest] = {}

    def drift(self, recorded: Recorded) -> Iterator[Finding]:
        """Where a sum is not the price that is held."""
        if recorded.operation is None or self._error_detector.refused(recorded.told):
            return
        request = self._request(recorded)
        if request is None or request.model is None or self._core.model(request.model) is None:
            return
        found = self._quoted(recorded) or self._spent(recorded)
        if found is None or recorded.filled("request/body"):
            return
        amount, currency = found
        held = self._core.price(request.model, request.input)
        if held.amount is None or held.currency != currency:
            before: Any = NOTHING if held.amount is None else _sum(held.amount, held.currency)
            says = "a price where none is held" if held.amount is None else "a price in another currency"
            yield recorded.finding(_aspect(request), "price", says, before, _sum(amount, currency))
        elif _differs(held, amount):
            before = f"{held.certainty} {_sum(held.amount, currency)}"
            yield recorded.finding(_aspect(request), "price", "another price", before, _sum(amount, currency))

    def _request(self, recorded: Recorded) -> JobRequest | None:
        """What was asked for, in this exchange or in the one that began its job."""
        exchange = recorded.exchange
        if not self._phrases.submits(exchange):
            return self._asked.get(self._phrases.job(exchange) or "")
        request = self._phrases.request(exchange)
        for rows in self._core.profile.jobs.values():
            id_ = text(recorded.told.json, rows.id)
            if id_ is not None:
                self._asked[id_] = request
        return request

    def _quoted(self, recorded: Recorded) -> tuple[Decimal, str] | None:
        row = self._core.profile.quote
        if row is None or recorded.operation is None or recorded.operation.id != row.operation:
            return None
        amount, currency = (text(recorded.told.json, (place,)) for place in (row.amount, row.currency))
        try:
            return (Decimal(amount), currency or "") if amount is not None else None
        except InvalidOperation:
            return None

    def _spent(self, recorded: Recorded) -> tuple[Decimal, str] | None:
        for name, rows in self._core.profile.jobs.items():
            word = text(recorded.told.json, rows.state)
            state = self._core.outcomes.state(word)
            if word is None or state is None:
                continue
            job = Job("unknown", "", name)
            outcome: Outcome = self._core.outcomes.read(
                job, recorded.told.json, recorded.told.headers, word=word, state=state
            )
            if outcome.spent is not None:
                return outcome.spent.amount, outcome.spent.currency
        return None


def _sum(amount: Decimal, currency: str) -> str:
    """A sum without zeros that say nothing."""
    return f"{amount.normalize():f} {currency}"


def _aspect(request: JobRequest) -> str:
    return f"price/{request.model}"


def _differs(held: Cost, amount: Decimal) -> bool:
    """A price that is `at least` so much is not contradicted by a higher sum."""
    return amount < (held.amount or 0) if held.certainty == "at least" else amount != held.amount

"""What may be sent to a target that might bill: nothing that costs by default, and never beyond a limit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from mockreel.contract import Contract, Model, pricing
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.request_check import RequestChecker
from mockreel.contract.pricing import Cost
from mockreel.engine.artifacts import artifact
from mockreel.simulator.in_process.mock_target import Skipped

# reads: nothing that could bill. breaking: also what must be refused, up to a limit. full: everything.
Admission = Literal["reads", "breaking", "full"]


@dataclass
class SpendingGuard:
    """Admits requests to a target that may bill; a request is counted as if it were accepted.

    Args:
        limit: the most that may be spent, in each currency by itself; never converted.
    """

    contract: Contract
    admission: Admission = "reads"
    limit: Decimal = Decimal(0)
    spent: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._request_checker = RequestChecker(self.contract)

    def admit(self, request: SentRequest) -> None:
        """Allow a request.

        Raises:
            Skipped: it might bill, which is not allowed or exceeds the limit.
        """
        if self.admission == "full" or request.who in ("nobody", "invalid") or self._reads(request):
            return
        name = request.operation.id if request.operation else f"{request.method} {request.path}"
        if self.admission == "reads":
            raise Skipped(f"{name} might bill or change something; allow it with --max-spend or --full")
        self._admit_breaking(request, name)

    def _reads(self, request: SentRequest) -> bool:
        operation = request.operation
        if operation is None:
            return request.method in ("GET", "HEAD", "OPTIONS", "TRACE")
        return operation.method == "GET" or operation.id in self.contract.conversation.reads

    def _admit_breaking(self, request: SentRequest, name: str) -> None:
        verdict = self._request_checker.judge(request) if request.operation else None
        if verdict is None or verdict.row is None:
            raise Skipped(f"{name} would be accepted; allow it with --full")
        batch, operation = self.contract.conversation.batch, request.operation
        if operation is not None and batch is not None and operation.id == batch.given["operation"]:
            cost = Cost(None, "", "unknown")  # of how many jobs a broken body would begin, nobody knows
        elif operation is not None and operation.submits:
            cost = self._cost(request, verdict.model)
        else:
            return
        if cost.amount is None or cost.certainty != "exact":
            raise Skipped(f"{name}: its price is not known exactly, so no limit could hold it; allow it with --full")
        total = pricing.total(self.spent, cost)
        if total[cost.currency] > self.limit:
            raise Skipped(f"{name}: --max-spend {self.limit} is used up ({self.shown()})")
        self.spent = total

    def _cost(self, request: SentRequest, model: Model | None) -> Cost:
        if model is None:
            return Cost(None, "", "unknown")
        body: Any = request.json
        for step in (request.operation.input if request.operation else "").split("/")[1:]:
            body = body.get(step) if isinstance(body, Mapping) else None
        fields = body if isinstance(body, Mapping) else {}
        rows = self.contract.root.get("media", {})
        if model.price.unit in (*rows.get("counts", {}), *rows.get("lengths", {})):
            return Cost(None, model.price.currency, "unknown")  # the number of units of a broken body is unknown
        own = {**model.media, **model.defaults, **fields}
        lengths = (artifact.seconds(own[name]) for name in (*rows.get("duration", ()), "duration") if name in own)
        return pricing.cost(model, fields, seconds=next(lengths, None))

    def shown(self) -> str:
        """What would have been spent, had everything been accepted."""
        return ", ".join(f"{amount.normalize():f} {currency}" for currency, amount in self.spent.items()) or "nothing"

"""What the jobs of a request cost if it is accepted: one job, each of a batch, or none."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mockreel.conformance.jobs.balance_change import charged_starts
from mockreel.conformance.jobs.batch_traces import batch_request
from mockreel.conformance.jobs.job_counters import released_starts
from mockreel.conformance.jobs.job_groups import APART, BATCH, CHARGED, starts
from mockreel.contract import Contract, Model, pointers
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.request_check import RequestChecker
from mockreel.contract.pricing import Cost
from mockreel.engine.billing.rates import Rates

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext


class PlannedCosts:
    """The costs of requests at one provider, as an account is billed for them."""

    def __init__(self, contract: Contract) -> None:
        self._contract, self._rates = contract, Rates(contract)
        self._checker = RequestChecker(contract)

    def of(self, request: SentRequest) -> Iterator[Cost]:
        """What each job of a request costs; none where it would be rejected, or begins no job."""
        operation, batch = request.operation, self._contract.conversation.batch
        if operation is None or request.who in ("nobody", "invalid"):
            return
        verdict = self._checker.judge(request)
        if verdict.row is not None:
            return
        if batch is not None and operation.id == batch.given["operation"]:
            items = pointers.value(request.json, str(batch.given["sent"]))
            yield from (self._cost(self._named(request), item) for item in (items if isinstance(items, list) else ()))
        elif operation.submits:
            yield self._cost(verdict.model, pointers.value(request.json, operation.input))

    def _named(self, request: SentRequest) -> Model | None:
        """The model that the path of a batch names."""
        operation = request.operation
        names = operation.many if operation is not None else ()
        known = self._contract.models.values()
        return next((one for one in known if names and f"/{one.id}/" in f"{request.path}/"), None)

    def _cost(self, model: Model | None, fields: Any) -> Cost:
        return self._rates.cost(model, fields if isinstance(fields, Mapping) else {})


def group_requests(context: "CheckContext", group: str) -> Iterable[SentRequest]:
    """The requests that begin the jobs of a group."""
    talks, good = context.contract.conversation, context.requests.good
    if group not in APART:
        return [context.job_traces.plain_request(start) for start in starts(context, group)]
    if group == CHARGED:
        known = talks.account is not None and "other" in context.target.keys.of
        every = [*charged_starts(context), *released_starts(context)] if known else []
        batches = [batch_request(context, talks.batch)] if known and talks.batch is not None else []
        return [*(good(start.submit, start.model) for start in every), *batches]
    if group == BATCH:
        return [batch_request(context, talks.batch)] if talks.batch is not None else []
    submits = ((submit, context.model_selection.leads(submit)) for _, submit in context.submits())
    found = next(((submit, leads[0]) for submit, leads in submits if leads), None)
    return [good(*found)] if found is not None else []

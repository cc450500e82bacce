"""What the jobs of a batch take from the balance of an account that nothing else in the run uses."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from mockreel.conformance.jobs.batch_traces import batch_request, is_over
from mockreel.conformance.jobs.task_queue import Task
from mockreel.contract import pointers
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext


@dataclass(frozen=True, slots=True)
class BatchCharge:
    """One batch that has ended, with the balance before and after it; `cost` is what its jobs are said to cost."""

    request: SentRequest
    before: Decimal
    after: Decimal
    cost: Decimal


def charge_batch(context: "CheckContext", found: list[BatchCharge], balance: Callable[[], Decimal]) -> Task:
    """Let the account run a batch to its end, where the contract has batches that say what their jobs cost."""
    row = context.contract.conversation.batch
    if row is None or "cost" not in row.given["list"]:
        return
    request = replace(batch_request(context, row), who="other")
    operation = request.operation
    if operation is None or context.request_checker.judge(request).row is not None:
        return
    before, response = balance(), context.send(request)
    read, listed = (
        context.links.find(operation, response, str(name))
        for name in (row.given["read"], row.given["list"]["operation"])
    )
    if context.error_detector.refused(response) or read is None or listed is None:
        return
    poll = replace(context.links.follow(read, request, response), who="other")
    started, shown = context.target.now(), response
    while not is_over(context, row, shown):
        age = context.target.now() - started
        if age > context.waits.wait_timeout:
            return
        yield context.waits.step(age)
        shown = context.send(poll)
    yield 0.5
    after = balance()
    cost = _cost(context, context.send(replace(context.links.follow(listed, request, response), who="other")))
    if cost is not None:
        found.append(BatchCharge(request, before, after, cost))


def _cost(context: "CheckContext", response: ReceivedResponse) -> Decimal | None:
    """What the items of a batch cost in all; None where one does not say."""
    row = context.contract.conversation.batch
    assert row is not None
    listed = row.given["list"]
    shown = [pointers.value(one, listed["cost"]) for one in pointers.values(response.json, f"{listed['items']}/*")]
    try:
        return sum((Decimal(str(one)) for one in shown), Decimal(0)) if shown else None
    except InvalidOperation:
        return None

"""What a job takes from the balance of an account that nothing else in the run uses."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from mockreel.conformance.jobs.batch_charge import BatchCharge, charge_batch
from mockreel.conformance.jobs.job_counters import Released, release
from mockreel.conformance.jobs.job_traces import JobTrace, Start
from mockreel.conformance.jobs.task_queue import Task
from mockreel.contract import Model, Operation, pointers
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.simulator.in_process.mock_target import NotApplicable, Skipped

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext


@dataclass
class Spent:
    """One job with the balance before, during (None if it had ended by then) and after it.

    `trouble` says why it is missing.
    """

    trace: JobTrace
    request: SentRequest
    before: Decimal = Decimal(0)
    during: Decimal | None = None
    after: Decimal = Decimal(0)
    whole: bool = False
    trouble: str = ""


def spend(context: "CheckContext", found: list[Spent], batches: list[BatchCharge], released: list[Released]) -> Task:
    """Run a job, then a failing one if the target supports it, then a batch; read the balance before and after.

    Then, as nothing else uses the account, `released` gets what counts its jobs.
    """
    row = context.contract.conversation.account
    assert row is not None
    request = replace(context.requests.good(context.contract.operation(row.operation)), who="other")
    for start in charged_starts(context):
        before = _balance(context, request, row.at)
        trace = context.job_traces.begin(start.talk, start.submit, start.model, scenario=start.scenario, who="other")
        spent = Spent(trace, request, before)
        found.append(spent)
        during = _balance(context, request, row.at)
        context.job_traces.look(trace)
        spent.during = None if trace.ended else during
        yield from context.job_traces.to_the_end(trace)
        yield 0.5
        spent.after, spent.whole = _balance(context, request, row.at), trace.ended
    yield from charge_batch(context, batches, lambda: _balance(context, request, row.at))
    yield from release(context, released)


def _balance(context: "CheckContext", request: SentRequest, place: str) -> Decimal:
    response = context.send(request)
    found = pointers.values(response.json, place)
    if found == [None]:
        raise NotApplicable(f"the account keeps no balance at {place}")
    try:
        return Decimal(str(found[0] if found else None))
    except InvalidOperation:
        raise Skipped(f"the account shows no balance at {place}: {response.shown()[:120]}") from None


def charged_starts(context: "CheckContext") -> Iterator[Start]:
    """A job of the cheapest model with an exact price, else of any model, one that fails, one of unknown price."""
    found = next(((talk, submit) for talk, submit in context.submits() if context.model_selection.leads(submit)), None)
    if found is None:
        return
    talk, submit = found
    model = _cheapest(context, submit)
    yield Start(talk, submit, model)
    fails = next((name for name, row in context.contract.scenarios.jobs.items() if row.failure is not None), None)
    if context.plays and fails:
        yield Start(talk, submit, model, fails)
    yield from _unpriced(context)


def _unpriced(context: "CheckContext") -> Iterator[Start]:
    """A job of unknown price, where a source says what is charged for one."""
    row = context.contract.pricing.get("money", {}).get("unknown", {})
    for talk, submit in context.submits() if row.get("evidence", "inferred") != "inferred" else ():
        if context.model_selection.leads(submit) == (None,):
            yield Start(talk, submit)
            return


def _cheapest(context: "CheckContext", submit: Operation) -> Model | None:
    models = context.contract.names_at.get(submit.id, {}).values()
    exact = [one for one in models if one.price.certainty == "exact" and one.price.amount is not None]
    exact = [one for one in exact if one.price.unit not in _counted_states(context)]
    return min(exact, key=lambda one: (one.price.amount, one.id), default=context.model_selection.leads(submit)[0])


def _counted_states(context: "CheckContext") -> set[str]:
    rows = context.contract.root.get("media", {})
    return {*rows.get("counts", {}), *rows.get("lengths", {}), "second"}

"""The balance of an account moves by what a job costs, and not at all for a job that fails."""

from collections.abc import Iterator
from decimal import Decimal

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import amount, header_amount, price_of
from mockreel.conformance.jobs.balance_change import Spent
from mockreel.conformance.jobs.job_groups import CHARGED
from mockreel.contract import Evidence, pointers
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import Skipped


def _has_account(context: CheckContext) -> bool:
    return context.contract.conversation.account is not None


@check(
    "balance.moves", "The balance moves by what a job costs, and by nothing for one that failed.", level="jobs",
    uses=(CHARGED,), known=_has_account,
)  # fmt: skip
def moves_by_the_price(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.account
    assert row is not None
    for spent in context.jobs.spent():
        if spent.trouble:
            raise Skipped(spent.trouble)
        if not spent.whole:
            raise Skipped("the job whose charge was to be seen had not ended when the time was up")
        wanted, evidence = _wanted(context, spent)
        if wanted is None:
            context.skip(f"what {spent.trace.subject} costs is not known")
            continue
        context.judged()
        if spent.before - spent.after != wanted:
            fact = context.facts.fact(
                "a balance moves by what a job costs", f"conversation.yaml account {row.at}", evidence
            )
            came = f"from {spent.before} to {spent.after}"
            yield Problem(fact, f"{wanted.normalize():f} less than before", came, spent.asked, spent.trace.subject)


def _wanted(context: CheckContext, spent: Spent) -> tuple[Decimal | None, Evidence]:
    """The expected charge of a job, and its evidence."""
    row = context.contract.conversation.account
    assert row is not None
    trace, money = spent.trace, context.contract.pricing.get("money", {})
    ended = {state.name for state in context.states(trace.last.word if trace.last else None)}
    if ended and ended <= set(money.get("given_back", {}).get("on", ())):
        back = money["given_back"]
        return Decimal(0), Evidence(back["evidence"], tuple(back["source"]))
    price = price_of(context, trace.asked, trace.model)
    if price is not None and price.amount is not None and price.certainty == "exact":
        taken = money.get("taken", {})
        return price.amount, Evidence(taken["evidence"], tuple(taken["source"])) if taken else row.evidence
    place = trace.talk.promises.cost
    documents = (trace.response.json, trace.last.response.json if trace.last else None)
    shown = [amount(pointers.value(document, place.at[0])) for document in documents] if place else []
    shown += [header_amount(trace, place)] if place else []
    return next((one for one in shown if one is not None), None), row.evidence


CHECKS: tuple[Check, ...] = (moves_by_the_price,)

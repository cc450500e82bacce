"""The balance of an account moves by what a job costs, and not at all for a job that fails."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import amount, header_amount, price_of
from mockreel.conformance.jobs.balance_change import Spent
from mockreel.conformance.jobs.job_groups import CHARGED
from mockreel.contract import Evidence, pointers
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import NotApplicable, Skipped


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
        expected, evidence = _expected_charge(context, spent)
        if expected is None:
            context.skip(f"what {spent.trace.subject} costs is not known")
            continue
        context.judged()
        if spent.before - spent.after != expected:
            fact = context.facts.fact(
                "a balance moves by what a job costs", f"conversation.yaml account {row.at}", evidence
            )
            actual = f"from {spent.before} to {spent.after}"
            yield Problem(
                fact, f"{expected.normalize():f} less than before", actual, spent.request, spent.trace.subject
            )


@check(
    "balance.batch", "The balance moves by what the jobs of a batch cost.", level="jobs", uses=(CHARGED,),
    known=lambda context: _has_account(context) and context.contract.conversation.batch is not None,
)  # fmt: skip
def moves_by_a_batch(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.account
    assert row is not None
    taken = context.contract.pricing.get("money", {}).get("taken", {})
    for charge in context.jobs.charged_batches():
        context.judged()
        if charge.before - charge.after != charge.cost:
            evidence = Evidence(taken["evidence"], tuple(taken["source"])) if taken else row.evidence
            fact = context.facts.fact("a balance moves by what a batch costs", "pricing.yaml money", evidence)
            expected = f"{charge.cost.normalize():f} less than before"
            subject = charge.request.operation.id if charge.request.operation else charge.request.path
            yield Problem(fact, expected, f"from {charge.before} to {charge.after}", charge.request, subject)


@check(
    "balance.held", "While a job is under way, the balance shows its price as held, or does not.", level="jobs",
    uses=(CHARGED,), known=lambda context: _has_account(context) and _reservation(context) is not None,
)  # fmt: skip
def holds_the_price(context: CheckContext) -> Iterator[Problem]:
    """What a balance shows meanwhile is inferred wherever a hold is documented."""
    row, account = _reservation(context), context.contract.conversation.account
    assert row is not None
    assert account is not None
    seen = [one for one in context.jobs.spent() if one.whole and one.during is not None and one.before != one.after]
    if not seen:
        raise NotApplicable("no balance was seen while a job was under way that cost something")
    for spent in seen:
        context.judged()
        is_gone = _taken_at_once(context) or (row["on"] and not row.get("shown"))
        expected = spent.after if is_gone else spent.before
        if spent.during != expected:
            evidence = Evidence("inferred", tuple(row["source"]))
            fact = context.facts.fact("what a balance shows of a held price", "pricing.yaml money held", evidence)
            yield Problem(fact, f"{expected} at {account.at}", str(spent.during), spent.request, spent.trace.subject)


def _reservation(context: CheckContext) -> Any:
    """The row about what is held while a job is under way."""
    return context.contract.pricing.get("money", {}).get("held")


def _taken_at_once(context: CheckContext) -> bool:
    """Whether a job is paid for when it is submitted."""
    return "submit" in context.contract.pricing.get("money", {}).get("taken", {}).get("on", ())


def _expected_charge(context: CheckContext, spent: Spent) -> tuple[Decimal | None, Evidence]:
    """The expected charge of a job, and its evidence."""
    row = context.contract.conversation.account
    assert row is not None
    trace, money = spent.trace, context.contract.pricing.get("money", {})
    state_names = {state.name for state in context.states(trace.last.word if trace.last else None)}
    if state_names and state_names <= set(money.get("given_back", {}).get("on", ())):
        back = money["given_back"]
        return Decimal(0), Evidence(back["evidence"], tuple(back["source"]))
    price = price_of(context, trace.request, trace.model)
    if price is not None and price.amount is not None and price.certainty == "exact":
        taken = money.get("taken", {})
        return price.amount, Evidence(taken["evidence"], tuple(taken["source"])) if taken else row.evidence
    unknown = money.get("unknown", {})
    if trace.model is None and unknown.get("evidence", "inferred") != "inferred":
        return Decimal(unknown.get("takes") or 0), Evidence(unknown["evidence"], tuple(unknown["source"]))
    place = trace.talk.promises.cost
    documents = (trace.response.json, trace.last.response.json if trace.last else None)
    shown = [amount(pointers.value(document, place.at[0])) for document in documents] if place else []
    shown += [header_amount(trace, place)] if place else []
    return next((one for one in shown if one is not None), None), row.evidence


@check("account.shows", "An account shows its balance where the contract says.", level="reads", known=_has_account)
def shows_its_balance(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.account
    assert row is not None
    request = context.requests.good(context.contract.operation(row.operation))
    response = context.try_send(request)
    if response is None or context.excused(response, request.operation) or context.error_detector.refused(response):
        return
    context.judged()
    shown = pointers.values(response.json, row.at)
    if not shown or (shown[0] is not None and amount(shown[0]) is None):
        fact = context.facts.fact("an account shows its balance", "conversation.yaml account", row.evidence)
        yield Problem(fact, f"an amount at {row.at}", response.shown(), request, row.operation)
    named, currency = pointers.value(response.json, row.currency or "/-"), context.contract.money.currency
    if row.currency is not None and named not in (None, currency):
        says = f"an account is kept in {currency}"
        fact = context.facts.fact(says, "conversation.yaml account", row.evidence)
        yield Problem(fact, f"{currency} at {row.currency}", f"{named!r}", request, row.operation)


CHECKS: tuple[Check, ...] = (shows_its_balance, moves_by_the_price, moves_by_a_batch, holds_the_price)

"""An account's counters count its jobs."""

from collections.abc import Iterator
from decimal import Decimal

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import price_of
from mockreel.conformance.jobs.job_counters import Counted, total
from mockreel.conformance.jobs.job_groups import COUNTED
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.exchanges.problem import Problem


@check(
    "account.counts", "What counts the jobs of an account counts those that are begun.", level="jobs", uses=(COUNTED,),
    known=lambda context: bool(context.contract.conversation.counts),
)  # fmt: skip
def count_what_is_begun(context: CheckContext) -> Iterator[Problem]:
    """The account may be used elsewhere at the same time, so a counter may be higher."""
    for counted in context.jobs.counted():
        for row in context.contract.conversation.counts:
            name = str(row.given["operation"])
            least = _least(context, row, counted)
            if least is None or name not in counted.after:
                continue
            response, expected = least
            context.judged()
            shown = total(row, response)
            if shown is None or shown < expected:
                where = ", ".join(row.at)
                fact = context.facts.fact(f"{name} counts at {where}", f"conversation.yaml counts {name}", row.evidence)
                actual = f"{shown if shown is not None else 'no number'} in {response.shown()[:200]}"
                yield Problem(fact, f"at least {expected:f} at {where}", actual, counted.request[name], name)


def _least(context: CheckContext, row: Places, counted: Counted) -> tuple[ReceivedResponse, Decimal] | None:
    """Where a counter is read, and the least that it must show there; None where that is not known."""
    name, of = str(row.given["operation"]), row.given["of"]
    before = total(row, counted.before[name]) or Decimal(0)
    if of == "pending":
        return (counted.during[name], Decimal(1)) if counted.pending else None
    if of == "begun":
        return (counted.after[name], before + 1) if counted.after else None
    price = price_of(context, counted.trace.request, counted.trace.model)
    exact = price is not None and price.certainty == "exact" and price.amount is not None
    made = any(state.kind == "succeeded" for state in context.states(_word(counted)))
    return (
        (counted.after[name], before + price.amount)
        if price and price.amount and exact and made and counted.after
        else None
    )


def _word(counted: Counted) -> object:
    return counted.trace.last.word if counted.trace.last else None


@check(
    "account.shares", "The shares of a whole make up the whole.", level="jobs", uses=(COUNTED,),
    known=lambda context: any("whole" in row.given for row in context.contract.conversation.counts),
)  # fmt: skip
def shares_make_up_the_whole(context: CheckContext) -> Iterator[Problem]:
    for counted in context.jobs.counted():
        for row in context.contract.conversation.counts:
            name = str(row.given["operation"])
            if "whole" not in row.given or name not in counted.after:
                continue
            shown = pointers.values(counted.after[name].json, str(row.given["shares"]))
            numbers = [one for one in shown if isinstance(one, int | float)]
            context.judged(bool(shown))
            if shown and (len(numbers) != len(shown) or abs(sum(numbers) - row.given["whole"]) > 1):
                says = f"{row.given['shares']} make up {row.given['whole']}"
                fact = context.facts.fact(says, f"conversation.yaml counts {name}", row.evidence)
                yield Problem(fact, f"{row.given['whole']} in all", f"{shown}"[:300], counted.request[name], name)


CHECKS: tuple[Check, ...] = (count_what_is_begun, shares_make_up_the_whole)

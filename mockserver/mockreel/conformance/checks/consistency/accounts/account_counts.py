"""An account's counters count its jobs."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import amount, price_of
from mockreel.conformance.jobs.job_counters import Counted, day_begun, on_day, pending_rows, total
from mockreel.conformance.jobs.job_groups import CHARGED, COUNTED
from mockreel.conformance.list_reader import entries_of, longest, queried
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import NotApplicable, Skipped

# How often a balance is read beside its entries, on at most so many pages; so much is lost where sums are rounded.
READS, MOST_PAGES, CENT = 3, 20, Decimal(1) / 100


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
            response, expected, shown = least
            context.judged()
            if shown is None or shown < expected:
                where = ", ".join(row.at)
                fact = context.facts.fact(f"{name} counts at {where}", f"conversation.yaml counts {name}", row.evidence)
                actual = f"{shown if shown is not None else 'no number'} in {response.shown()[:200]}"
                yield Problem(fact, f"at least {expected:f} at {where}", actual, counted.request[name], name)
        yield from _left_out(context, counted)


def _left_out(context: CheckContext, counted: Counted) -> Iterator[Problem]:
    """What leaves a job out of the day on which it was begun, where that day alone is asked for."""
    for row, request, response in counted.of_its_day:
        shown = total(row, response)
        context.judged()
        if not shown and not context.excused(response, request.operation):
            name, where = str(row.given["operation"]), ", ".join(row.at)
            says = f"{name} counts what lies at the bounds that are asked for"
            fact = context.facts.fact(says, f"conversation.yaml counts {name}", row.evidence)
            yield Problem(fact, f"at least 1 at {where}", response.shown()[:300], request, name)


@check(
    "account.alike", "What counts the same jobs in several ways in one response counts as many in each.", level="jobs",
    uses=(COUNTED,), known=lambda context: len(_whole_counts(context)) > 1,
)  # fmt: skip
def count_alike(context: CheckContext) -> Iterator[Problem]:
    first, *others = _whole_counts(context)
    name = str(first.given["operation"])
    for counted in (one for one in context.jobs.counted() if name in one.after):
        for row in (one for one in others if one.given["operation"] == name):
            response = counted.after[name]
            expected, shown = total(first, response), total(row, response)
            context.judged()
            if expected is not None and shown is not None and expected != shown:
                fact = context.facts.fact(
                    f"{', '.join(row.at)} counts every job", f"conversation.yaml counts {name}", row.evidence
                )
                said = f"{expected:f} at {', '.join(row.at)}, as at {', '.join(first.at)}"
                yield Problem(fact, said, f"{shown:f} in {response.shown()[:200]}", counted.request[name], name)


def _whole_counts(context: CheckContext) -> list[Places]:
    """What counts all jobs that were begun, whichever way they are then told apart."""
    return [row for row in context.contract.conversation.counts if _counts_begun(row)]


@check(
    "account.released", "What counts the jobs under way does not count one that has ended.", level="jobs",
    uses=(CHARGED,), known=lambda context: bool(pending_rows(context)),
)  # fmt: skip
def count_no_ended_jobs(context: CheckContext) -> Iterator[Problem]:
    """Asked of the account that nothing else uses."""
    for one in context.jobs.released():
        for row in pending_rows(context):
            name = str(row.given["operation"])
            before, after = total(row, one.before[name]), total(row, one.after[name])
            context.judged(before is not None)
            if before is not None and (after is None or after > before):
                fact = context.facts.fact(
                    f"{name} counts what is under way", f"conversation.yaml counts {name}", row.evidence
                )
                word = one.trace.last.word if one.trace.last else None
                expected = f"at most {before:f} at {', '.join(row.at)}, as the job is {word}"
                yield Problem(fact, expected, one.after[name].shown(), one.trace.poll, one.trace.subject)


def _least(
    context: CheckContext, row: Places, counted: Counted
) -> tuple[ReceivedResponse, Decimal, Decimal | None] | None:
    """The response that shows a counter, the least that it must show, and what it does; None if that is not known."""
    of = row.given["of"]
    if of == "pending":
        return _pending(row, counted)
    name = str(row.given["operation"])
    if name not in counted.after:
        return None
    before, after = counted.before[name], counted.after[name]
    if "day" in row.given:
        day = day_begun(counted.trace)
        least = (on_day(row, before, day) or Decimal(0)) + 1 if day else Decimal(0)
        return (after, least, on_day(row, after, day)) if day else None
    least = total(row, before) or Decimal(0)
    if of == "begun":
        return after, least + 1, total(row, after)
    price = price_of(context, counted.trace.request, counted.trace.model)
    exact = price is not None and price.certainty == "exact" and price.amount is not None
    made = any(state.kind == "succeeded" for state in context.states(_word(counted)))
    return (after, least + price.amount, total(row, after)) if price and price.amount and exact and made else None


def _pending(row: Places, counted: Counted) -> tuple[ReceivedResponse, Decimal, Decimal | None] | None:
    """What counts the jobs under way, or those in one state of several, while the job was in it."""
    state = row.given.get("state")
    for seen, responses in counted.looks:
        if any(not one.terminal and state in (None, one.name) for one in seen):
            response = responses[str(row.given["operation"])]
            return response, Decimal(1), total(row, response)
    return None


def _word(counted: Counted) -> object:
    return counted.trace.last.word if counted.trace.last else None


@check(
    "account.counts-apart", "What counts the jobs of an account counts none of another's.", level="jobs",
    uses=(COUNTED,), known=lambda context: any(_counts_apart(row) for row in context.contract.conversation.counts),
)  # fmt: skip
def count_ones_own_only(context: CheckContext) -> Iterator[Problem]:
    if "other" not in context.target.keys.of:
        raise Skipped("it takes the key of another account; give --other-key")
    for counted in context.jobs.counted():
        for row in context.contract.conversation.counts:
            name = str(row.given["operation"])
            # What counts jobs under way is read again as soon as the job is begun: it may end at any time.
            before, after = (counted.others or ({},))[0], _others_after(row, counted)
            if not _counts_apart(row) or name not in before or name not in after:
                continue
            shown = [total(row, responses[name]) or Decimal(0) for responses in (before, after)]
            most = shown[0] + (counted.others_began if _counts_begun(row) else 0)
            context.judged()
            if shown[1] > most:
                says = f"{name} counts an account's own"
                fact = context.facts.fact(says, f"conversation.yaml counts {name}", row.evidence)
                expected, actual = (
                    f"at most {most:f} at {', '.join(row.at)}",
                    f"{shown[1]:f} after a job of another account",
                )
                yield Problem(fact, expected, actual, replace(counted.request[name], who="other"), name)


def _others_after(row: Places, counted: Counted) -> Mapping[str, ReceivedResponse]:
    """What another account's counter showed when the job had been begun, or was over."""
    if not _counts_begun(row):
        return counted.others_at_once
    return counted.others[1] if counted.others and counted.after else {}


def _counts_apart(row: Places) -> bool:
    """Whether a row counts jobs, and not what they cost; one of a day is counted with all that were begun."""
    return _counts_begun(row) or (row.given["of"] == "pending" and "state" not in row.given)


def _counts_begun(row: Places) -> bool:
    """Whether a row counts all jobs that were begun; one of a day is counted with them."""
    return row.given["of"] == "begun" and "day" not in row.given


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


@check(
    "account.sums", "What was credited less what was charged is the balance.", level="reads",
    known=lambda context: None not in (context.contract.conversation.ledger, context.contract.conversation.account),
)  # fmt: skip
def entries_make_up_the_balance(context: CheckContext) -> Iterator[Problem]:
    row, account = context.contract.conversation.ledger, context.contract.conversation.account
    assert row is not None
    assert account is not None
    read = context.requests.good(context.contract.operation(account.operation))
    for _ in range(READS):  # the account may be used meanwhile
        before = context.answer(read, read.operation)
        request, entries = _entries(context, row)
        after = context.answer(read, read.operation)
        shown = [amount(pointers.value(one.json, account.at)) for one in (before, after) if one is not None]
        if entries is None or len(shown) < 2 or None in shown:
            return
        if shown[0] == shown[1]:
            total = sum((_signed(row, entry) for entry in entries), Decimal(0)) * Decimal(str(account.per))
            if shown[0] is not None and abs(total - shown[0]) > CENT:
                says = f"{row.given['list']} has what makes up the balance"
                fact = context.facts.fact(says, "conversation.yaml ledger", row.evidence)
                yield Problem(fact, f"{shown[0]:f} in all", f"{total:f}", request, str(row.given["list"]))
            return
    context.skip("the balance changed whenever its entries were read")


def _entries(context: CheckContext, row: Places) -> tuple[SentRequest, list[Any] | None]:
    """The first request for the list, and all of its entries; None where there are more than a run should read."""
    name = str(row.given["list"])
    operation, paged = context.contract.operation(name), context.contract.conversation.lists[name]
    query: dict[str, str | int] = {paged.limit: longest(operation, paged.limit)} if paged.limit else {}
    first, found = queried(context, operation, query), list[Any]()
    request = first
    for _ in range(MOST_PAGES):
        response = context.try_send(request)
        if response is None or context.excused(response, operation):
            return first, None
        found += entries_of(paged, response)
        cursor = pointers.value(response.json, paged.next) if paged.next else None
        if not cursor or paged.cursor is None:
            return first, found
        request = queried(context, operation, {**query, paged.cursor: str(cursor)})
    raise NotApplicable(f"{name} has more than {MOST_PAGES} pages, so its entries are not added up")


def _signed(row: Places, entry: Any) -> Decimal:
    value = amount(pointers.value(entry, row.at[0])) or Decimal(0)
    direction = pointers.value(entry, str(row.given["direction"]))
    return value if direction in row.given["plus"] else -value if direction in row.given["minus"] else Decimal(0)


CHECKS: tuple[Check, ...] = (
    count_what_is_begun,
    count_alike,
    count_no_ended_jobs,
    count_ones_own_only,
    shares_make_up_the_whole,
    entries_make_up_the_balance,
)

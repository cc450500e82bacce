"""Lists and records: an entry agrees with its record, lists end, and states are current."""

from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.consistency.record_stability import same
from mockreel.conformance.checks.job_records import amount, header_amount
from mockreel.conformance.checks.paged_lists import list_fact, list_request, lists
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.conformance.list_reader import ListPages, entries_of, list_pages, longest
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Paged
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem

# So long is a page.
SMALL = 3


@check(
    "list.record", "An entry of a list says of its job what the record says.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(paged.agrees for _, paged in lists(context)),
)  # fmt: skip
def entries_agree_with_records(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if not paged.agrees:
            continue
        ended = [trace for trace in context.jobs.traces() if trace.ended]
        pages = _read_pages(context, operation, paged, ended)
        request, entries = pages.first, {str(pointers.value(entry, paged.id)): entry for entry in pages.entries}
        for trace in ended:
            record = trace.last.response.json if trace.last else None
            entry = entries.get(str(trace.id))
            if record is None or entry is None:
                continue
            context.judged()
            wrong = [
                place for place in paged.agrees if not same(pointers.value(entry, place), pointers.value(record, place))
            ]
            if wrong:
                fact = list_fact(context, operation, paged, f"says of a job what its record says: {', '.join(wrong)}")
                expected = ", ".join(f"{place}: {pointers.value(record, place)!r}" for place in wrong)
                actual = ", ".join(f"{place}: {pointers.value(entry, place)!r}" for place in wrong)
                yield Problem(fact, expected[:300], actual[:300], request, trace.subject)


def _read_pages(context: CheckContext, operation: Operation, paged: Paged, traces: list[JobTrace]) -> ListPages:
    """The list, read until it has shown these jobs."""
    pages = list_pages(context, operation, paged)
    pages.missing(context, (str(trace.id) for trace in traces))
    return pages


@check(
    "list.ends", "A list says where it ends, and whether something is before and behind a page.", level="jobs",
    uses=(PLAIN,), known=lambda context: any(paged.next and paged.limit for _, paged in lists(context)),
)  # fmt: skip
def lists_end(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if not paged.next or not paged.limit or paged.cursor is None:
            continue
        most = longest(operation, paged.limit)
        request = list_request(context, operation, **{paged.limit: most})
        response = context.send(request)
        count = len(entries_of(paged, response))
        if count < most:
            yield from _edge(context, operation, paged, request, response, more=False, before=False)
        if count <= SMALL:
            continue
        small = list_request(context, operation, **{paged.limit: SMALL})
        first = context.send(small)
        yield from _edge(context, operation, paged, small, first, more=True, before=False)
        cursor = pointers.value(first.json, paged.next)
        if cursor:
            query: dict[str, str | int] = {paged.limit: SMALL, paged.cursor: str(cursor)}
            further = list_request(context, operation, **query)
            second = context.send(further)
            more = None if count <= 2 * SMALL or count == most else True
            yield from _edge(context, operation, paged, further, second, more=more, before=True)
            both = _names(paged, first) & _names(paged, second)
            if both:
                fact = list_fact(context, operation, paged, f"goes on where {paged.next} leads to")
                actual = ", ".join(sorted(both))
                yield Problem(fact, "other entries than on the page before", actual, further, operation.id)


def _edge(
    context: CheckContext,
    operation: Operation,
    paged: Paged,
    request: SentRequest,
    response: ReceivedResponse,
    *,
    more: bool | None,
    before: bool,
) -> Iterator[Problem]:
    """Whether a page is right about the pages before and after it; what is unknown is not checked."""
    claims: list[tuple[str, bool, bool]] = []
    if more is not None and paged.next is not None:
        claims.append((paged.next, bool(pointers.value(response.json, paged.next)), more))
        if paged.more is not None:
            claims.append((paged.more, pointers.value(response.json, paged.more) is True, more))
    if paged.previous is not None:
        claims.append((paged.previous, bool(pointers.value(response.json, paged.previous)), before))
    context.judged(bool(claims))
    for place, actual, present in claims:
        if actual != present:
            fact = list_fact(context, operation, paged, f"says at {place} whether there is another page")
            expected = f"something at {place}" if present else f"nothing at {place}"
            shown = f"{pointers.value(response.json, place)!r} after {len(entries_of(paged, response))} entries"
            yield Problem(fact, expected, shown, request, operation.id)


def _names(paged: Paged, response: ReceivedResponse) -> set[str]:
    """The names of a page's entries; none where entries have no name."""
    return {str(pointers.value(one, paged.id)) for one in entries_of(paged, response)} if paged.id else set()


@check(
    "list.form", "A list is a list of entries.", level="reads",
    known=lambda context: any(True for _ in lists(context)),
)  # fmt: skip
def lists_are_lists(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        request = list_request(context, operation)
        response = context.try_send(request)
        if response is None or context.excused(response, operation) or context.error_detector.refused(response):
            continue
        context.judged()
        value = pointers.value(response.json, paged.items)
        fine = isinstance(value, list) and all(isinstance(entry, dict) for entry in value if paged.id)
        if not fine:
            fact = list_fact(context, operation, paged, f"has its entries at {paged.items}")
            yield Problem(fact, f"a list of entries at {paged.items}", response.shown()[:300], request, operation.id)


@check(
    "list.states", "A list of states names every state of the lifecycle.", level="reads",
    known=lambda context: any(paged.states for _, paged in lists(context)),
)  # fmt: skip
def names_every_state(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if not paged.states:
            continue
        request = list_request(context, operation)
        response = context.try_send(request)
        if response is None or context.excused(response, operation):
            continue
        named = {pointers.value(entry, paged.id) for entry in entries_of(paged, response) if isinstance(entry, dict)}
        lacking = [state for state in context.contract.lifecycle.states.values() if state.word not in named]
        context.judged()
        for state in lacking:
            fact = context.facts.fact(f"{state.word} is a state", f"lifecycle.yaml states {state.name}", state.evidence)
            yield Problem(fact, f"{state.word} in the list", response.shown()[:300], request, operation.id)


@check(
    "list.amounts", "Two amounts of an entry are one sum.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(paged.times for _, paged in lists(context)),
)  # fmt: skip
def amounts_are_one_sum(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if not paged.times:
            continue
        request = list_request(context, operation)
        for entry in entries_of(paged, context.send(request)):
            one, other = (pointers.value(entry, str(paged.times[name])) for name in ("one", "other"))
            context.judged()
            numbers = isinstance(one, int | float) and isinstance(other, int | float)
            if not numbers or abs(one - other * paged.times["by"]) > 1:
                says = f"has at {paged.times['one']} {paged.times['by']} times what is at {paged.times['other']}"
                fact = list_fact(context, operation, paged, says)
                yield Problem(fact, "one sum", f"{one!r} and {other!r}", request, operation.id)
                break


def _has_succeeded(context: CheckContext, trace: JobTrace) -> bool:
    """Whether a job has succeeded; what one that failed was charged may have been given back."""
    return any(state.kind == "succeeded" for state in context.states(trace.last.word if trace.last else None))


@check(
    "list.charges", "A list of charges has one entry for a job that succeeded, with what it cost.", level="jobs",
    uses=(PLAIN,), known=lambda context: any(paged.charges for _, paged in lists(context)),
)  # fmt: skip
def charges_are_what_jobs_cost(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if not paged.charges:
            continue
        succeeded = [trace for trace in context.jobs.traces() if _has_succeeded(context, trace)]
        pages = _read_pages(context, operation, paged, succeeded)
        request, entries = pages.first, pages.entries
        for trace in succeeded:
            own = [one for one in entries if str(pointers.value(one, paged.charges["of"])) == str(trace.id)]
            row = trace.talk.promises.cost
            cost = (
                (amount(pointers.value(trace.response.json, row.at[0])) or header_amount(trace, row)) if row else None
            )
            if not own or cost is None:
                continue  # it may be on another page; `list.complete` asks whether it is there
            context.judged()
            sums = [abs(one) for entry in own if (one := amount(pointers.value(entry, paged.charges["amount"])))]
            if sums != [abs(cost)]:
                fact = list_fact(context, operation, paged, f"has what a job cost at {paged.charges['amount']}")
                yield Problem(fact, f"{cost} once for {trace.id}", f"{list(map(str, sums))}", request, operation.id)


CHECKS: tuple[Check, ...] = (
    charges_are_what_jobs_cost,
    lists_are_lists,
    names_every_state,
    entries_agree_with_records,
    lists_end,
    amounts_are_one_sum,
)

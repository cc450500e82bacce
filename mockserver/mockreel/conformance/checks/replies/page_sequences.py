"""The pages of a list: they follow each other, in every order, and show what the whole list shows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import alike
from mockreel.conformance.checks.paged_lists import (
    SMALL,
    entry_names,
    filter_values,
    has_places,
    list_fact,
    list_request,
    lists,
    second_page,
    sort_parameter,
    whole_list,
)
from mockreel.conformance.checks.requests.object_requests import requests_of
from mockreel.conformance.jobs.job_groups import BATCH, PLAIN
from mockreel.conformance.list_reader import entries_of, list_pages, longest
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Paged
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem

# So many pages are read.
PAGES = 3
# So many moments are between the bounds of a short part of a list.
NARROW = 4


@check(
    "list.pages", "The pages of a list follow each other without a gap.", level="jobs", uses=(PLAIN,),
    known=has_places("limit", "next", "cursor"),
)  # fmt: skip
def pages_follow(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if paged.limit is None or paged.next is None or paged.cursor is None:
            continue
        for query in _page_queries(context, operation, paged):
            pages = _Pages(operation, paged, list_request(context, operation, **query))
            problem = _problem(context, pages)
            problem = problem and _problem(context, pages)  # there may be a new entry between the pages
            if problem is not None:
                yield problem
                break


def _page_queries(context: CheckContext, operation: Operation, paged: Paged) -> Iterator[dict[str, str | int]]:
    """What the pages of a list are asked with: nothing, each order, and each filter with what most entries have.

    With `quick` it is one order and one filter.
    """
    yield {}
    most = 1 if context.options.quick else None
    sorted_by = sort_parameter(operation)
    for order in islice(paged.orders.values() if sorted_by else (), most):
        yield {str(sorted_by): order}
    yield from islice(_filters(context, operation, paged), most)


def _filters(context: CheckContext, operation: Operation, paged: Paged) -> Iterator[dict[str, str | int]]:
    """Each filter of a list, with the value that most of its entries have."""
    _, every = whole_list(context, operation, paged)
    for row in paged.filters.values():
        values = Counter(one for entry in every for one in filter_values(entry, row))
        if values and not row.get("with") and not row.get("not"):
            yield {str(row["name"]): str(row["form"]).format(value=values.most_common(1)[0][0])}


def _problem(context: CheckContext, pages: "_Pages", *, ordered: bool = True) -> Problem | None:
    """In what the first pages of a list differ from the whole of it, asked with the same query.

    `ordered`: the pages show the entries in the order in which the whole list does.
    """
    operation, paged = pages.operation, pages.paged
    before, (request, shown), every = pages.whole(context), pages.read(context), pages.whole(context)
    actual, names = entry_names(paged, shown), entry_names(paged, every)
    start = names.index(actual[0]) if ordered and actual and actual[0] in names else 0
    expected = names[start : start + pages.size * PAGES]
    if not ordered and len(actual) == len(expected) and all(one in names and actual.count(one) == 1 for one in actual):
        expected = actual
    context.judged(len(expected) > pages.size)
    fact = list_fact(context, operation, paged, f"goes on where {paged.next} leads to")
    if actual != expected:
        return Problem(fact, f"{expected}"[:300], f"{actual}"[:300], request, operation.id)
    stable = [entry for entry in every if entry in before] if paged.id else []  # a job goes on between two pages
    known = {str(pointers.value(entry, paged.id)): entry for entry in stable}
    for entry in shown:
        whole = known.get(str(pointers.value(entry, paged.id)), entry)
        if not (alike(entry, whole) and alike(whole, entry)):
            return Problem(fact, *_difference(whole, entry), request, operation.id)
    return None


def _difference(whole: Any, entry: Any) -> tuple[str, str]:
    """What the whole list shows of an entry, and what its page does, where these differ."""
    if not (isinstance(whole, dict) and isinstance(entry, dict)):
        return f"{whole}"[:300], f"{entry}"[:300]
    fields = [name for name in {**whole, **entry} if whole.get(name) != entry.get(name)]
    expected, actual = ({name: one.get(name) for name in fields} for one in (whole, entry))
    return f"{expected}"[:300], f"{actual}"[:300]


@dataclass(frozen=True, slots=True)
class _Pages:
    """The first pages of a list, each of `size` entries, that is asked for with `request`."""

    operation: Operation
    paged: Paged
    request: SentRequest
    size: int = SMALL

    def _with(self, query: Mapping[str, str | int]) -> SentRequest:
        """The request with these parameters too."""
        return replace(self.request, query=urlencode({**dict(parse_qsl(self.request.query)), **query}))

    def short(self) -> SentRequest:
        """The request for the first page."""
        return self._with({str(self.paged.limit): self.size})

    def whole(self, context: CheckContext) -> list[Any]:
        """The entries of the list, as far as one page shows them."""
        return entries_of(self.paged, context.send(self.request))

    def read(self, context: CheckContext) -> tuple[SentRequest, list[Any]]:
        """The entries of the pages, one after the other, with the request for the last of them."""
        request, entries = self.short(), []
        for _ in range(PAGES):
            response = context.send(request)
            entries += entries_of(self.paged, response)
            cursor = pointers.value(response.json, self.paged.next or "")
            if not cursor:
                break
            request = self._with({str(self.paged.limit): self.size, str(self.paged.cursor): str(cursor)})
        return request, entries


@check(
    "list.last", "The last page of a list has what is left, and says that nothing follows.", level="jobs",
    uses=(PLAIN,), known=has_places("limit", "next", "cursor"),
)  # fmt: skip
def last_pages_are_last(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if paged.limit is None or paged.next is None or paged.cursor is None:
            continue
        most = longest(operation, paged.limit)
        for query in (*_page_queries(context, operation, paged), *_narrow_queries(context, operation, paged)):
            request = list_request(context, operation, **query, **{paged.limit: most})
            problem = _last_problem(context, operation, paged, request, most)
            problem = problem and _last_problem(context, operation, paged, request, most)  # there may be a new entry
            if problem is not None:
                yield problem
                break


def _narrow_queries(context: CheckContext, operation: Operation, paged: Paged) -> Iterator[dict[str, str | int]]:
    """Of a list that is longer than a page the few newest and the few oldest entries, also beside each filter."""
    read = list_pages(context, operation, paged)
    read.missing(context, {"what no entry is called, so that the list is read to its end"})
    moments = sorted({str(pointers.value(entry, paged.by)) for entry in read.entries} if paged.by else ())
    bounds = {side: one for side, one in paged.range.items() if isinstance(one, str)}
    if len(moments) <= NARROW or not read.whole:
        return
    for first, last in ((moments[-NARROW], moments[-1]), (moments[0], moments[NARROW - 1])):
        if set(bounds) == {"from", "to"}:  # both, so that what is begun meanwhile is in neither
            between = {bounds["from"]: first, bounds["to"]: last}
            yield from ({**query, **between} for query in _page_queries(context, operation, paged))


def _last_problem(
    context: CheckContext, operation: Operation, paged: Paged, request: SentRequest, most: int
) -> Problem | None:
    """What is wrong about a page with all entries of a list, and about one with the last of them.

    A list that has changed meanwhile, as in an account that others use too, proves nothing.
    """
    every = entries_of(paged, context.send(request))
    if not SMALL <= len(every) < most:
        return None
    full, but_one = (_Pages(operation, paged, request, size=size) for size in (len(every), len(every) - 1))
    last, shown = but_one.read(context)
    response = context.send(full.short())
    if entry_names(paged, entries_of(paged, context.send(request))) != entry_names(paged, every):
        return None
    context.judged()
    fact = list_fact(context, operation, paged, f"ends where {paged.more or paged.next} says so")
    if paged.more is not None and pointers.value(response.json, paged.more) is not False:
        actual = f"{pointers.value(response.json, paged.more)!r} after {len(entries_of(paged, response))} entries"
        return Problem(fact, f"false at {paged.more}, as there are {len(every)}", actual, full.short(), operation.id)
    names, expected = entry_names(paged, shown), entry_names(paged, every)
    if names != expected:
        told, actual = f"{expected[-SMALL:]} at its end", f"{names[len(every) - SMALL :]}"
        return Problem(fact, told[:300], actual[:300], last, operation.id)
    return None


def _beneath(context: CheckContext) -> Mapping[str, Paged]:
    """The lists beneath a job, a batch or a thing that are paged as the lists are that have no owner."""
    found = dict[str, Paged]()
    for paged in context.contract.conversation.lists.values() if context.contract.conversation.lists else ():
        for operation in context.contract.operations:
            asked = {one.name for one in operation.query}
            if "{" in operation.path and paged.next and {paged.limit, paged.cursor} <= asked:
                found.setdefault(operation.id, replace(paged, id="/id"))
    return found


def _owned(context: CheckContext) -> Iterator[tuple[Operation, SentRequest]]:
    """A request for each of them: of a job that has ended, of a batch, or of what was made for it."""
    wanted = _beneath(context)
    yield from requests_of(context, lambda one: one.id in wanted)
    for trace in context.jobs.batches() if BATCH in context.jobs.groups else ():
        submit = context.contract.operation(str(trace.row.given["operation"]))
        link = context.links.find(submit, trace.response, str(trace.row.given["list"]["operation"]))
        if link is not None and link.to.id in wanted:
            yield link.to, context.links.follow(link, trace.request, trace.response)


@check(
    "list.beneath", "The pages of a list beneath a job, a batch or a thing show what the whole list shows.",
    level="jobs", uses=(PLAIN, BATCH), known=lambda context: bool(_beneath(context)),
)  # fmt: skip
def owned_lists_have_pages(context: CheckContext) -> Iterator[Problem]:
    for operation, request in _owned(context):
        pages = _Pages(operation, _beneath(context)[operation.id], request, size=1)
        if len(pages.whole(context)) > 1:
            problem = _problem(context, pages, ordered=False)  # no document says how these are sorted
            problem = problem and _problem(context, pages, ordered=False)  # there may be a new entry between the pages
            if problem is not None:
                yield replace(problem, fact=context.facts.operation(f"{operation.id} has pages", operation))


@check(
    "list.cursor", "A cursor leads to the same page whenever it is followed.", level="jobs", uses=(PLAIN,),
    known=has_places("limit", "next", "cursor"),
)  # fmt: skip
def cursors_lead_again(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if paged.limit is None or paged.cursor is None:
            continue
        several = len(whole_list(context, operation, paged)[1]) > 1
        for _ in range(2 if several else 0):  # there may be a new entry meanwhile
            request, before = second_page(context, operation, paged, {})
            pages = [entry_names(paged, before), entry_names(paged, entries_of(paged, context.send(request)))]
            if pages[0] == pages[1]:
                break
        context.judged(several)
        if several and (not pages[0] or pages[0] != pages[1]):
            fact = list_fact(context, operation, paged, f"goes on where {paged.next} leads to")
            yield Problem(fact, f"{pages[0] or 'an entry'}"[:300], f"{pages[1]}"[:300], request, operation.id)


CHECKS: tuple[Check, ...] = (pages_follow, cursors_lead_again, last_pages_are_last, owned_lists_have_pages)

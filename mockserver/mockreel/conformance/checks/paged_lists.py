"""Lists with entries: limits, cursors, order and filters."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.conformance.list_reader import entries_of, list_pages, queried
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Paged
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem

SMALL, PAGES = 2, 3


def lists(context: CheckContext) -> Iterator[tuple[Operation, Paged]]:
    """Every list of the contract, with its parameters."""
    for name, paged in context.contract.conversation.lists.items():
        yield context.contract.operation(name), paged


def _has_places(*fields: str) -> Callable[[CheckContext], bool]:
    """Whether a list has all of these."""

    def known(context: CheckContext) -> bool:
        return any(all(getattr(paged, name) for name in fields) for _, paged in lists(context))

    return known


def _talks_of_jobs(context: CheckContext) -> bool:
    return any(paged.jobs for _, paged in lists(context))


def list_fact(context: CheckContext, operation: Operation, paged: Paged, says: str) -> Fact:
    """A fact that stands with a list."""
    return context.facts.fact(f"{operation.id} {says}", f"conversation.yaml lists {operation.id}", paged.evidence)


def list_request(context: CheckContext, operation: Operation, **query: str | int) -> SentRequest:
    return queried(context, operation, query)


def _names(paged: Paged, entries: list[Any]) -> list[Any]:
    return [pointers.value(entry, paged.id) if paged.id else entry for entry in entries]


def _whole(context: CheckContext, operation: Operation, paged: Paged) -> tuple[SentRequest, list[Any]]:
    """The list without parameters."""
    request = list_request(context, operation)
    return request, entries_of(paged, context.send(request))


@check(
    "list.limit", "A list is as long as the limit asks for.", level="jobs", uses=(PLAIN,), known=_has_places("limit")
)
def keeps_the_limit(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if paged.limit is None:
            continue
        _, every = _whole(context, operation, paged)
        for limit in (1, SMALL) if len(every) > SMALL else ():
            request = list_request(context, operation, **{paged.limit: limit})
            response = context.send(request)
            context.judged()
            if len(entries_of(paged, response)) != limit:
                fact = list_fact(context, operation, paged, f"gives at most {paged.limit} entries")
                actual = f"{len(entries_of(paged, response))} entries: {response.shown()[:200]}"
                yield Problem(fact, f"{limit} of {len(every)} entries", actual, request, operation.id)


@check(
    "list.pages", "The pages of a list follow each other without a gap.", level="jobs", uses=(PLAIN,),
    known=_has_places("limit", "next", "cursor"),
)  # fmt: skip
def pages_follow(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if paged.limit is None or paged.next is None or paged.cursor is None:
            continue
        request, expected, actual = _page_names(context, operation, paged)
        if actual != expected:  # there may be a new entry between the pages
            request, expected, actual = _page_names(context, operation, paged)
        context.judged(len(expected) > SMALL)
        if actual != expected:
            fact = list_fact(context, operation, paged, f"goes on where {paged.next} leads to")
            yield Problem(fact, f"{expected}"[:300], f"{actual}"[:300], request, operation.id)


@check(
    "list.cursor", "A cursor leads to the same page whenever it is followed.", level="jobs", uses=(PLAIN,),
    known=_has_places("limit", "next", "cursor"),
)  # fmt: skip
def cursors_lead_again(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if paged.limit is None or paged.cursor is None:
            continue
        several = len(_whole(context, operation, paged)[1]) > 1
        for _ in range(2 if several else 0):  # there may be a new entry meanwhile
            request, before = _second_page(context, operation, paged, {})
            pages = [_names(paged, before), _names(paged, entries_of(paged, context.send(request)))]
            if pages[0] == pages[1]:
                break
        context.judged(several)
        if several and (not pages[0] or pages[0] != pages[1]):
            fact = list_fact(context, operation, paged, f"goes on where {paged.next} leads to")
            yield Problem(fact, f"{pages[0] or 'an entry'}"[:300], f"{pages[1]}"[:300], request, operation.id)


def _page_names(context: CheckContext, operation: Operation, paged: Paged) -> tuple[SentRequest, list[Any], list[Any]]:
    """The names on the first pages, and those that the whole list has from the first of them on."""
    request, actual = _pages(context, operation, paged)
    _, every = _whole(context, operation, paged)
    names = _names(paged, every)
    start = names.index(actual[0]) if actual and actual[0] in names else 0
    return request, names[start : start + SMALL * PAGES], actual


def _pages(context: CheckContext, operation: Operation, paged: Paged) -> tuple[SentRequest, list[Any]]:
    """The names on the first pages, one after the other, with the request for the last of them."""
    assert paged.limit is not None
    assert paged.cursor is not None
    request, names = list_request(context, operation, **{paged.limit: SMALL}), []
    for _ in range(PAGES):
        response = context.send(request)
        names += _names(paged, entries_of(paged, response))
        cursor = pointers.value(response.json, paged.next or "")
        if not cursor:
            break
        further: dict[str, str | int] = {paged.limit: SMALL, paged.cursor: str(cursor)}
        request = list_request(context, operation, **further)
    return request, names


@check(
    "list.order", "A list comes in the order that is asked for.", level="jobs", uses=(PLAIN,), known=_has_places("by"),
)  # fmt: skip
def keeps_the_order(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if paged.by is None:
            continue
        for name, order in paged.orders.items() or (("down", ""),):
            parameter = next((one.name for one in operation.query if one.name.startswith("sort")), None)
            query: dict[str, str | int] = {parameter: order} if parameter and order else {}
            request = list_request(context, operation, **query)
            if _is_one_moment(context, paged, request):
                _begin_later(context)
            values = [str(pointers.value(entry, paged.by)) for entry in entries_of(paged, context.send(request))]
            context.judged(len(values) > 1)
            if values != sorted(values, reverse=name == "down"):
                fact = list_fact(context, operation, paged, f"comes in the order {order or 'newest first'}")
                yield Problem(fact, f"{paged.by} {name}", ", ".join(values[:8]), request, operation.id)


def _is_one_moment(context: CheckContext, paged: Paged, request: SentRequest) -> bool:
    """Whether all jobs of a list were begun at one moment, as where time passes on request only."""
    if not (context.own and paged.jobs and paged.id and paged.by):
        return False
    entries = entries_of(paged, context.send(request))
    return len({str(pointers.value(entry, paged.by)) for entry in entries}) == 1


def _begin_later(context: CheckContext) -> None:
    context.target.wait(1.0)
    talk, submit = next(one for one in context.submits() if context.model_selection.leads(one[1]))
    context.job_traces.begin(talk, submit, context.model_selection.leads(submit)[0])


@check(
    "list.filter", "A list shows what its filter asks for, and nothing else.", level="jobs", uses=(PLAIN,),
    known=_has_places("filters"),
)  # fmt: skip
def keeps_the_filter(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        for row in paged.filters.values():
            beside = row.get("with", {})
            every = entries_of(paged, context.send(list_request(context, operation, **beside)))
            seen = dict.fromkeys(one for entry in every for one in _values(entry, row))
            others = [value for value in _further(context, operation, paged, row) if value not in seen]
            for value in [*list(seen)[:2], *others[: 3 - min(2, len(seen))]]:
                query = {**beside, str(row["name"]): str(row["form"]).format(value=value)}
                request = list_request(context, operation, **query)
                response = context.send(request)
                entries = entries_of(paged, response)
                if len(entries) > 1 and paged.limit and paged.cursor and value == next(iter(seen), None):
                    request, further = _second_page(context, operation, paged, query)
                    entries = [*entries, *further]
                others_too = any(value not in _values(entry, row) for entry in every)
                is_listed = value in seen if not row.get("not") else others_too
                context.judged()
                if any((value in _values(entry, row)) == bool(row.get("not")) for entry in entries) or (
                    is_listed and not entries and _is_still_listed(context, operation, paged, row, value)
                ):
                    fact = list_fact(context, operation, paged, f"can be filtered by {row['name']}")
                    shown = sorted({one for entry in entries for one in _values(entry, row)})
                    expected = f"entries with{'out' if row.get('not') else ''} {row['at']} {value}"
                    yield Problem(fact, expected, f"{shown} in {response.shown()[:200]}", request, operation.id)


def _is_still_listed(
    context: CheckContext, operation: Operation, paged: Paged, row: Mapping[str, Any], value: str
) -> bool:
    """Whether an entry has a value, or lacks it if that is asked for, after the filter was: jobs go on meanwhile."""
    entries = entries_of(paged, context.send(list_request(context, operation, **row.get("with", {}))))
    return any((value in _values(entry, row)) != bool(row.get("not")) for entry in entries)


def _second_page(
    context: CheckContext, operation: Operation, paged: Paged, query: Mapping[str, Any]
) -> tuple[SentRequest, list[Any]]:
    """The request for a page of one entry that follows another one, with the same filter, and its entries."""
    short = {**query, str(paged.limit): 1}
    request = list_request(context, operation, **short)
    cursor = pointers.value(context.send(request).json, paged.next or "")
    if cursor:
        request = list_request(context, operation, **short, **{str(paged.cursor): str(cursor)})
    return request, entries_of(paged, context.send(request)) if cursor else []


def _values(entry: Any, row: Mapping[str, Any]) -> list[str]:
    """What a filter compares: one value, or each of several; the row may name several places."""
    found: list[str] = []
    for place in [row["at"]] if isinstance(row["at"], str) else row["at"]:
        value = pointers.value(entry, place)
        found += map(str, value) if isinstance(value, list) else [] if value is None else [str(value)]
    return found


def _further(context: CheckContext, operation: Operation, paged: Paged, row: Mapping[str, Any]) -> list[str]:
    """Valid filter values that may have no entries: the options of the parameter, or the states of a job."""
    schema: Mapping[str, Any] = next((one.schema for one in operation.query if one.name == row["name"]), {})
    states = {talk.state for talk in context.contract.conversation.jobs.values()}
    words = (
        [state.word for state in context.contract.lifecycle.states.values()]
        if paged.jobs and row["at"] in states and not row.get("not")
        else []
    )
    return [*map(str, schema.get("enum", ())), *words]


@check(
    "list.complete", "A list shows what was begun.", level="jobs", uses=(PLAIN,), known=_talks_of_jobs,
)  # fmt: skip
def shows_what_was_begun(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if not paged.jobs:
            continue
        begun = [trace for trace in context.jobs.traces() if trace.id is not None and _is_listed(context, paged, trace)]
        sample = [*begun[-3:], *(trace for trace in begun[:-3] if not _has_succeeded(context, trace))]
        pages = list_pages(context, operation, paged)
        missing = pages.missing(context, {str(trace.id) for trace in sample})
        for trace in sample:
            if str(trace.id) not in missing:
                context.judged()
            elif not pages.whole:
                context.skip(pages.unread())
            else:
                context.judged()
                fact = list_fact(context, operation, paged, "shows every job of the account")
                yield Problem(fact, f"the job {trace.id}", "it is on none of its pages", pages.first, trace.subject)


def _is_listed(context: CheckContext, paged: Paged, trace: JobTrace) -> bool:
    """Whether a job is in a list: in one of jobs every job, in one of charges what has succeeded."""
    return _has_succeeded(context, trace) or (bool(paged.id) and trace.ended)


def _has_succeeded(context: CheckContext, trace: JobTrace) -> bool:
    return any(state.kind == "succeeded" for state in context.states(trace.last.word if trace.last else None))


@check(
    "list.least",
    "A list that is never empty has entries of the documented form.",
    level="reads",
    known=_has_places("least"),
)
def has_entries(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if paged.least is None:
            continue
        request = list_request(context, operation)
        response = context.answer(request, operation)
        if response is None:
            continue
        names = _names(paged, entries_of(paged, response))
        if len(names) < paged.least or not all(names) or len(set(map(str, names))) != len(names):
            fact = list_fact(context, operation, paged, "names what there is, each once")
            yield Problem(
                fact,
                f"at least {paged.least} entries, each with its name",
                response.shown()[:300],
                request,
                operation.id,
            )


@check("list.models", "A list of models names every model.", level="reads", known=_has_places("models"))
def names_every_model(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if not paged.models:
            continue
        request = list_request(context, operation)
        response = context.try_send(request)
        if response is None or context.excused(response, operation):
            continue
        named = set(map(str, _names(paged, entries_of(paged, response))))
        for model in context.contract.models.values():
            context.judged()
            if model.id not in named:
                fact = context.facts.fact(f"{model.id} is a model", f"models.json {model.id}", model.evidence)
                yield Problem(fact, f"{model.id} in the list", f"{len(named)} others", request, operation.id)


CHECKS: tuple[Check, ...] = (
    has_entries,
    keeps_the_limit,
    pages_follow,
    cursors_lead_again,
    keeps_the_order,
    keeps_the_filter,
    shows_what_was_begun,
    names_every_model,
)

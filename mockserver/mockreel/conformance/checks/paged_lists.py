"""Lists with entries: limits, cursors, order and filters."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
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

SMALL = 2
_LISTS = "every list"


def lists(context: CheckContext) -> Iterator[tuple[Operation, Paged]]:
    """Every list of the contract, with its parameters; what is documented word for word as one of them is alike."""
    if _LISTS not in context.cache:
        context.cache[_LISTS] = list(_every(context))
    yield from context.cache[_LISTS]


def _every(context: CheckContext) -> Iterator[tuple[Operation, Paged]]:
    known = context.contract.conversation.lists
    for name, paged in known.items():
        operation = context.contract.operation(name)
        yield operation, paged
        for other in context.contract.operations:
            if other.id not in known and "{" not in other.path and _documented(other) == _documented(operation):
                yield other, paged


def _documented(operation: Operation) -> tuple[Any, ...]:
    """What the document says of an operation but for its name and path."""
    raw = operation.raw
    row = {name: value for name, value in raw.get("x-mockreel", {}).items() if name != "source"}
    return operation.method, raw.get("parameters"), raw.get("responses"), row


def has_places(*fields: str) -> Callable[[CheckContext], bool]:
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


def entry_names(paged: Paged, entries: list[Any]) -> list[Any]:
    return [pointers.value(entry, paged.id) if paged.id else entry for entry in entries]


def whole_list(
    context: CheckContext, operation: Operation, paged: Paged, query: Mapping[str, str | int] = MappingProxyType({})
) -> tuple[SentRequest, list[Any]]:
    """The list without parameters for its pages."""
    request = list_request(context, operation, **query)
    return request, entries_of(paged, context.send(request))


def sort_parameter(operation: Operation) -> str | None:
    """The query parameter for the order of a list."""
    return next((one.name for one in operation.query if one.name.startswith("sort")), None)


@check("list.limit", "A list is as long as the limit asks for.", level="jobs", uses=(PLAIN,), known=has_places("limit"))
def keeps_the_limit(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if paged.limit is None:
            continue
        _, every = whole_list(context, operation, paged)
        for limit in (1, SMALL) if len(every) > SMALL else ():
            request = list_request(context, operation, **{paged.limit: limit})
            response = context.send(request)
            context.judged()
            if len(entries_of(paged, response)) != limit:
                fact = list_fact(context, operation, paged, f"gives at most {paged.limit} entries")
                actual = f"{len(entries_of(paged, response))} entries: {response.shown()[:200]}"
                yield Problem(fact, f"{limit} of {len(every)} entries", actual, request, operation.id)


@check(
    "list.order", "A list comes in the order that is asked for.", level="jobs", uses=(PLAIN,), known=has_places("by"),
)  # fmt: skip
def keeps_the_order(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if paged.by is None:
            continue
        for name, order in paged.orders.items() or (("down", ""),):
            parameter = sort_parameter(operation)
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
    known=has_places("filters"),
)  # fmt: skip
def keeps_the_filter(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        for row in paged.filters.values():
            beside = row.get("with", {})
            every = entries_of(paged, context.send(list_request(context, operation, **beside)))
            seen = dict.fromkeys(one for entry in every for one in filter_values(entry, row))
            others = [value for value in _further(context, operation, paged, row) if value not in seen]
            few, parted = 3 - min(2, len(seen)), _parted(every, row)
            yield from _refused_options(context, operation, paged, row, others[few:])
            for value in [*dict.fromkeys([*list(seen)[:2], *parted, *_one_of_each_place(every, row)]), *others[:few]]:
                query = {**beside, str(row["name"]): str(row["form"]).format(value=value)}
                request = list_request(context, operation, **query)
                response = context.send(request)
                entries = entries_of(paged, response)
                if len(entries) > 1 and paged.limit and paged.cursor and value in (parted or list(seen)[:1]):
                    request, further = second_page(context, operation, paged, query)
                    entries = [*entries, *further]
                others_too = any(value not in filter_values(entry, row) for entry in every)
                is_listed = value in seen if not row.get("not") else others_too
                context.judged()
                if any((value in filter_values(entry, row)) == bool(row.get("not")) for entry in entries) or (
                    is_listed and not entries and _is_still_listed(context, operation, paged, row, value)
                ):
                    fact = list_fact(context, operation, paged, f"can be filtered by {row['name']}")
                    shown = sorted({one for entry in entries for one in filter_values(entry, row)})
                    expected = f"entries with{'out' if row.get('not') else ''} {row['at']} {value}"
                    yield Problem(fact, expected, f"{shown} in {response.shown()[:200]}", request, operation.id)


def _parted(entries: list[Any], row: Mapping[str, Any]) -> list[str]:
    """A value, at most, whose first two entries have another's between them: what follows the first without the filter.

    The filter of a list's second page is seen to be kept with such a value only.
    """
    fits = [set(filter_values(entry, row)) for entry in entries]
    for value in dict.fromkeys(one for found in fits for one in sorted(found)):
        numbers = [number for number, found in enumerate(fits) if (value in found) != bool(row.get("not"))]
        if len(numbers) > 1 and numbers[1] - numbers[0] > 1:
            return [value]
    return []


def _one_of_each_place(entries: list[Any], row: Mapping[str, Any]) -> Iterator[str]:
    """The first value at each place that a filter compares."""
    for place in () if isinstance(row["at"], str) else row["at"]:
        yield from [one for entry in entries for one in filter_values(entry, {"at": place})][:1]


def _refused_options(
    context: CheckContext, operation: Operation, paged: Paged, row: Mapping[str, Any], values: list[str]
) -> Iterator[Problem]:
    """The options of a filter that are refused, of those with which nothing else is asked."""
    for value in values:
        query = {**row.get("with", {}), str(row["name"]): str(row["form"]).format(value=value)}
        request = list_request(context, operation, **query)
        response = context.answer(request, operation)
        if response is not None and context.error_detector.refused(response):
            fact = list_fact(context, operation, paged, f"can be filtered by {row['name']}")
            yield Problem(fact, f"entries with {row['at']} {value}, or none", response.shown(), request, operation.id)


def _is_still_listed(
    context: CheckContext, operation: Operation, paged: Paged, row: Mapping[str, Any], value: str
) -> bool:
    """Whether an entry has a value, or lacks it if that is asked for, after the filter was: jobs go on meanwhile."""
    entries = entries_of(paged, context.send(list_request(context, operation, **row.get("with", {}))))
    return any((value in filter_values(entry, row)) != bool(row.get("not")) for entry in entries)


def second_page(
    context: CheckContext, operation: Operation, paged: Paged, query: Mapping[str, Any]
) -> tuple[SentRequest, list[Any]]:
    """The request for a page of one entry that follows another one, with the same filter, and its entries."""
    short = {**query, str(paged.limit): 1}
    request = list_request(context, operation, **short)
    cursor = pointers.value(context.send(request).json, paged.next or "")
    if cursor:
        request = list_request(context, operation, **short, **{str(paged.cursor): str(cursor)})
    return request, entries_of(paged, context.send(request)) if cursor else []


def filter_values(entry: Any, row: Mapping[str, Any]) -> list[str]:
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
    known=has_places("least"),
)
def has_entries(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if paged.least is None:
            continue
        request = list_request(context, operation)
        response = context.answer(request, operation)
        if response is None:
            continue
        names = entry_names(paged, entries_of(paged, response))
        if len(names) < paged.least or not all(names) or len(set(map(str, names))) != len(names):
            fact = list_fact(context, operation, paged, "names what there is, each once")
            yield Problem(
                fact,
                f"at least {paged.least} entries, each with its name",
                response.shown()[:300],
                request,
                operation.id,
            )


@check("list.models", "A list of models names every model.", level="reads", known=has_places("models"))
def names_every_model(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if not paged.models:
            continue
        request = list_request(context, operation)
        response = context.try_send(request)
        if response is None or context.excused(response, operation):
            continue
        named = set(map(str, entry_names(paged, entries_of(paged, response))))
        for model in context.contract.models.values():
            context.judged()
            if model.id not in named:
                fact = context.facts.fact(f"{model.id} is a model", f"models.json {model.id}", model.evidence)
                yield Problem(fact, f"{model.id} in the list", f"{len(named)} others", request, operation.id)


CHECKS: tuple[Check, ...] = (
    has_entries,
    keeps_the_limit,
    keeps_the_order,
    keeps_the_filter,
    shows_what_was_begun,
    names_every_model,
)

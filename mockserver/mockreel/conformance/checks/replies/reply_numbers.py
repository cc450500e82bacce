"""Numbers of one response that belong together: a sum and its parts, an order, a page and the whole list."""

import math
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem

# So many responses of an operation are looked at, the last ones.
MOST = 20
# A length that is so many times less than what was seen is in another unit.
FAR = 20


@check(
    "reply.numbers", "Numbers of one response that belong together agree.", level="reads", uses=(PLAIN,),
    known=lambda context: bool(context.contract.conversation.numbers),
)  # fmt: skip
def numbers_agree(context: CheckContext) -> Iterator[Problem]:
    for name, row in context.contract.conversation.numbers.items():
        if "longest" in row.given:
            continue
        for request, response in _shown(context, str(row.given["operation"])):
            context.judged()
            for expected, actual in (wrong for place in row.at for wrong in _wrong(row, place, response)):
                says = f"numbers of {row.given['operation']} agree"
                fact = context.facts.fact(says, f"conversation.yaml numbers {name}", row.evidence)
                yield Problem(fact, expected, actual, request, str(row.given["operation"]))


def _shown(context: CheckContext, name: str) -> Iterator[tuple[SentRequest, ReceivedResponse]]:
    """What an operation has answered in this run, and answers now."""
    operation = context.contract.operation(name)
    request = context.requests.good(operation)
    if context.request_checker.judge(request).row is None:
        context.answer(request, operation)
    log = [pair for pair in context.log if pair[0].operation and pair[0].operation.id == name]
    yield from [pair for pair in log if not context.error_detector.refused(pair[1])][-MOST:]


def _wrong(row: Places, place: str, response: ReceivedResponse) -> Iterator[tuple[str, str]]:
    """What should be otherwise, and what is."""
    values, parent = pointers.values(response.json, place), place.rpartition("/")[0]
    if "within" in row.given:
        yield from _beyond(row, place, response)
        return
    if not values and pointers.values(response.json, parent):
        yield f"a number at {place}", response.shown()[:200]
    for value in values:
        if "ascending" in row.given:
            numbers = [number(pointers.value(value, one)) for one in row.given["ascending"]]
            known = [one for one in numbers if one is not None]
            if known != sorted(known):
                yield f"{', '.join(row.given['ascending'])} in ascending order", f"{value}"[:200]
        elif "sum" in row.given:
            parts = [number(pointers.value(response.json, one)) for one in row.given["sum"]]
            known = [one for one in parts if one is not None]
            if len(known) == len(parts) and number(value) not in (None, sum(known)):
                yield f"{sum(known)} at {place}, as {' + '.join(map(str, known))}", f"{value!r}"
        else:
            yield from _page(row, place, value, response)


def _beyond(row: Places, place: str, response: ReceivedResponse) -> Iterator[tuple[str, str]]:
    """Whether parts are in all more than the whole that they are of."""
    every = [[number(one) for one in pointers.values(response.json, at)] for at in (place, str(row.given["within"]))]
    parts, whole = (sum((one for one in some if one is not None), Decimal(0)) for some in every)
    if every[1] and parts > whole:
        yield f"at most {whole:f} in all at {place}, as at {row.given['within']}", f"{parts:f}"


def _page(row: Places, place: str, value: Any, response: ReceivedResponse) -> Iterator[tuple[str, str]]:
    """Whether a page of a list agrees with the total that is told, and so do the number of pages and the next one."""
    entries = pointers.value(response.json, str(row.given["items"]))
    total, size, at, pages = (
        number(one) for one in (value, *(_at(row, response, name) for name in ("size", "page", "pages")))
    )
    if not isinstance(entries, list) or total is None or not size or not at:
        return
    before = (at - 1) * size
    left = max(Decimal(0), min(size, total - before))
    if len(entries) != left:
        yield f"{left} entries on page {at} of {size} each, as there are {total} at {place}", f"{len(entries)} entries"
    if pages is not None and pages != math.ceil(total / size):
        yield f"{math.ceil(total / size)} at {row.given['pages']}, as there are {total} of {size} each", f"{pages}"
    more = _at(row, response, "more")
    if isinstance(more, bool) and more != (before + len(entries) < total):
        yield f"{not more} at {row.given['more']}, as {before + len(entries)} of {total} were shown", f"{more}"


def _at(row: Places, response: ReceivedResponse, name: str) -> Any:
    return pointers.value(response.json, str(row.given[name])) if name in row.given else None


def number(value: Any) -> Decimal | None:
    """A number, or a text that is one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


@check(
    "reply.lengths", "How long jobs are said to last is about as long as they were seen to.", level="reads",
    uses=(PLAIN,),
    known=lambda context: any(True for _ in _lengths(context)),
)  # fmt: skip
def lengths_are_as_seen(context: CheckContext) -> Iterator[Problem]:
    """Others may use the model too, so only another unit is told from the right one."""
    for name, row in _lengths(context):
        operation = context.contract.operation(str(row.given["operation"]))
        request = context.requests.good(operation)
        response = context.answer(request, operation)
        entries = pointers.values(response.json, str(row.given["entries"])) if response is not None else []
        told = {
            pointers.value(one, str(row.given["named"])): number(pointers.value(one, row.given["longest"]))
            for one in entries
        }
        seen = _seen(context)
        if context.own and seen and not seen.keys() & told.keys():  # elsewhere they may be told of later
            fact = context.facts.operation(f"{operation.id} has the models that were used", operation)
            yield Problem(fact, f"one of {', '.join(seen)}"[:200], f"{list(told)}"[:200], request, operation.id)
        for model, seconds in seen.items():
            units = Decimal(str(seconds)) * row.given["per_second"]
            if (shown := told.get(model)) is not None and shown * FAR < units:
                fact = context.facts.fact(
                    f"{operation.id} says how long jobs last", f"conversation.yaml numbers {name}", row.evidence
                )
                expected = f"about {units:.0f} for {model}, which took {seconds:.1f} s"
                yield Problem(fact, expected, f"{shown}", request, operation.id)
                break


def _lengths(context: CheckContext) -> Iterator[tuple[str, Places]]:
    rows = context.contract.conversation.numbers.items()
    return ((name, row) for name, row in rows if "longest" in row.given)


def _seen(context: CheckContext) -> dict[str, float]:
    """How long a job of each model was seen to be under way, at least."""
    found: dict[str, float] = {}
    for trace in context.jobs.traces():
        words = context.job_traces.words(trace)
        looks = [poll.sent for poll, states in words if states and not any(state.terminal for state in states)]
        if looks and trace.ended and trace.model is not None and looks[-1] - trace.started_at >= 1.0:
            found[trace.model.id] = looks[-1] - trace.started_at
    return found


CHECKS: tuple[Check, ...] = (numbers_agree, lengths_are_as_seen)

"""Partial lists: only the named fields, only the times between two bounds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import alike, moment
from mockreel.conformance.checks.paged_lists import list_fact, list_request, lists
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.conformance.list_reader import entries_of
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Paged
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem

# The bounds that take in what is at them. A moment may be kept finer than it is shown, which an upper bound then leaves
# out: only one that is written to the microsecond is taken for what is kept. Of so many bounds one must show its entry.
_INCLUSIVE, BOUNDS = ("from", "to"), 3
_EXACT = re.compile(r"\.\d{6}")
_SIDES = {"from": "not before", "to": "not after", "after": "after", "before": "before"}


@check(
    "list.fields", "An entry of a list has the fields that are asked for, and no others.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(paged.fields for _, paged in lists(context)),
)  # fmt: skip
def has_the_fields(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if paged.fields is None:
            continue
        name = paged.id.removeprefix("/")
        request = list_request(context, operation, **{paged.fields: name})
        response = context.send(request)
        entries = entries_of(paged, response)
        context.judged(bool(entries))
        wrong = [entry for entry in entries if not isinstance(entry, dict) or set(entry) != {name}]
        if wrong:
            fact = list_fact(context, operation, paged, f"gives the fields that {paged.fields} names")
            yield Problem(fact, f"entries with {name} alone", f"{wrong[0]}"[:300], request, operation.id)
        else:
            yield from _partial(context, operation, paged, name)


def _partial(context: CheckContext, operation: Operation, paged: Paged, name: str) -> Iterator[Problem]:
    """Whether a partial entry says what the whole one says: a value that is made for the entry may be made twice."""
    whole = list_request(context, operation)
    entries = {entry[name]: entry for entry in entries_of(paged, context.send(whole)) if isinstance(entry, dict)}
    fields = sorted({field for entry in entries.values() for field, value in entry.items() if _is_plain(value)})
    if not fields:
        return
    request = list_request(context, operation, **{str(paged.fields): ",".join(dict.fromkeys([name, *fields]))})
    partial = entries_of(paged, context.send(request))
    now = {entry[name]: entry for entry in entries_of(paged, context.send(whole)) if isinstance(entry, dict)}
    context.judged(bool(partial))
    for entry in partial:
        before = entries.get(entry.get(name)) if isinstance(entry, dict) else None
        if before is None or now.get(entry[name]) != before:  # it may have moved on meanwhile
            continue
        wrong = [one for one in fields if before.get(one) is not None and not alike(entry.get(one), before[one])]
        if wrong:
            fact = list_fact(context, operation, paged, f"gives the fields that {paged.fields} names, as they are")
            expected = ", ".join(f"{one}: {before[one]!r}" for one in wrong)
            actual = ", ".join(f"{one}: {entry.get(one)!r}" for one in wrong)
            yield Problem(fact, expected[:300], actual[:300], request, operation.id)
            return


def _is_plain(value: Any) -> bool:
    return value is not None and not isinstance(value, dict | list)


@check(
    "list.range", "A list shows what lies between the moments that are asked for.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(paged.range for _, paged in lists(context)),
)  # fmt: skip
def keeps_the_range(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        every = entries_of(paged, context.send(list_request(context, operation))) if paged.range else []
        for side, bound in paged.range.items():
            name, form = (bound, "{value}") if isinstance(bound, str) else (bound["name"], bound["form"])
            by = str(paged.by if isinstance(bound, str) else bound.get("by", paged.by))
            moments = _moments(by, every)
            if len(moments) < 2:
                continue
            ask = _Bound(operation, paged, name, form, by)
            middle = moments[len(moments) // 2]
            request, response, actual = ask.at(context, middle)
            context.judged()
            within = [one for one in moments if not _is_beyond(side, one, middle) and not _is_same(one, middle)]
            lacking = [one for one in within if one not in actual] if _is_last(paged, response) else []
            some = any(not _is_beyond(side, one, middle) for one in moments)
            fact = list_fact(context, operation, paged, f"can be bounded by {name}")
            if (some and not actual) or lacking or any(_is_beyond(side, one, middle) for one in actual):
                expected = f"what is {_SIDES[side]} {middle}"
                yield Problem(fact, expected, f"{', '.join(actual[:6]) or 'nothing'}", request, operation.id)
            elif side in _INCLUSIVE:
                tried = [one for one in dict.fromkeys(moments) if side == "from" or _EXACT.search(one)][-BOUNDS:]
                lists_at = [ask.at(context, one) for one in tried]
                if tried and not any(_shows(paged, *found) for found in zip(tried, lists_at, strict=True)):
                    request, _, actual = lists_at[-1]
                    expected = f"what is at {tried[-1]} too"
                    yield Problem(fact, expected, f"{', '.join(actual[:6]) or 'nothing'}", request, operation.id)
        yield from _between(context, operation, paged, every)


def _between(context: CheckContext, operation: Operation, paged: Paged, every: list[Any]) -> Iterator[Problem]:
    """Whether two bounds that are parameters of their own hold together."""
    bounds, by = [paged.range.get(side) for side in _INCLUSIVE], str(paged.by)
    moments = _moments(by, every) if paged.by else []
    low, high = bounds
    if not (isinstance(low, str) and isinstance(high, str)) or len(moments) < 3:
        return
    first, last = moments[len(moments) // 3], moments[len(moments) // 2]
    request = list_request(context, operation, **{low: first, high: last})
    actual = _moments(by, entries_of(paged, context.send(request)))
    context.judged()
    if any(_is_beyond("from", one, first) or _is_beyond("to", one, last) for one in actual):
        fact = list_fact(context, operation, paged, f"can be bounded by {low} and {high} at once")
        expected = f"what is not before {first} and not after {last}"
        yield Problem(fact, expected, f"{', '.join(actual[:6])}", request, operation.id)


@dataclass(frozen=True, slots=True)
class _Bound:
    """A list that is asked with one bound; `by` is the place of the moment that it bounds."""

    operation: Operation
    paged: Paged
    name: str
    form: str
    by: str

    def at(self, context: CheckContext, moment_: str) -> tuple[SentRequest, ReceivedResponse, list[str]]:
        """The request with this bound, its response, and the moments of the entries."""
        request = list_request(context, self.operation, **{self.name: self.form.format(value=moment_)})
        response = context.send(request)
        return request, response, _moments(self.by, entries_of(self.paged, response))


def _is_last(paged: Paged, response: ReceivedResponse) -> bool:
    """Whether a page says that no other follows it."""
    return paged.next is None or not pointers.value(response.json, paged.next)


def _shows(paged: Paged, bound: str, found: tuple[SentRequest, ReceivedResponse, list[str]]) -> bool:
    """Whether a bounded list has what is at its bound; on a page that is not the last it may be further on."""
    return not _is_last(paged, found[1]) or any(_is_same(one, bound) for one in found[2])


def _moments(by: str, entries: list[Any]) -> list[str]:
    """The moments of entries, the oldest first."""
    found = [str(pointers.value(entry, by)) for entry in entries]
    return sorted(one for one in found if moment(one) is not None)


def _is_beyond(side: str, one: str, bound: str) -> bool:
    first, second = moment(one), moment(bound)
    if first is None or second is None or (first.tzinfo is None) != (second.tzinfo is None):
        return False
    return {"from": first < second, "to": first > second, "after": first <= second, "before": first >= second}[side]


def _is_same(one: str, other: str) -> bool:
    return moment(one) == moment(other)


CHECKS: tuple[Check, ...] = (has_the_fields, keeps_the_range)

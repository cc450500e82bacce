"""What a job has beside its record is its own, and what differs between two jobs does."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import moment
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.problem import Problem

# The number of jobs of each kind whose details are requested.
MOST = 3
# An entry may be so many seconds older or younger than its job.
AWAY = 5.0


@check(
    "record.details", "What a job has beside its record is there, is its own, and is of its time.", level="jobs",
    uses=(PLAIN,),
    known=lambda context: any(talk.promises.details for talk in context.contract.conversation.jobs.values()),
)  # fmt: skip
def details_are_there(context: CheckContext) -> Iterator[Problem]:
    ended_traces = [trace for trace in context.jobs.traces() if trace.ended and trace.last is not None]
    for trace in ended_traces[:MOST]:
        for name, row in trace.talk.promises.details.items():
            link = context.links.find(trace.submit, trace.response, name)
            if link is None:
                continue
            request = context.links.follow(link, trace.request, trace.response)
            response = context.answer(request, link.to)
            if response is None:
                continue
            found = pointers.value(response.json, row.at[0])
            wrong = _wrong(trace, row, found if isinstance(found, list) else [])
            if wrong:
                fact = context.facts.fact(
                    f"{name} shows what {trace.talk.poll} tells of",
                    f"conversation.yaml {trace.talk.name} details",
                    row.evidence,
                )
                yield Problem(fact, wrong, response.shown()[:300], request, name)


def _wrong(trace: JobTrace, row: Places, entries: list[Any]) -> str:
    """What the entries should be; empty where they are."""
    record = trace.last.response.json if trace.last else None
    detail = pointers.value(record, row.given["told"])
    if detail is not None and bool(detail) != bool(entries):
        return f"{'entries' if detail else 'no entry'}, as {row.given['told']} is {detail}"
    if any(str(pointers.value(entry, row.given["of"])) != str(trace.id) for entry in entries):
        return f"{trace.id} at {row.given['of']} of each"
    ids = [str(pointers.value(entry, row.given["id"])) for entry in entries]
    if len(set(ids)) != len(ids):
        return f"another {row.given['id']} for each"
    moments = [moment(pointers.value(entry, row.given["by"])) for entry in entries]
    bounds = [moment(pointers.value(record, place)) for place in (trace.talk.promises.moments or row).at]
    for one in moments:
        span = [bound for bound in bounds if one and bound and (bound.tzinfo is None) == (one.tzinfo is None)]
        if one and span and not _within(one, min(span), max(span)):
            return f"moments from {min(span)} to {max(span)} at {row.given['by']}"
    return ""


def _within(one: datetime, first: datetime, last: datetime) -> bool:
    return (first - one).total_seconds() <= AWAY and (one - last).total_seconds() <= AWAY


@check(
    "record.distinct", "What is a job's own is another value for each job.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(talk.promises.distinct for talk in context.contract.conversation.jobs.values()),
)  # fmt: skip
def jobs_differ(context: CheckContext) -> Iterator[Problem]:
    seen: dict[tuple[str, str], JobTrace] = {}
    for trace in context.jobs.traces():
        row = trace.talk.promises.distinct
        context.missing_places(trace.submit, row.at if row else ())
        for place in row.at if row else ():
            value = pointers.value(trace.response.json, place)
            if value in pointers.NOTHING:
                continue
            context.judged()
            other = seen.setdefault((place, str(value)), trace)
            if other.id != trace.id and row is not None:
                where = f"conversation.yaml {trace.talk.name} promises distinct"
                fact = context.facts.fact(f"{place} is another one for every job", where, row.evidence)
                actual = f"{value!r}, as of the job {other.id}"
                yield Problem(fact, f"a value that no other job has at {place}", actual, trace.request, trace.subject)


@check(
    "record.opens", "The answer to a submit has what every such answer has.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(talk.promises.opens for talk in context.contract.conversation.jobs.values()),
)  # fmt: skip
def submits_show_what_they_must(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.traces():
        row = trace.talk.promises.opens
        if row is None:
            continue
        context.judged()
        lacking = [place for place in row.at if pointers.value(trace.response.json, place) is None]
        if lacking:
            where = f"conversation.yaml {trace.talk.name} promises opens"
            fact = context.facts.fact(f"the answer to a submit has {', '.join(row.at)}", where, row.evidence)
            yield Problem(fact, ", ".join(lacking), trace.response.shown(), trace.request, trace.subject)


CHECKS: tuple[Check, ...] = (details_are_there, jobs_differ, submits_show_what_they_must)

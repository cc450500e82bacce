"""An account's counters before a job, while it runs, and after its end."""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mockreel.conformance.jobs.job_traces import JobTrace, Start
from mockreel.conformance.jobs.task_queue import Task
from mockreel.contract import State, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext


@dataclass
class Counted:
    """One job, and the values of each counter around it; `looks` are those at which it was in a state all the time."""

    trace: JobTrace
    request: Mapping[str, SentRequest]
    before: Mapping[str, ReceivedResponse]
    looks: list[tuple[tuple[State, ...], Mapping[str, ReceivedResponse]]] = field(default_factory=list)
    after: Mapping[str, ReceivedResponse] = field(default_factory=dict)
    others: tuple[Mapping[str, ReceivedResponse], ...] = ()  # the same of another account, before and after
    others_began: int = 0  # how many jobs that account may have begun meanwhile
    # Rows whose bounds are inclusive, asked about the day of the job alone.
    of_its_day: list[tuple[Places, SentRequest, ReceivedResponse]] = field(default_factory=list)
    others_at_once: Mapping[str, ReceivedResponse] = field(default_factory=dict)  # what counts its jobs under way


def count(context: "CheckContext", found: list[Counted]) -> Task:
    """Read every counter before a job, while it runs, and after its end; another account's before and after."""
    talk, submit = next(one for one in context.submits() if context.model_selection.leads(one[1]))
    requests = _requests(context)
    strange = _as_another(context, requests)
    others, began = _responses(context, strange), len(context.log)
    before = _responses(context, requests)
    trace = context.job_traces.begin(talk, submit, context.model_selection.leads(submit)[0])
    counted = Counted(trace, requests, before)
    pending = {str(row.given["operation"]) for row in pending_rows(context)}
    counted.others_at_once = _responses(context, {name: one for name, one in strange.items() if name in pending})
    found.append(counted)
    age, states = 0.0, _states(context, trace)
    while not trace.ended and age <= context.waits.wait_timeout:
        if not any(states == seen for seen, _ in counted.looks):
            responses, seen_before = _responses(context, requests), states
            states = _states(context, trace)
            counted.looks += [(states, responses)] if states and states == seen_before else []
        yield context.waits.step(age)
        states = _states(context, trace)
        age = context.target.now() - trace.started_at
    yield 0.5
    counted.after = _responses(context, requests)
    for row, request in _of_its_day(context, trace):
        counted.of_its_day.append((row, request, context.send(request)))
    counted.others = (others, _responses(context, strange)) if strange else ()
    sent = (request for request, _ in context.log[began:] if request.operation is not None)
    counted.others_began = sum(one.who == "other" and one.operation.submits for one in sent if one.operation)


def _of_its_day(context: "CheckContext", trace: JobTrace) -> Iterator[tuple[Places, SentRequest]]:
    """The requests that are about the day on which a job was begun, from its first moment to its last."""
    day = day_begun(trace)
    for row in context.contract.conversation.counts:
        if day and "inclusive" in row.given:
            bounds = {name: f"{day}{moment}" for name, moment in row.given["inclusive"].items()}
            operation = context.contract.operation(str(row.given["operation"]))
            yield row, context.requests.good(operation, params=bounds)


def day_begun(trace: JobTrace) -> str:
    """The day of UTC on which a job was begun, as its record says; empty where it does not."""
    moments = trace.talk.promises.moments
    shown = pointers.value(trace.response.json, moments.at[0]) if moments else None
    try:
        begun = datetime.fromisoformat(str(shown))
    except ValueError:
        return ""
    return f"{begun.astimezone(UTC):%Y-%m-%d}" if begun.tzinfo else ""


@dataclass
class Released:
    """The counters of another account before a job of its own and after its end."""

    trace: JobTrace
    before: Mapping[str, ReceivedResponse]
    after: Mapping[str, ReceivedResponse]


def pending_rows(context: "CheckContext") -> list[Places]:
    """What counts the jobs that are under way."""
    return [row for row in context.contract.conversation.counts if row.given["of"] == "pending"]


def released_starts(context: "CheckContext") -> Iterator[Start]:
    """A job that ends by itself, and one that is cancelled, where something counts what is under way."""
    able = [one for one in context.submits() if context.model_selection.leads(one[1])] if pending_rows(context) else []
    stopped = [one for one in able if context.can_cancel(one[1])]
    for (talk, submit), cancels in (*((one, False) for one in able[:1]), *((one, True) for one in stopped[:1])):
        yield Start(talk, submit, context.model_selection.leads(submit)[0], cancels=cancels)


def release(context: "CheckContext", found: list[Released]) -> Task:
    """Let another account begin a job that ends by itself, and one that it cancels; read its counters around each."""
    requests = _as_another(context, _requests(context))
    for start in released_starts(context) if requests else ():
        before = _responses(context, requests)
        trace = context.job_traces.begin(start.talk, start.submit, start.model, who="other")
        request = context.job_traces.cancellation(trace) if start.cancels else None
        if request is not None and request.who != "admin":
            context.send(replace(request, who="other"))
        yield from context.job_traces.to_the_end(trace)
        yield 0.5
        if trace.ended:
            found.append(Released(trace, before, _responses(context, requests)))


def _as_another(context: "CheckContext", requests: Mapping[str, SentRequest]) -> dict[str, SentRequest]:
    """The same requests of another account, if there is a key of one."""
    known = "other" in context.target.keys.of
    return {name: replace(request, who="other") for name, request in requests.items()} if known else {}


def _states(context: "CheckContext", trace: JobTrace) -> tuple[State, ...]:
    """What a look shows a job to be."""
    poll = context.job_traces.look(trace)
    return context.states(poll.word) if poll is not None else ()


def on_day(row: Places, response: ReceivedResponse, day: str) -> Decimal | None:
    """The sum of a counter's values at entries of one day; None if there is none."""
    days = pointers.values(response.json, str(row.given["day"]))
    found = [value for place in row.at for value in pointers.values(response.json, place)]
    if len(days) != len(found):
        return None
    try:
        return sum((Decimal(str(one)) for one, shown in zip(found, days, strict=True) if shown == day), Decimal(0))
    except ArithmeticError:
        return None


def total(row: Places, response: ReceivedResponse) -> Decimal | None:
    """The sum of the values at a counter's places; None if they are not numbers."""
    found = [value for place in row.at for value in pointers.values(response.json, place)]
    try:
        return sum((Decimal(str(value)) for value in found), Decimal(0)) if found else None
    except ArithmeticError:
        return None


def _requests(context: "CheckContext") -> dict[str, SentRequest]:
    """The request for each operation that has a counter."""
    now = _now(context)
    return {str(row.given["operation"]): _request(context, row, now) for row in context.contract.conversation.counts}


def _now(context: "CheckContext") -> float:
    """The hour by the target's clock: as a record of the run has it, else by our own."""
    for trace in (one for group in context.jobs.groups.values() for one in group):
        row = trace.talk.promises.moments
        started = pointers.value(trace.response.json, row.at[0]) if row else None
        with suppress(ValueError):
            return datetime.fromisoformat(str(started)).timestamp()
    return context.target.now() if context.own else time.time()


def _request(context: "CheckContext", row: Places, now: float) -> SentRequest:
    operation = context.contract.operation(str(row.given["operation"]))
    query: Mapping[str, Any] = row.given.get("query", {})
    moments = {name: f"{datetime.fromtimestamp(now + away, UTC):%Y-%m-%dT%H:%M:%SZ}" for name, away in query.items()}
    return context.requests.good(operation, params=moments)


def _responses(context: "CheckContext", requests: Mapping[str, SentRequest]) -> dict[str, ReceivedResponse]:
    return {name: context.send(request) for name, request in requests.items()}

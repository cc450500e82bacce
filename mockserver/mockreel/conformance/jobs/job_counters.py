"""An account's counters before a job, while it runs, and after its end."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.conformance.jobs.task_queue import Task
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext


@dataclass
class Counted:
    """One job, and the values of each counter around it; `pending` is true if it was running at the read."""

    trace: JobTrace
    request: Mapping[str, SentRequest]
    before: Mapping[str, ReceivedResponse]
    during: Mapping[str, ReceivedResponse] = field(default_factory=dict)
    after: Mapping[str, ReceivedResponse] = field(default_factory=dict)
    pending: bool = False


def count(context: "CheckContext", found: list[Counted]) -> Task:
    """Read every counter before a job, while it runs, and after its end."""
    talk, submit = next(one for one in context.submits() if context.model_selection.leads(one[1]))
    requests = _requests(context)
    before = _responses(context, requests)
    trace = context.job_traces.begin(talk, submit, context.model_selection.leads(submit)[0])
    counted = Counted(trace, requests, before)
    found.append(counted)
    counted.during = _responses(context, requests)
    poll = context.job_traces.look(trace)
    counted.pending = poll is not None and not trace.ended and bool(context.states(poll.word))
    age = 0.0
    while not trace.ended and age <= context.waits.wait_timeout:
        yield context.waits.step(age)
        context.job_traces.look(trace)
        age = context.target.now() - trace.started_at
    yield 0.5
    counted.after = _responses(context, requests)


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

"""A batch ends, has the requested number of jobs, each with its own record, and sends a webhook."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.error_responses import row_problem
from mockreel.conformance.checks.job_records import alike, amount
from mockreel.conformance.checks.webhook_deliveries import same_state
from mockreel.conformance.checks.webhook_history import wrong_entries
from mockreel.conformance.jobs.batch_traces import BatchTrace, batch_request, is_over
from mockreel.conformance.jobs.job_groups import BATCH
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import Skipped


def has_batches(context: CheckContext) -> bool:
    """Whether the provider begins many jobs at once."""
    return context.contract.conversation.batch is not None


def calls_back(context: CheckContext) -> bool:
    """Whether a batch has a webhook."""
    row = context.contract.conversation.batch
    return row is not None and "webhook" in row.given


def keeps_history(context: CheckContext) -> bool:
    """Whether a batch's deliveries can be read."""
    row = context.contract.conversation.batch
    return calls_back(context) and row is not None and bool(row.given.get("history"))


def _fact(context: CheckContext, trace: BatchTrace, says: str) -> Fact:
    return context.facts.fact(says, "conversation.yaml batch", trace.row.evidence)


def _submit(context: CheckContext, trace: BatchTrace) -> Operation:
    return context.contract.operation(str(trace.row.given["operation"]))


def _ended_batches(context: CheckContext) -> Iterator[BatchTrace]:
    """The batches that were seen to their end."""
    for trace in context.jobs.batches():
        if trace.whole and is_over(context, trace.row, trace.last):
            yield trace
        elif not context.excused(trace.response, _submit(context, trace)):
            context.skip(f"a batch was not seen to its end: {trace.stopped or 'see batch.ends'}")


@check(
    "batch.ends", "A batch ends with as many jobs as it was asked for.", level="jobs", uses=(BATCH,), known=has_batches
)
def ends_with_all_its_jobs(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.batches():
        operation, row = _submit(context, trace), trace.row
        if context.excused(trace.response, operation):
            continue
        total = pointers.value(trace.response.json, str(row.given["total"]))
        sent = pointers.value(trace.request.json, str(row.given["sent"]))
        context.judged()
        if trace.poll is None or not isinstance(total, int) or (isinstance(sent, list) and total != len(sent)):
            expected = f"a batch with {row.given['total']}" + (f" {len(sent)}" if isinstance(sent, list) else "")
            fact = _fact(context, trace, f"{operation.id} begins jobs")
            yield Problem(fact, expected, trace.response.shown(), trace.request, operation.id)
        elif trace.stopped:
            context.skip(f"a batch was not seen to its end: {trace.stopped}")
        else:
            yield from _count_problems(context, trace, total)


def _count_problems(context: CheckContext, trace: BatchTrace, expected: int) -> Iterator[Problem]:
    """Whether every job of a batch has ended, and is counted."""
    row, last = trace.row, trace.last
    subject, shown = str(row.given["read"]), last.shown() if last else "no answer"
    if last is None or not is_over(context, row, last):
        yield Problem(_fact(context, trace, "a batch ends"), "a terminal state", shown, trace.poll, subject)
        return
    counts: list[Any] = [pointers.value(last.json, place) for place in row.given["ended"]]
    if sum(count for count in counts if isinstance(count, int)) != expected:
        fact = _fact(context, trace, f"{', '.join(row.given['ended'])} count the jobs of a batch")
        yield Problem(fact, f"{expected} in all", f"{counts}", trace.poll, subject)


@check(
    "batch.items", "The jobs of a batch are those that were asked for, each with its record.", level="jobs",
    uses=(BATCH,), known=has_batches,
)  # fmt: skip
def items_are_jobs(context: CheckContext) -> Iterator[Problem]:
    for trace in _ended_batches(context):
        listed: dict[str, Any] = trace.row.given["list"]
        link = context.links.find(_submit(context, trace), trace.response, str(listed["operation"]))
        if link is None:
            continue
        request = context.links.follow(link, trace.request, trace.response)
        response = context.send(request)
        found = pointers.value(response.json, listed["items"])
        items: list[Any] = found if isinstance(found, list) else []
        sent = pointers.value(trace.request.json, str(trace.row.given["sent"])) or []
        context.judged()
        wrong = _wrong(listed, items, sent, pointers.value(trace.response.json, listed["of_id"]))
        if wrong:
            fact = _fact(context, trace, f"{link.to.id} has every job of a batch")
            yield Problem(fact, wrong, response.shown()[:300], request, link.to.id)
        else:
            yield from _records(context, trace, listed, items)


def _wrong(listed: dict[str, Any], items: list[Any], sent: list[Any], batch: Any) -> str:
    """What should be otherwise about the items of a batch; empty where nothing should."""
    if len(items) != len(sent):
        return f"{len(sent)} jobs"
    ordered = sorted(items, key=lambda item: str(pointers.value(item, listed["index"])))
    if [pointers.value(item, listed["index"]) for item in ordered] != list(range(len(sent))):
        return f"{listed['index']} from 0 to {len(sent) - 1}"
    jobs = [pointers.value(item, listed["job"]) for item in items]
    if None in jobs or len(set(map(str, jobs))) != len(jobs):
        return f"another job at {listed['job']} of each"
    if any(str(pointers.value(item, listed["batch"])) != str(batch) for item in items):
        return f"{batch} at {listed['batch']}"
    shown = [pointers.value(item, listed["input"]) for item in ordered]
    same = all(one and alike(_input(request), one) for one, request in zip(shown, sent, strict=True))
    beside = [
        name
        for one, request in zip(ordered, sent, strict=True)
        for name, value in (request.items() if isinstance(request, dict) else ())
        if name in one and not alike(one[name], value)
    ]
    return "" if same and not beside else f"what was sent, at {', '.join(beside) or listed['input']}"


def _input(request: Any) -> Any:
    """The input of a request's item, with or without a wrapper."""
    return (
        request.get("input", request)
        if isinstance(request, dict) and isinstance(request.get("input"), dict)
        else request
    )


def _records(context: CheckContext, trace: BatchTrace, listed: dict[str, Any], items: list[Any]) -> Iterator[Problem]:
    """Whether each job of a batch has a record that names the batch and has its state."""
    poll = context.contract.operation(str(listed["poll"]))
    place = next(part[1:-1] for part in poll.path.split("/") if part.startswith("{"))
    batch = pointers.value(trace.response.json, listed["of_id"])
    talk = next(talk for talk in context.contract.conversation.jobs.values() if talk.poll == poll.id)
    costs: list[Decimal | None] = []
    for item in items:
        request = context.requests.good(poll, params={place: str(pointers.value(item, listed["job"]))})
        record = context.send(request)
        context.judged()
        expected = (str(batch), pointers.value(item, listed["state"]))
        actual = (str(pointers.value(record.json, listed["of"])), pointers.value(record.json, talk.state))
        if actual != expected:
            fact = _fact(context, trace, f"a job of a batch has a record with {listed['of']}")
            yield Problem(fact, f"{expected[0]} and {expected[1]}", f"{actual[0]} and {actual[1]}", request, poll.id)
        cost = talk.promises.cost
        costs.append(amount(pointers.value(record.json, cost.at[0])) if cost is not None else None)
    yield from _cost(context, trace, listed, costs)
    yield from _tallies(context, trace, listed, items)


def _tallies(context: CheckContext, trace: BatchTrace, listed: dict[str, Any], items: list[Any]) -> Iterator[Problem]:
    """Whether each counter of a batch counts the jobs that ended so."""
    words = [pointers.value(item, listed["state"]) for item in items]
    ends: list[str] = [state.kind for word in words for state in context.states(word)[:1]]
    tally: dict[str, str] = trace.row.given.get("tally", {})
    for place, kind in tally.items() if set(ends) <= set(tally.values()) else ():
        shown = pointers.value(trace.last.json, place) if trace.last else None
        context.judged()
        if len(ends) == len(items) and shown != ends.count(kind):
            fact = _fact(context, trace, f"{place} counts the jobs of a batch that are {kind}")
            yield Problem(
                fact, f"{ends.count(kind)} at {place}", f"{shown!r}", trace.poll, str(trace.row.given["read"])
            )


def _cost(
    context: CheckContext, trace: BatchTrace, listed: dict[str, Any], costs: list[Decimal | None]
) -> Iterator[Problem]:
    """Whether a batch costs what its jobs cost, where both say it."""
    total = amount(pointers.value(trace.last.json, str(listed["cost"]))) if trace.last and "cost" in listed else None
    known = [cost for cost in costs if cost is not None]
    if total is None or len(known) != len(costs):
        return
    context.judged()
    if sum(known) != total:
        fact = _fact(context, trace, f"{listed['cost']} of a batch is what its jobs cost")
        yield Problem(fact, f"{sum(known)}", f"{total}", trace.poll, str(trace.row.given["read"]))


@check(
    "batch.refused", "A batch is refused if any of its items is wrong, be it the last.", level="breaking",
    known=lambda context: has_batches(context) and any(True for _ in _broken_batches(context)),
)  # fmt: skip
def is_refused_for_any_item(context: CheckContext) -> Iterator[Problem]:
    for request in _broken_batches(context):
        yield from row_problem(context, request, "invalid-body", "its last item lacks what each must have")


def _broken_batches(context: CheckContext) -> Iterator[SentRequest]:
    """A batch whose last item alone lacks what each must have, where it is refused for it."""
    row = context.contract.conversation.batch
    assert row is not None
    good, place = batch_request(context, row), str(row.given["sent"])
    items = pointers.value(good.json, place)
    beside = {str(name) for name in row.given.get("beside", ())}
    for item in items[-1:] if isinstance(items, list) and len(items) > 1 else ():
        broken = {name: value for name, value in item.items() if name in beside} if isinstance(item, dict) else {}
        request = good.with_json(pointers.placed(good.json, place, [*items[:-1], broken]))
        if context.request_checker.judge(request).row is not None:
            yield request


@check(
    "batch.callback", "A batch with a callback URL tells once that it has ended, signed, in the documented form.",
    level="jobs", uses=(BATCH,), known=calls_back,
)  # fmt: skip
def tells_of_its_end(context: CheckContext) -> Iterator[Problem]:
    for trace in _webhook_batches(context):
        context.judged()
        operation = _submit(context, trace)
        if len(trace.arrivals) != 1:
            fact = _fact(context, trace, "a batch tells of its end once, where it is taken at once")
            yield Problem(fact, "one callback", f"{len(trace.arrivals)} of them", trace.request, operation.id)
            continue
        (arrival,) = trace.arrivals
        body = arrival.body.decode("utf-8", "replace")[:300]
        for wrong in context.webhooks.problems(operation, arrival.body)[:3]:
            fact = _fact(context, trace, "the callback of a batch has the form of its schema")
            yield Problem(fact, "a body of the documented form", wrong, trace.request, operation.id)
        for wrong in _untrue(context, trace, context.webhooks.payload(arrival.body)):
            fact = _fact(context, trace, "the callback of a batch says what its record says")
            yield Problem(fact, wrong, body, trace.request, operation.id)
        signature, secret = context.contract.callbacks.signature, context.secret()
        value = arrival.headers.get(signature.header.lower(), "") if signature else ""
        if signature and secret and not context.is_signature(signature, value, arrival.body):
            fact = context.facts.fact(f"{signature.header} signs it", "callbacks.yaml signature", signature.evidence)
            yield Problem(
                fact, f"{signature.header} of these bytes", value or "no signature", trace.request, operation.id
            )


def _webhook_batches(context: CheckContext) -> Iterator[BatchTrace]:
    if context.target.receiver is None:
        raise Skipped("there is no receiver that the target could reach; give --callback-url")
    yield from (trace for trace in _ended_batches(context) if trace.callback_url is not None)


def _untrue(context: CheckContext, trace: BatchTrace, body: Any) -> Iterator[str]:
    """The expected webhook: the batch's id, its state, its event, and the fields that the record has too."""
    row: dict[str, Any] = trace.row.given["webhook"]
    record = trace.last.json if trace.last else None
    batch, word = (
        pointers.value(trace.response.json, trace.row.given["list"]["of_id"]),
        pointers.value(record, trace.row.at[0]),
    )
    if str(pointers.value(body, row["id"])) != str(batch):
        yield f"the id {batch} at {row['id']}"
    if not same_state(context, pointers.value(body, row["state"]), word):
        yield f"the state {word} at {row['state']}"
    events = {context.contract.wire.get(row["words"], {}).get(state.name) for state in context.states(word)}
    if events - {None} and pointers.value(body, row["event"]) not in events:
        yield f"the event {', '.join(map(str, events))} at {row['event']}"
    for place in row["agrees"]:
        if not alike(pointers.value(body, place), pointers.value(record, place)):
            yield f"{pointers.value(record, place)!r}"[:200] + f" at {place}"


@check(
    "batch.history", "What is kept of a batch's webhook is what has arrived.", level="jobs", uses=(BATCH,),
    known=keeps_history,
)  # fmt: skip
def history_is_true(context: CheckContext) -> Iterator[Problem]:
    for trace in _webhook_batches(context):
        row = Places((str(trace.row.given["history"]["at"][0]),), trace.row.evidence, trace.row.given["history"])
        operation = _submit(context, trace)
        link = context.links.find(operation, trace.response, str(row.given["operation"]))
        if link is None or not trace.arrivals:
            continue
        request = context.links.follow(link, trace.request, trace.response)
        response = context.send(request)
        context.judged()
        policy = context.contract.callbacks.policies[str(trace.row.given["webhook"]["policy"])]
        batch = pointers.value(trace.response.json, str(trace.row.given["list"]["of_id"]))
        for expected, actual in wrong_entries(row, response, trace.arrivals, policy, id_=batch, url=trace.callback_url):
            fact = _fact(context, trace, f"{link.to.id} tells of every attempt")
            yield Problem(fact, expected, actual[:300], request, link.to.id)


CHECKS: tuple[Check, ...] = (
    ends_with_all_its_jobs,
    items_are_jobs,
    is_refused_for_any_item,
    tells_of_its_end,
    history_is_true,
)

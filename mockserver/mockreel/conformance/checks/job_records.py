"""The record of a job: what was sent, what it cost, its times and its failure."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import FAILURES, PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import Failure, Model, pointers, pricing
from mockreel.contract.conversation.promises import Places, Promises
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.engine.artifacts import artifact
from mockreel.simulator.in_process.mock_target import NotApplicable

# The tolerance between a duration and its timestamps, in milliseconds.
CLOSE = 1000.0


def _promise(name: str) -> Callable[[CheckContext], bool]:
    """Whether any sort of job promises something of the kind."""

    def known(context: CheckContext) -> bool:
        found = [getattr(talk.promises, name) for talk in context.contract.conversation.jobs.values()]
        return any(map(bool, found))

    return known


def _ended_jobs(context: CheckContext) -> Iterator[tuple[JobTrace, Promises, Any]]:
    """Every job that has ended, with what its record promises and its last record."""
    for trace in context.jobs.traces():
        if trace.ended and trace.last is not None:
            yield trace, trace.talk.promises, trace.last.response.json


def _where(trace: JobTrace, what: str) -> str:
    return f"conversation.yaml {trace.talk.name} promises {what}"


@check(
    "record.repeats", "The record of a job says what was sent for it.", level="jobs", uses=(PLAIN,),
    known=_promise("repeats"),
)  # fmt: skip
def says_what_was_sent(context: CheckContext) -> Iterator[Problem]:
    for trace, promised, record in _ended_jobs(context):
        for pair in promised.repeats:
            sent = pointers.value(trace.request.json, pair.one)
            if sent is None:
                continue
            context.judged()
            fact = context.facts.fact(
                f"the record's {pair.other} is what was sent", _where(trace, "repeats"), pair.evidence
            )
            for request, document in ((trace.poll, record), (trace.request, trace.response.json)):
                shown = pointers.value(document, pair.other)
                if not alike(shown, sent):
                    yield Problem(fact, f"{sent!r}"[:200], f"{shown!r}"[:200], request, trace.subject)


def alike(shown: Any, sent: Any) -> bool:
    """Whether two values are the same; what was added to an object, such as a default, does not count."""
    if isinstance(sent, dict) and isinstance(shown, dict):
        return all(name in shown and alike(shown[name], value) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(shown, list):
        return len(sent) == len(shown) and all(map(alike, shown, sent))
    return bool(_plain(shown) == _plain(sent))


def _plain(value: Any) -> Any:
    """A moment however it is written; a URL without its query: one that is signed is signed again each time."""
    when = moment(value)
    if when is not None:
        return when
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return value.partition("?")[0]
    return value


@check(
    "record.moments", "The moments of a job lie in their order, and its duration between them.", level="jobs",
    uses=(PLAIN,), known=_promise("moments"),
)  # fmt: skip
def moments_are_in_order(context: CheckContext) -> Iterator[Problem]:
    for trace, promised, record in _ended_jobs(context):
        row = promised.moments
        if row is None:
            continue
        moments = [moment(pointers.value(record, place)) for place in row.at]
        known = [one for one in moments if one is not None]
        context.judged()
        wrong = moments[0] is None or moments[-1] is None or len({one.tzinfo is None for one in known}) > 1
        wrong = wrong or known != sorted(known)
        lasted = pointers.value(record, row.given["lasted"]) if "lasted" in row.given else None
        if not wrong and isinstance(lasted, int | float):
            wrong = lasted < 0 or lasted > (known[-1] - known[0]).total_seconds() * 1000 + CLOSE
        yield from _unshown(context, trace, row)
        if wrong or _is_elsewhere(context, trace, known):
            fact = context.facts.fact(f"{', '.join(row.at)} lie in this order", _where(trace, "moments"), row.evidence)
            actual = ", ".join(str(pointers.value(record, place)) for place in row.at) + (
                f"; lasted {lasted}" if lasted else ""
            )
            yield Problem(fact, "moments in their order, all there", actual, trace.poll, trace.subject)


def _unshown(context: CheckContext, trace: JobTrace, row: Places) -> Iterator[Problem]:
    """Whether a look at a job lacks a moment that had passed by then, as its last record has it."""
    record = trace.last.response.json if trace.last is not None else None
    created = moment(pointers.value(record, row.at[0]))
    late = 0.0 if context.own else CLOSE * 2 / 1000
    for place in row.at[1:]:
        then = moment(pointers.value(record, place))
        if created is None or then is None or (created.tzinfo is None) != (then.tzinfo is None):
            continue
        after = (then - created).total_seconds()
        lacking = (one for one in trace.polls if pointers.value(one.response.json, place) is None)
        poll = next((one for one in lacking if one.sent - trace.accepted > after * 1.1 + late), None)
        if poll is not None:
            fact = context.facts.fact(f"{place} is shown once it has passed", _where(trace, "moments"), row.evidence)
            actual = f"nothing while it was {poll.word}: {poll.response.shown()[:200]}"
            yield Problem(fact, f"{then} at {place}", actual, trace.poll, trace.subject)


def moment(value: Any) -> datetime | None:
    """A timestamp in a response; None if there is none."""
    try:
        return datetime.fromisoformat(str(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_elsewhere(context: CheckContext, trace: JobTrace, known: list[datetime]) -> bool:
    """Whether a job's recorded end is before it was seen running, by more than any latency."""
    pending = [poll.sent for poll in trace.polls if not any(one.terminal for one in context.states(poll.word))]
    seen = pending[-1] - trace.started_at if pending else 0.0
    return bool(known) and (known[-1] - known[0]).total_seconds() < seen - 2.0 - 0.1 * seen


@check(
    "record.cost", "The record of a job says what its model costs.", level="jobs", uses=(PLAIN,),
    known=_promise("cost"),
)  # fmt: skip
def costs_its_price(context: CheckContext) -> Iterator[Problem]:
    if not any(_is_told(context, trace) for trace in context.jobs.traces()):
        raise NotApplicable("what the models of this run cost is not known")
    for trace, promised, record in _ended_jobs(context):
        row = promised.cost
        if row is not None and not context.response_checker.may_have(trace.submit, row.at[0]):
            context.missing_places(context.contract.operation(trace.talk.poll), row.at)
        states = context.states(trace.last.word if trace.last else None)
        if row is None or not any(state.kind == "succeeded" for state in states):
            continue
        shown = amount(pointers.value(record, row.at[0]) or pointers.value(trace.response.json, row.at[0]))
        yield from _against_header(context, trace, row, shown)
        yield from _against_parts(context, trace, row, record, shown)
        shown = shown if shown is not None else header_amount(trace, row)
        price = price_of(context, trace.request, trace.model)
        if price is None or price.amount is None or price.certainty == "unknown":
            continue
        context.judged()
        fits = shown is not None and (shown >= price.amount if price.certainty == "at least" else shown == price.amount)
        if not fits:
            assert trace.model is not None
            fact = context.facts.fact(
                f"{trace.model.id} costs {price.amount.normalize():f} {price.currency}",
                f"models.json {trace.model.id} price",
                trace.model.price.evidence,
            )
            expected = f"{price.certainty} {price.amount.normalize():f} {price.currency}"
            yield Problem(
                fact,
                expected,
                f"{shown} in {trace.last.response.shown() if trace.last else ''}",
                trace.poll,
                trace.subject,
            )


def _is_told(context: CheckContext, trace: JobTrace) -> bool:
    """Whether a job's price is known, or reported in two places."""
    row, price = trace.talk.promises.cost, price_of(context, trace.request, trace.model)
    return row is not None and ("header" in row.given or (price is not None and price.amount is not None))


def _against_header(context: CheckContext, trace: JobTrace, row: Places, shown: Decimal | None) -> Iterator[Problem]:
    """A charge that is also in a header is the same there; if no body has it, it is an amount."""
    name = row.given.get("header")
    if name is None:
        return
    context.judged()
    amount_sent = header_amount(trace, row)
    if amount_sent is None or (shown is not None and amount_sent != shown):
        fact = context.facts.fact(f"{name} is the charge of the body", _where(trace, "cost"), row.evidence)
        actual = trace.response.headers.get(str(name).lower(), "no such header")
        yield Problem(fact, f"{name}: {shown}", actual, trace.request, trace.subject)


def _against_parts(
    context: CheckContext, trace: JobTrace, row: Places, record: Any, shown: Decimal | None
) -> Iterator[Problem]:
    """What the only part of a job costs is what the job costs, where a record tells both."""
    found = [amount(one) for one in pointers.values(record, str(row.given.get("parts", "/-")))]
    parts = [one for one in found if one is not None]
    if len(parts) != 1 or shown is None:
        return
    context.judged()
    if parts[0] != shown:
        says = f"what stands at {row.given['parts']} is {row.at[0]}, where it is one"
        fact = context.facts.fact(says, _where(trace, "cost"), row.evidence)
        yield Problem(fact, str(shown), str(parts[0]), trace.poll, trace.subject)


def header_amount(trace: JobTrace, row: Places) -> Decimal | None:
    """The charge as a header of the submit's response has it."""
    return amount(trace.response.headers.get(str(row.given.get("header", "")).lower()))


def price_of(context: CheckContext, request: SentRequest, model: Model | None) -> pricing.Cost | None:
    """What a well-formed submit costs by the contract; None where it names no model."""
    if model is None or request.operation is None:
        return None
    fields: Any = pointers.value(request.json, request.operation.input) if request.operation.input else request.json
    own = {**model.media, **model.defaults, **(fields if isinstance(fields, dict) else {})}
    rows = context.contract.root.get("media", {})
    lengths = (artifact.seconds(own[name]) for name in (*rows.get("duration", ()), "duration") if name in own)
    if model.price.unit in (*rows.get("counts", {}), *rows.get("lengths", {})):
        return None
    return pricing.cost(model, own, seconds=next(lengths, None))


def amount(value: Any) -> Decimal | None:
    """An amount in a response, as a number or a text."""
    try:
        return None if value is None or isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None


@check(
    "record.failure", "The record of a failed job says why it failed.", level="jobs", uses=(PLAIN, FAILURES),
    plays=True, known=_promise("failure"),
)  # fmt: skip
def says_why_it_failed(context: CheckContext) -> Iterator[Problem]:
    for trace in (*context.jobs.traces(), *context.jobs.told(FAILURES)):
        row = trace.talk.promises.failure
        failure = _failure(context, trace)
        if row is None or failure is None or not trace.ended or trace.last is None:
            continue
        context.judged()
        reasons = [pointers.value(trace.last.response.json, place) for place in row.at]
        if not all(reasons):
            fact = context.facts.fact(
                f"a failure is told at {', '.join(row.at)}", _where(trace, "failure"), row.evidence
            )
            yield Problem(fact, "why it failed", trace.last.response.shown(), trace.poll, trace.subject)
        elif str(failure.code) != str(reasons[0]) or (
            context.own and failure.message not in trace.last.response.body.decode("utf-8", "replace")
        ):
            fact = context.facts.fact(
                f"a job that fails as {failure.name} has the code {failure.code}",
                f"errors.yaml failures {failure.name}",
                failure.evidence,
            )
            expected = f"{failure.code} and {failure.message!r}"
            yield Problem(fact, expected, trace.last.response.shown(), trace.poll, trace.subject)


def _failure(context: CheckContext, trace: JobTrace) -> Failure | None:
    """The failure that was requested for a job."""
    if trace.scenario is None:
        return None
    name, _, code = trace.scenario.partition("; code=")
    row = context.contract.scenarios.jobs.get(name)
    return context.contract.failures.get(code or (row.failure if row else None) or "")


@check(
    "record.headers",
    "What begins a job, and what asks for it, is answered with the documented headers.",
    level="jobs",
    uses=(PLAIN,),
    known=_promise("headers"),
)
def has_its_headers(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.traces():
        row = trace.talk.promises.headers
        if row is None or trace.last is None:
            continue
        for request, response in ((trace.request, trace.response), (trace.poll, trace.last.response)):
            context.judged()
            lacking = [name for name in row.at if not response.headers.get(name)]
            named = response.headers.get(row.given.get("id", ""), str(trace.id))
            if lacking or named != str(trace.id):
                fact = context.facts.fact(f"a reply has {', '.join(row.at)}", _where(trace, "headers"), row.evidence)
                actual = f"without {', '.join(lacking)}" if lacking else f"{row.given['id']}: {named}"
                yield Problem(fact, f"all of them, for the job {trace.id}", actual, request, trace.subject)


CHECKS: tuple[Check, ...] = (
    says_what_was_sent,
    moments_are_in_order,
    costs_its_price,
    says_why_it_failed,
    has_its_headers,
)

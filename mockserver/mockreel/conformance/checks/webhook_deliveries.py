"""Webhooks report jobs that have ended, in the documented form, with a signature over their bytes."""

import math
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import alike
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import Evidence, pointers
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.exchanges.problem import Problem
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.memory_receiver import Arrival
from mockreel.simulator.in_process.mock_target import NotApplicable, Skipped
from mockreel.webhooks import sign

# A webhook is missing after this many seconds, and this many times the latency of any other.
OVERDUE, TIMES = 5.0, 5.0
# The group of jobs whose callbacks are tried again.
REPEATED = "500"


def tells(context: CheckContext) -> bool:
    """Whether the provider documents callbacks at all."""
    return bool(context.contract.callbacks.events)


def jobs_with_webhook(context: CheckContext, group: str = PLAIN) -> list[JobTrace]:
    """The traces of jobs with a webhook.

    Raises:
        Skipped: there is no receiver.
    """
    if context.target.receiver is None:
        raise Skipped("there is no receiver that the target could reach; give --callback-url")
    return [trace for trace in context.jobs.told(group) if trace.callback_url is not None]


def callback_fact(context: CheckContext, trace: JobTrace, says: str) -> Fact:
    found = context.webhooks.of(trace.submit)
    own = found[1].get("x-mockreel") if found else None
    row = own or trace.submit.raw["x-mockreel"]
    return context.facts.fact(says, "openapi.yaml callbacks", Evidence(row["evidence"], tuple(row["source"])))


def inner(body: Any) -> Any:
    """A callback with what it packs as a text of JSON unpacked."""
    if isinstance(body, dict):
        return {name: _unpacked(value) for name, value in body.items()}
    return body


def word_since(context: CheckContext, trace: JobTrace) -> Any:
    """The word for a job's state since its webhook; None if it cannot be polled any more.

    A job that has ended stays so. The last poll of any other may be older than the webhook.
    """
    if not trace.ended and trace.poll is not None:
        try:
            context.job_traces.look(trace)
        except MockreelError as reason:
            context.skip(f"its record could not be read after the callback: {reason}")
            return None
    return trace.last.word if trace.last else None


def body_start(arrival: Arrival) -> str:
    """The beginning of a callback's body for a report."""
    return arrival.body.decode("utf-8", "replace")[:300]


def _unpacked(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        found = ReceivedResponse(200, {}, value.encode()).json
        return value if found is None else found
    return value


def _each(context: CheckContext, *further: str) -> Iterator[tuple[JobTrace, Arrival, Any]]:
    """Every arrival with its job trace and its parsed body; also of further groups of jobs."""
    for trace in (trace for group in (PLAIN, *further) for trace in jobs_with_webhook(context, group)):
        for arrival in trace.arrivals:
            context.judged()
            yield trace, arrival, context.webhooks.payload(arrival.body)


@check(
    "callback.comes",
    "A job with a callback URL tells once that it has ended.",
    level="jobs",
    uses=(PLAIN,),
    known=tells,
)
def comes_once(context: CheckContext) -> Iterator[Problem]:
    usual = _usual(context)
    for trace in jobs_with_webhook(context):
        overdue = not trace.arrivals and trace.watched > usual
        if not trace.ended or (not trace.whole and not overdue and len(trace.arrivals) < 2):
            context.skip(f"a callback was waited for in vain: {trace.stopped or 'its job did not end'}")
            continue
        context.judged()
        if len(trace.arrivals) != 1:
            fact = callback_fact(context, trace, "the end of a job is told once, where it is taken at once")
            yield Problem(fact, "one callback", f"{len(trace.arrivals)} of them", trace.request, trace.subject)


def _usual(context: CheckContext) -> float:
    """After so many seconds a callback that has not come is missing: many times as long as the others took to come."""
    delays = [
        trace.arrivals[0].at - trace.ended_at
        for trace in jobs_with_webhook(context)
        if trace.arrivals and trace.ended_at is not None
    ]
    ours = float(getattr(context.target, "lateness", 0.0))  # a machine that is busy is late with everything
    return max(OVERDUE, TIMES * max(delays)) + TIMES * ours if delays else math.inf


@check("callback.valid", "A callback has the documented form.", level="jobs", uses=(PLAIN,), known=tells)
def is_valid(context: CheckContext) -> Iterator[Problem]:
    for trace, arrival, _ in _each(context):
        found = context.webhooks.problems(trace.submit, arrival.body)
        if found:
            fact = callback_fact(context, trace, "a callback has the form of its schema")
            yield Problem(fact, "a body of the documented form", "; ".join(found[:3]), trace.request, trace.subject)


@check(
    "callback.headers", "A callback carries the documented headers, whichever attempt it is.", level="jobs",
    uses=(PLAIN, REPEATED), known=tells,
)  # fmt: skip
def has_its_headers(context: CheckContext) -> Iterator[Problem]:
    for trace, arrival, _ in _each(context, REPEATED):
        for header in context.contract.callbacks.headers:
            value = arrival.headers.get(header.name.lower(), "")
            literal = "/" in header.value
            if not value or (literal and value.partition(";")[0] != header.value):
                fact = callback_fact(context, trace, f"a callback has the header {header.name}")
                expected = f"{header.name}: {header.value}"
                yield Problem(fact, expected, value or "no such header", trace.request, trace.subject)


@check(
    "callback.address", "A callback is sent to the address that was given, with its query.", level="jobs",
    uses=(PLAIN,), known=tells,
)  # fmt: skip
def goes_to_its_address(context: CheckContext) -> Iterator[Problem]:
    for trace, arrival, _ in _each(context):
        given = urlsplit(trace.callback_url or "").query
        if arrival.query != given:
            fact = callback_fact(context, trace, "a callback is sent to the address that was given")
            yield Problem(fact, f"the query {given}", arrival.query or "none", trace.request, trace.subject)


@check(
    "callback.own-header", "A header that tells callbacks apart has another value for each.", level="jobs",
    uses=(PLAIN,), known=lambda context: any(header.unique for header in context.contract.callbacks.headers),
)  # fmt: skip
def have_headers_of_their_own(context: CheckContext) -> Iterator[Problem]:
    seen: dict[tuple[str, str], JobTrace] = {}
    for trace, arrival, _ in _each(context):
        for header in context.contract.callbacks.headers:
            value = arrival.headers.get(header.name.lower(), "")
            other = seen.setdefault((header.name, value), trace)
            if header.unique and value and other.id != trace.id:
                fact = callback_fact(context, trace, f"{header.name} tells one callback from another")
                actual = f"{value}, as in the callback of {other.id}"
                yield Problem(fact, f"{header.name} of its own", actual, trace.request, trace.subject)


@check(
    "callback.signature",
    "Every attempt at a callback is signed over the bytes that are sent.",
    level="jobs",
    uses=(PLAIN, "500", "500-200"),
    known=lambda context: context.contract.callbacks.signature is not None,
)
def is_signed(context: CheckContext) -> Iterator[Problem]:
    signature = context.contract.callbacks.signature
    assert signature is not None
    secret = context.secret()
    if not secret and context.own:
        raise NotApplicable("nothing says how a receiver gets its secret")
    if not secret:
        raise Skipped(context.signing().trouble or "nothing says how a receiver gets its secret; give --secret")
    for group in (PLAIN, "500", "500-200"):
        for trace in jobs_with_webhook(context, group):
            for number, arrival in enumerate(trace.arrivals, 1):
                context.judged()
                expected = sign(signature, secret, arrival.body)
                value = arrival.headers.get(signature.header.lower(), "")
                if not context.is_signature(signature, value, arrival.body):
                    says = f"{signature.header} is the {signature.algorithm} of the body, in {signature.encoding}"
                    fact = context.facts.fact(says, "callbacks.yaml signature", signature.evidence)
                    actual = f"{value or 'no signature'} at attempt {number}"
                    yield Problem(fact, f"{signature.header}: {expected}", actual, trace.request, trace.subject)


def attempt_faults(context: CheckContext, trace: JobTrace, arrival: Arrival) -> Iterator[tuple[str, str]]:
    """What should be otherwise about the address, the headers and the signature of an attempt, and what is."""
    callbacks = context.contract.callbacks
    given = urlsplit(trace.callback_url or "").query
    if arrival.query != given:
        yield f"the query {given}", arrival.query or "none"
    for header in callbacks.headers:
        if not arrival.headers.get(header.name.lower()):
            yield header.name, "no such header"
    signature, secret = callbacks.signature, context.secret()
    value = arrival.headers.get(signature.header.lower(), "") if signature is not None else ""
    if signature is not None and secret and not context.is_signature(signature, value, arrival.body):
        yield f"{signature.header}: {sign(signature, secret, arrival.body)}", value or "no signature"


@check("callback.not-before", "No callback comes before its job has ended.", level="jobs", uses=(PLAIN,), known=tells)
def comes_after_the_end(context: CheckContext) -> Iterator[Problem]:
    for trace in jobs_with_webhook(context):
        early = [poll for poll, states in context.job_traces.words(trace) if poll.arrived and states]
        context.judged(bool(trace.polls))
        if early and not any(state.terminal for state in context.states(early[0].word)):
            fact = callback_fact(context, trace, "a callback tells that a job has ended")
            actual = f"a callback while it was {early[0].word}"
            yield Problem(fact, "no callback before the terminal state", actual, trace.request, trace.subject)


@check("callback.true", "A callback tells of its own job, as the job is.", level="jobs", uses=(PLAIN,), known=tells)
def tells_the_truth(context: CheckContext) -> Iterator[Problem]:
    for trace, arrival, body in _each(context):
        webhook = trace.talk.webhook
        assert webhook is not None
        id_ = pointers.value(body, webhook.id)
        word = pointers.value(body, webhook.state) if webhook.state else None
        now = word_since(context, trace)
        fact = callback_fact(context, trace, "a callback names its job and how it ended")
        if str(id_) != str(trace.id):
            yield Problem(fact, f"the id {trace.id}", body_start(arrival), trace.request, trace.subject)
        elif word is not None and now is not None and not same_state(context, word, now):
            yield Problem(fact, f"the state {now}", body_start(arrival), trace.request, trace.subject)


@check(
    "callback.event",
    "A callback names the event of the state in which its job ended.",
    level="jobs",
    uses=(PLAIN,),
    known=tells,
)
def names_its_event(context: CheckContext) -> Iterator[Problem]:
    words = {event.word: event for event in context.contract.callbacks.events.values()}
    for trace, arrival, body in _each(context):
        named = next((value for value in _values(body) if isinstance(value, str) and value in words), None)
        state_names = {state.name for state in context.states(word_since(context, trace))}
        if named is not None and state_names and not state_names & set(words[named].on):
            event = words[named]
            fact = context.facts.fact(
                f"{named} is told of {', '.join(event.on)}", "callbacks.yaml events", event.evidence
            )
            yield Problem(
                fact, f"the event of {', '.join(state_names)}", body_start(arrival), trace.request, trace.subject
            )


@check(
    "callback.agrees",
    "A callback says of its job what the record says.",
    level="jobs",
    uses=(PLAIN,),
    known=lambda context: any(talk.promises.agrees for talk in context.contract.conversation.jobs.values()),
)
def agrees_with_the_record(context: CheckContext) -> Iterator[Problem]:
    for trace in jobs_with_webhook(context):
        for arrival in trace.arrivals if trace.ended else ():
            body = inner(context.webhooks.payload(arrival.body))
            for pair in trace.talk.promises.agrees:
                record = pointers.value(trace.last.response.json if trace.last else None, pair.other)
                context.judged()
                if not alike(pointers.value(body, pair.one), record):
                    fact = context.facts.fact(
                        f"a callback's {pair.one} is the record's {pair.other}",
                        f"conversation.yaml {trace.talk.name} agrees",
                        pair.evidence,
                    )
                    actual = f"{pointers.value(body, pair.one)!r} in {body_start(arrival)[:200]}"
                    yield Problem(fact, f"{record!r}"[:200], actual, trace.request, trace.subject)


def same_state(context: CheckContext, one: Any, other: Any) -> bool:
    """Whether two words may mean the same state; a callback may spell it in its own way."""
    spelled = context.contract.wire.get("callback_status", {})
    return one == other or any(spelled.get(state.name) == one for state in context.states(other))


def _values(body: Any) -> Iterable[Any]:
    return body.values() if isinstance(body, dict) else ()


CHECKS: tuple[Check, ...] = (
    comes_once,
    is_valid,
    has_its_headers,
    goes_to_its_address,
    have_headers_of_their_own,
    is_signed,
    comes_after_the_end,
    tells_the_truth,
    names_its_event,
    agrees_with_the_record,
)

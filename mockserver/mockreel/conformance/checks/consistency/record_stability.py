"""A record shows what it must, keeps what never changes, and is the same from its end on."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import alike
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace, Poll
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.problem import Problem

# The number of jobs of each submit whose links are followed.
TWICE = 2


def _promise(name: str) -> Callable[[CheckContext], bool]:
    return lambda context: any(getattr(talk.promises, name) for talk in context.contract.conversation.jobs.values())


def links_further(context: CheckContext) -> bool:
    """Whether a submit has links to more than its poll."""
    polls = {talk.poll for talk in context.contract.conversation.jobs.values()}
    submits = [submit for _, submit in context.submits()]
    return any(str(row.get("operationId")) not in polls for submit in submits for row in context.links.of(submit))


def _promising(context: CheckContext, name: str) -> Iterator[tuple[JobTrace, Places]]:
    """Every job that was looked at and whose sort promises something of the kind."""
    for trace in context.jobs.traces():
        row = getattr(trace.talk.promises, name)
        if row is not None and trace.last is not None:
            context.missing_places(context.contract.operation(trace.talk.poll), row.at if name != "headers" else ())
            yield trace, row


def _fact(context: CheckContext, trace: JobTrace, row: Places, name: str, says: str) -> Fact:
    return context.facts.fact(says, f"conversation.yaml {trace.talk.name} promises {name}", row.evidence)


def _polls_after_end(context: CheckContext, trace: JobTrace) -> list[Poll]:
    """The looks at a job from the one on that saw its end."""
    polls = list(context.job_traces.words(trace))
    first = next((at for at, (_, states) in enumerate(polls) if any(state.terminal for state in states)), len(polls))
    return [poll for poll, _ in polls[first:]]


@check(
    "record.shows", "The record of a job has what every record has.", level="jobs", uses=(PLAIN,),
    known=_promise("shows"),
)  # fmt: skip
def shows_what_it_must(context: CheckContext) -> Iterator[Problem]:
    for trace, row in _promising(context, "shows"):
        for poll in trace.polls:
            if context.error_detector.refused(poll.response) and not context.states(poll.word):
                continue
            context.judged()
            lacking = [place for place in row.at if pointers.value(poll.response.json, place) is None]
            if lacking:
                fact = _fact(context, trace, row, "shows", f"a record has {', '.join(row.at)}")
                yield Problem(fact, f"{', '.join(lacking)}", poll.response.shown(), trace.poll, trace.subject)
                break


@check(
    "record.constant", "What a job is does not change while it runs.", level="jobs", uses=(PLAIN,),
    known=_promise("constant"),
)  # fmt: skip
def keeps_what_it_is(context: CheckContext) -> Iterator[Problem]:
    for trace, row in _promising(context, "constant"):
        for place in row.at:
            first = pointers.value(trace.response.json, place)
            shown = [pointers.value(poll.response.json, place) for poll in trace.polls]
            context.judged(first is not None)
            other = next((value for value in shown if first is not None and not alike(value, first)), first)
            if other is not first:
                fact = _fact(context, trace, row, "constant", f"{place} of a job does not change")
                yield Problem(fact, f"{place}: {first!r}"[:300], f"{other!r}"[:300], trace.poll, trace.subject)


@check(
    "record.stays", "The record of a job that has ended does not change.", level="jobs", uses=(PLAIN,),
    known=_promise("stays"),
)  # fmt: skip
def stays_as_it_ended(context: CheckContext) -> Iterator[Problem]:
    for trace, row in _promising(context, "stays"):
        polls = _polls_after_end(context, trace)
        context.judged(len(polls) > 1)
        for place in row.at:
            shown = [pointers.value(poll.response.json, place) for poll in polls]
            other = next((value for value in shown if not same(value, shown[0])), None)
            if other is not None or (shown and any(value is None for value in shown) and shown[0] is not None):
                fact = _fact(context, trace, row, "stays", f"{place} of a job that has ended does not change")
                yield Problem(fact, f"{place}: {shown[0]!r}"[:300], f"{other!r}"[:300], trace.poll, trace.subject)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same in both directions; a URL may have a new signature."""
    return alike(one, other) and alike(other, one)


@check(
    "record.fixed", "What is the same for every job is so in its record.", level="jobs", uses=(PLAIN,),
    known=_promise("fixed"),
)  # fmt: skip
def says_what_is_fixed(context: CheckContext) -> Iterator[Problem]:
    for trace, row in _promising(context, "fixed"):
        shown = pointers.value(trace.last.response.json if trace.last else None, row.at[0])
        context.judged()
        if shown != row.given["value"]:
            fact = _fact(context, trace, row, "fixed", f"{row.at[0]} is {row.given['value']}")
            yield Problem(fact, f"{row.at[0]}: {row.given['value']}", f"{shown!r}", trace.poll, trace.subject)


@check(
    "record.model", "The record of a job names its model.", level="jobs", uses=(PLAIN,), known=_promise("model"),
)  # fmt: skip
def names_its_model(context: CheckContext) -> Iterator[Problem]:
    for trace, row in _promising(context, "model"):
        operation = context.contract.operation(str(row.given["operation"]))
        if trace.model is None or trace.last is None:
            continue
        place = next((part[1:-1] for part in operation.path.split("/") if part.startswith("{")), "")
        response = context.try_send(context.requests.good(operation, params={place: trace.model.id}))
        expected = pointers.value(response.json, str(row.given["same"])) if response else None
        if expected is None:
            continue
        context.judged()
        shown = pointers.value(trace.last.response.json, row.at[0])
        if shown != expected:
            fact = _fact(context, trace, row, "model", f"{row.at[0]} is the model's {row.given['same']}")
            yield Problem(fact, f"{row.at[0]}: {expected}", f"{shown!r}", trace.poll, trace.subject)


@check(
    "record.no-failure", "The record of a job that has not failed names no failure.", level="jobs", uses=(PLAIN,),
    known=_promise("failure"),
)  # fmt: skip
def names_no_failure(context: CheckContext) -> Iterator[Problem]:
    for trace, row in _promising(context, "failure"):
        for poll, states in context.job_traces.words(trace):
            if not any(state.kind in ("pending", "succeeded") for state in states):
                continue
            context.judged()
            failing = [place for place in row.at if pointers.value(poll.response.json, place)]
            if failing:
                fact = _fact(context, trace, row, "failure", f"{', '.join(row.at)} tell why a job has failed")
                actual = ", ".join(f"{place}: {pointers.value(poll.response.json, place)!r}" for place in failing)
                yield Problem(fact, f"nothing there, as it is {poll.word}", actual[:300], trace.poll, trace.subject)
                break


@check(
    "record.charged", "A charge that a header and a body tell is the same in both.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(
        row is not None and "same" in row.given
        for row in (talk.promises.headers for talk in context.contract.conversation.jobs.values())
    ),
)  # fmt: skip
def headers_say_what_bodies_say(context: CheckContext) -> Iterator[Problem]:
    for trace, row in _promising(context, "headers"):
        for name, place in row.given.get("same", {}).items():
            polls = [(trace.poll, one.response) for one in trace.polls]
            for request, response in ((trace.request, trace.response), *polls):
                header, shown = response.headers.get(name.lower()), pointers.value(response.json, place)
                if header is None or shown is None:
                    continue
                context.judged()
                if not _is_number(header, shown):
                    fact = _fact(context, trace, row, "headers", f"{name} is the body's {place}")
                    yield Problem(fact, f"{place}: {header}", f"{shown!r}", request, trace.subject)
                    break
            yield from _other_charges(context, trace, row, name)


def _other_charges(context: CheckContext, trace: JobTrace, row: Places, name: str) -> Iterator[Problem]:
    """Whether a charge is another one at some look than it was before, though the job has not failed."""
    polls = [poll for poll, states in context.job_traces.words(trace) if all(one.kind != "failed" for one in states)]
    replies = [(trace.request, trace.response), *((trace.poll, poll.response) for poll in polls)]
    shown = [(request, text) for request, one in replies if (text := one.headers.get(name.lower())) is not None]
    context.judged(len(shown) > 1)
    other = next(((request, text) for request, text in shown if not _is_number(text, shown[0][1])), None)
    if other is not None:
        fact = _fact(context, trace, row, "headers", f"{name} is what the {trace.talk.name} takes")
        yield Problem(fact, f"{name}: {shown[0][1]}", other[1], other[0], trace.subject)


def _is_number(text: str, value: Any) -> bool:
    try:
        return float(text) == float(value)
    except (TypeError, ValueError):
        return False


def _values_of(value: Any, name: str) -> Iterator[Any]:
    """Every value that has this name, at any depth."""
    if isinstance(value, dict):
        yield from (one for key, one in value.items() if key == name and one is not None)
        for one in value.values():
            yield from _values_of(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from _values_of(one, name)


def _reads_on(context: CheckContext) -> bool:
    """Whether a submit has a link to an operation that only reads."""
    names = {str(row.get("operationId")) for _, submit in context.submits() for row in context.links.of(submit)}
    return any(one.id in names and _reads(context, one) for one in context.contract.operations)


def _reads(context: CheckContext, operation: Operation) -> bool:
    return operation.method == "GET" or operation.id in context.contract.conversation.reads


@check("record.linked", "What a link of a job leads to is that job's.", level="jobs", uses=(PLAIN,), known=_reads_on)
def links_lead_to_its_own(context: CheckContext) -> Iterator[Problem]:
    """A parameter that a link fills with the job's id has the same name wherever the reply repeats it.

    Two jobs of each submit are looked at: a provider that always shows the same one is right for one job by chance.
    """
    seen: Counter[tuple[str, str]] = Counter()
    for trace in context.jobs.traces():
        for name in dict.fromkeys(str(row.get("operationId")) for row in context.links.of(trace.submit)):
            link = context.links.find(trace.submit, trace.response, name)
            if link is None or not _reads(context, link.to) or link.to.admin or seen[trace.submit.id, name] == TWICE:
                continue
            seen[trace.submit.id, name] += 1
            request = context.links.follow(link, trace.request, trace.response)
            response = context.answer(request, link.to)
            if response is None:
                continue
            body = link.body if isinstance(link.body, dict) else {}
            named = [key for key, text in {**link.parameters, **body}.items() if str(text).startswith("$response")]
            others = [one for key in named for one in _values_of(response.json, key) if str(one) != str(trace.id)]
            if others:
                fact = context.facts.operation(f"{name} shows what belongs to the {trace.talk.name}", link.to)
                yield Problem(fact, f"the id {trace.id}", f"{others[0]!r}", request, link.to.id)


CHECKS: tuple[Check, ...] = (
    shows_what_it_must,
    keeps_what_it_is,
    stays_as_it_ended,
    says_what_is_fixed,
    names_its_model,
    names_no_failure,
    headers_say_what_bodies_say,
    links_lead_to_its_own,
)

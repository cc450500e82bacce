"""A job that can be read at several routes is the same at each of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import FAILURES, PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.exchanges.problem import Problem

# So many jobs are read at each further route.
MOST = 2


@check(
    "record.elsewhere", "A job that can be read at several routes is the same at each of them.", level="jobs",
    uses=(PLAIN, FAILURES),
    known=lambda context: any(talk.promises.elsewhere for talk in context.contract.conversation.jobs.values()),
)  # fmt: skip
def is_the_same_elsewhere(context: CheckContext) -> Iterator[Problem]:
    seen: Counter[tuple[str, str]] = Counter()
    for trace in (*context.jobs.traces(), *context.jobs.told(FAILURES)):
        for name, row in trace.talk.promises.elsewhere.items() if trace.ended and trace.last else ():
            word = str(trace.last.word) if trace.last else ""
            if trace.submit.id not in row.given["of"] or seen[name, word] >= MOST:
                continue
            seen[name, word] += 1
            yield from _route_problems(context, trace, name, row)


def _route_problems(context: CheckContext, trace: JobTrace, name: str, row: Places) -> Iterator[Problem]:
    operation = context.contract.operation(name)
    request = context.job_traces.elsewhere(name, row, trace)
    response = context.answer(request, operation)
    if response is None or trace.last is None:
        return
    main = trace.last
    fact = context.facts.fact(
        f"{name} shows what {trace.talk.poll} shows", f"conversation.yaml {trace.talk.name} elsewhere", row.evidence
    )
    word = pointers.value(response.json, row.at[0])
    if not {one.name for one in context.states(word)} & {one.name for one in context.states(main.word)}:
        yield Problem(fact, f"{main.word} at {row.at[0]}", response.shown(), request, name)
    results = [one for place in trace.talk.results for one in pointers.values(main.response.json, place)]
    lacking = [
        str(one) for one in results if str(one).partition("?")[0] not in response.body.decode("utf-8", "replace")
    ]
    if lacking and not row.given.get("bare"):
        yield Problem(fact, f"the result {lacking[0]}", response.shown(), request, name)


@check(
    "record.at-once", "A job that can be read at several routes is in the same state at each of them while it runs.",
    level="jobs", uses=(PLAIN,),
    known=lambda context: any(
        talk.promises.elsewhere or talk.promises.early for talk in context.contract.conversation.jobs.values()
    ),
)  # fmt: skip
def is_the_same_at_once(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.traces():
        words = [poll.word for poll in trace.polls]
        for name, request, response, before in trace.beside:
            row = trace.talk.promises.elsewhere.get(name) or trace.talk.promises.early
            span = words[before - 1 : before + 1]
            if row is None or (before == len(words) and not _is_over(context, span[-1])):
                continue
            context.judged()
            if not _fits(context, trace, name, response, span):
                says = f"{name} shows a job as it is at {trace.talk.poll}"
                fact = context.facts.fact(says, f"conversation.yaml {trace.talk.name} {name}", row.evidence)
                yield Problem(fact, " or ".join(dict.fromkeys(map(str, span))), response.shown(), request, name)
                break


def _is_over(context: CheckContext, word: Any) -> bool:
    return any(state.terminal for state in context.states(word))


def _fits(context: CheckContext, trace: JobTrace, name: str, response: ReceivedResponse, span: Sequence[Any]) -> bool:
    """Whether a response shows a job as the look before it or the one after it, or in between."""
    row = trace.talk.promises.elsewhere.get(name)
    ends = [{one.name for one in context.states(word)} for word in (span[0], span[-1])]
    states, leads = context.contract.lifecycle.states, context.contract.lifecycle.leads
    pairs = [(states[first], states[last]) for first in ends[0] for last in ends[1]]
    between = {
        one.name
        for one in states.values()
        for first, last in pairs
        if one in (first, last) or (leads(first, one) and leads(one, last))
    }
    if row is not None:
        shown = {one.name for one in context.states(pointers.value(response.json, row.at[0]))}
        return not shown or bool(shown & between)
    early = trace.talk.promises.early
    rows: dict[str, str] = early.given["rows"] if early is not None else {}
    operation = context.contract.operation(name)
    told = {
        state.name
        for word, error in rows.items()
        for state in context.states(word)
        if context.error_detector.is_row(response, context.contract.errors[error], operation)
    }
    return bool(told & between) if told else any(states[one].terminal for one in between)


CHECKS: tuple[Check, ...] = (is_the_same_elsewhere, is_the_same_at_once)

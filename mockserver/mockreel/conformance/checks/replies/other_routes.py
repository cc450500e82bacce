"""A job that can be read at several routes is the same at each of them."""

from collections import Counter
from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import FAILURES, PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import SentRequest
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
    request: SentRequest = context.requests.good(operation, params={str(row.given["by"]): str(trace.id)})
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
    if lacking:
        yield Problem(fact, f"the result {lacking[0]}", response.shown(), request, name)


CHECKS: tuple[Check, ...] = (is_the_same_elsewhere,)

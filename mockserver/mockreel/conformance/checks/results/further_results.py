"""Results in other forms: several of one job, within the response, and at once where a submit waits for its job."""

from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.results.job_results import results_fact
from mockreel.conformance.jobs.job_groups import OPTIONAL, PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace, Start
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import NotApplicable


def _inline(context: CheckContext) -> Iterator[tuple[Start, Places]]:
    """One job of each sort whose results are to come within the response, of the cheapest model that can do so."""
    for talk, submit in context.submits():
        row, resolver = talk.promises.inline, context.requests.resolver
        if row is None:
            continue
        field = str(row.given["field"])
        known = {one.id: one for one in context.contract.names_at.get(submit.id, {}).values() if context.wants(one)}
        able = [one for one in known.values() if field in resolver.model(one.schema)[0].get("properties", {})]
        able.sort(key=lambda one: (one.price.amount or 0, one.id))
        for model in able[:1]:
            yield Start(talk, submit, model, shape={field: True}), row


@check(
    "result.inline", "A result that is asked for within the response is there.", level="jobs",
    known=lambda context: any(True for _ in _inline(context)),
)  # fmt: skip
def is_within_the_response(context: CheckContext) -> Iterator[Problem]:
    for start, row in _inline(context):
        trace = context.job_traces.begin(start.talk, start.submit, start.model, shape=start.shape)
        _wait(context, trace)
        if not trace.ended:
            context.skip("a job with its result within the response had not ended")
            continue
        results = context.job_traces.results(trace)
        context.judged()
        if any(not str(one).startswith(str(row.given["begins"])) for one in results):
            where = f"conversation.yaml {trace.talk.name} promises inline"
            fact = context.facts.fact(f"{row.given['field']} brings the result itself", where, row.evidence)
            expected = f"a result that begins with {row.given['begins']}"
            yield Problem(fact, expected, f"{results}"[:300], trace.request, trace.subject)


@check(
    "result.several", "A job that is to make several results shows as many.", level="jobs", uses=(PLAIN,),
    known=lambda context: bool(_counts(context)),
)  # fmt: skip
def shows_as_many(context: CheckContext) -> Iterator[Problem]:
    for reason in context.jobs.not_begun.get(OPTIONAL, ()):
        context.skip(reason)
    for trace in context.jobs.traces():
        states = context.states(trace.last.word) if trace.last else ()
        asked = _asked_for(context, trace)
        if asked is None or not any(state.kind == "succeeded" for state in states):
            continue
        found = context.job_traces.results(trace)
        context.judged()
        if len(found) != asked:
            yield Problem(
                results_fact(context, trace), f"{asked} results", f"{found}"[:300], trace.request, trace.subject
            )


def _counts(context: CheckContext) -> dict[str, list[str]]:
    """The fields of an input that say how many results there are to be, by the kind of file."""
    counts: dict[str, list[str]] = context.contract.root.get("media", {}).get("counts", {})
    return counts


def _asked_for(context: CheckContext, trace: JobTrace) -> int | None:
    """How many results a job was to make, where its request says it."""
    names = _counts(context).get(str(trace.model.output), []) if trace.model else []
    values = [pointers.value(trace.request.json, f"{trace.submit.input}/{name}") for name in names]
    return next((int(one) for one in values if str(one).isdecimal()), None)


def _wait(context: CheckContext, trace: JobTrace) -> None:
    age = 0.0
    while not trace.ended and trace.poll is not None and age <= context.waits.wait_timeout:
        context.target.wait(context.waits.step(age))
        context.job_traces.look(trace)
        age = context.target.now() - trace.started_at


@check(
    "result.waited", "A submit that waits for its job is answered with the result, at its place.", level="jobs",
    known=lambda context: context.contract.conversation.waited is not None,
)  # fmt: skip
def comes_with_the_answer(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.waited
    assert row is not None
    if not context.own:
        raise NotApplicable("an answer that waits for its job would hold up all others")
    operation = context.contract.operation(str(row.given["operation"]))
    for kind, place in row.given["results"].items():
        request = _cheapest(context, operation, kind)
        response = context.answer(request, operation) if request is not None else None
        if response is not None and request is not None and not pointers.value(response.json, place):
            fact = context.facts.fact(f"{operation.id} shows its result", "conversation.yaml waited", row.evidence)
            yield Problem(fact, f"a result at {place}", response.shown(), request, operation.id)


def _cheapest(context: CheckContext, operation: Operation, kind: str) -> SentRequest | None:
    known = {one.id: one for one in context.contract.names_at.get(operation.id, {}).values() if context.wants(one)}
    able = [one for one in known.values() if one.output == kind]
    able.sort(key=lambda one: (one.price.amount or 0, one.id))
    return context.requests.good(operation, able[0]) if able else None


CHECKS: tuple[Check, ...] = (is_within_the_response, comes_with_the_answer, shows_as_many)

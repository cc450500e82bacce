"""Ids have the documented form, and no two jobs share one."""

import re
from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import BURST, PLAIN
from mockreel.contract import pointers
from mockreel.contract.exchanges.problem import Problem

MANY = 25


@check("id.form", "The id of a job has the documented form.", level="jobs", uses=(PLAIN,))
def ids_have_their_form(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.traces():
        context.judged()
        talk = trace.talk
        if trace.id is None or not re.fullmatch(talk.form, str(trace.id)):
            fact = context.facts.fact(
                f"an id looks like {talk.form}", f"conversation.yaml {talk.name} form", talk.form_evidence
            )
            yield Problem(fact, f"an id that fits {talk.form}", trace.response.shown(), trace.request, trace.subject)


@check("id.own", "A poll speaks of the job that was asked for.", level="jobs", uses=(PLAIN,))
def polls_repeat_the_id(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.traces():
        if trace.talk.id is None or trace.last is None:
            continue
        context.judged()
        shown = pointers.value(trace.last.response.json, trace.talk.id)
        if str(shown) != str(trace.id):
            fact = context.facts.operation(
                f"{trace.talk.poll} shows the id", context.contract.operation(trace.talk.poll)
            )
            yield Problem(fact, f"the id {trace.id}", trace.last.response.shown(), trace.poll, trace.subject)


@check("id.unique", "No two jobs of the run share an id.", level="jobs", uses=(PLAIN, BURST))
def ids_differ(context: CheckContext) -> Iterator[Problem]:
    """All jobs count; on the mock server, where jobs cost nothing, some more are begun."""
    for talk, submit in [one for one in context.submits() if context.model_selection.leads(one[1])][:1]:
        for _ in range(MANY if context.own else 0):
            context.job_traces.begin(talk, submit, context.model_selection.leads(submit)[0])
    known: dict[str, str] = {}
    for id_, request, response in context.ids:
        context.judged()
        name = request.operation.id if request.operation else ""
        row = context.contract.conversation.of(name)
        if id_ in known and row is not None:
            fact = context.facts.fact("every job has an id of its own", f"conversation.yaml {row.name}", row.evidence)
            actual = f"{id_} once more, after {known[id_]}: {response.shown()[:200]}"
            yield Problem(fact, "an id that no other job has", actual, request, name)
            return
        known[id_] = name


CHECKS: tuple[Check, ...] = (ids_have_their_form, polls_repeat_the_id, ids_differ)

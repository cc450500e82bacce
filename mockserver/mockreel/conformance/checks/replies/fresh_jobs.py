"""A job that has just begun has no result yet, and has not been charged where charges come at the end."""

from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.paged_lists import asked, entries_of, list_fact, lists
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import pointers
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import Skipped


def _begun(context: CheckContext, talk: JobTalk) -> JobTrace:
    submit = next(one for name in talk.submits if (one := context.contract.operation(name)))
    return context.telling.begin(talk, submit, context.model_selection.leads(submit)[0])


@check(
    "result.early", "Results that are asked for while a job runs are refused as the job's state says.", level="jobs",
    known=lambda context: any(talk.promises.early for talk in context.contract.conversation.jobs.values()),
)  # fmt: skip
def results_come_when_it_ends(context: CheckContext) -> Iterator[Problem]:
    for talk in context.contract.conversation.jobs.values():
        row = talk.promises.early
        if row is None or talk.made is None:
            continue
        trace = _begun(context, talk)
        link = context.links.find(trace.submit, trace.response, talk.made)
        if link is None or trace.poll is None:
            raise Skipped(f"no link leads from {trace.submit.id} to {talk.made}")
        request = context.links.follow(link, trace.asked, trace.response)
        before = context.word(talk, context.send(trace.poll))
        response = context.send(request)
        after = context.word(talk, context.send(trace.poll))
        wanted = row.given["rows"].get(str(before))
        if before != after or wanted is None:
            context.skip(f"a job was {after} before its results could be asked for")
            continue
        context.judged()
        known = context.contract.errors[str(wanted)]
        if not context.error_detector.is_row(response, known, link.to):
            status, code = context.error_detector.expected(known, link.to)
            fact = context.facts.fact(
                f"{talk.made} refuses while a job is {before}", f"conversation.yaml {talk.name} early", row.evidence
            )
            yield Problem(fact, f"{status} {code}", response.shown(), request, link.to.id)


@check(
    "list.uncharged", "A job that has not ended stands in no list of charges.", level="jobs",
    known=lambda context: any("after" in paged.charges for _, paged in lists(context)),
)  # fmt: skip
def charges_come_at_the_end(context: CheckContext) -> Iterator[Problem]:
    for operation, paged in lists(context):
        if "after" not in paged.charges:
            continue
        talk = context.contract.conversation.jobs[paged.charges["after"]]
        trace = _begun(context, talk)
        request = asked(context, operation)
        entries = entries_of(paged, context.send(request))
        word = context.word(talk, context.send(trace.poll)) if trace.poll else None
        if any(state.terminal for state in context.states(word)):
            context.skip(f"a job was {word} before the charges could be asked for")
            continue
        context.judged()
        if any(str(pointers.value(entry, paged.charges["of"])) == str(trace.id) for entry in entries):
            fact = list_fact(context, operation, paged, "has a charge when its job has ended")
            yield Problem(fact, f"nothing of {trace.id}, which is {word}", "a charge", request, operation.id)


CHECKS: tuple[Check, ...] = (results_come_when_it_ends, charges_come_at_the_end)

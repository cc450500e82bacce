"""A job that has just begun has no result yet, and has not been charged where charges come at the end."""

from collections.abc import Iterator
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.paged_lists import list_fact, list_request, lists
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.conformance.list_reader import entries_of
from mockreel.contract import pointers
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import NotApplicable, Skipped

# How often results are requested again, if the job changes its state meanwhile.
ATTEMPTS = 4


def _new_job(context: CheckContext, talk: JobTalk) -> JobTrace:
    submit = next(one for name in talk.submits if (one := context.contract.operation(name)))
    return context.job_traces.begin(talk, submit, context.model_selection.leads(submit)[0])


def _while_it_runs(
    context: CheckContext, talk: JobTalk, poll: SentRequest, request: SentRequest
) -> tuple[Any, ReceivedResponse] | None:
    """A state of a job, and the response to a request that was sent while the job was in it."""
    for _ in range(ATTEMPTS):
        before = context.word(talk, context.send(poll))
        response = context.send(request)
        if before is not None and before == context.word(talk, context.send(poll)):
            return before, response
    return None


@check(
    "result.early", "Results that are asked for while a job runs are refused as the job's state says.", level="jobs",
    known=lambda context: any(talk.promises.early for talk in context.contract.conversation.jobs.values()),
)  # fmt: skip
def results_come_when_it_ends(context: CheckContext) -> Iterator[Problem]:
    for talk in context.contract.conversation.jobs.values():
        row = talk.promises.early
        if row is None or talk.made is None:
            continue
        trace = _new_job(context, talk)
        link = context.links.find(trace.submit, trace.response, talk.made)
        if link is None or trace.poll is None:
            raise Skipped(f"no link leads from {trace.submit.id} to {talk.made}")
        request = context.links.follow(link, trace.request, trace.response)
        found = _while_it_runs(context, talk, trace.poll, request)
        if found is None:
            raise NotApplicable("the state of a job changed whenever its results were requested")
        state, response = found
        count = row.given["rows"].get(str(state))
        if count is None:
            raise NotApplicable(f"a job was {state} before its results could be requested")
        context.judged()
        known = context.contract.errors[str(count)]
        if not context.error_detector.is_row(response, known, link.to):
            status, code = context.error_detector.expected(known, link.to)
            fact = context.facts.fact(
                f"{talk.made} refuses while a job is {state}", f"conversation.yaml {talk.name} early", row.evidence
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
        trace = _new_job(context, talk)
        request = list_request(context, operation)
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

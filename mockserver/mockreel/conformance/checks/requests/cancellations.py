"""A cancellation that is confirmed has happened: the job is shown as cancelled in the response and from then on."""

from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import CANCELLED
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.problem import Problem


@check(
    "lifecycle.cancelled-at-once", "A job whose cancellation is confirmed is cancelled from then on.", level="jobs",
    uses=(CANCELLED,), known=lambda context: context.contract.conversation.cancelled is not None,
)  # fmt: skip
def is_cancelled_at_once(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.cancelled
    assert row is not None
    for trace in context.jobs.told(CANCELLED):
        if trace.cancelled is None or not trace.polls or context.error_detector.refused(trace.cancelled):
            continue
        context.judged()
        for shown in _late(context, trace, row):
            name = context.contract.conversation.cancel
            fact = context.facts.fact(f"{name} ends a job at once", "conversation.yaml cancelled", row.evidence)
            yield Problem(fact, "a job that has ended", shown, context.job_traces.cancellation(trace), trace.subject)


def _late(context: CheckContext, trace: JobTrace, row: Places) -> Iterator[str]:
    """What shows a job as still under way after its cancellation: the response to it, or the first look."""
    replies = [(trace.cancelled, pointers.value(trace.cancelled.json, place)) for place in row.at if trace.cancelled]
    yield from (f"no state in {response.shown()[:200]}" for response, word in replies if word is None)
    for response, word in (*replies, (trace.polls[0].response, trace.polls[0].word)):
        states = context.states(word)
        if states and not any(state.terminal for state in states):
            yield f"{word}: {response.shown()[:200]}"


CHECKS: tuple[Check, ...] = (is_cancelled_at_once,)

"""A cancellation that is confirmed has happened: the job is shown as cancelled in the response and from then on."""

from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import amount, price_of
from mockreel.conformance.checks.webhook_deliveries import callback_fact
from mockreel.conformance.jobs.job_groups import CANCELLED, PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import Evidence, Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.problem import Problem

# So many seconds after a cancellation that changes nothing no webhook comes.
AFTERWARDS = 0.5
# The rows about money by which a cancelled job costs nothing, or what was done of it, each with its list of states.
_UNCHARGED = (("given_back", "on"), ("taken", "worked"))


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


@check(
    "record.cancelled", "The record of a job that was cancelled at once costs less than one that was not.",
    level="jobs", uses=(CANCELLED,),
    known=lambda context: any(True for _ in _priced(context)),
)  # fmt: skip
def costs_less_if_cancelled(context: CheckContext) -> Iterator[Problem]:
    money = context.contract.pricing.get("money", {})
    for trace in context.jobs.told(CANCELLED):
        row, price = trace.talk.promises.cost, price_of(context, trace.request, trace.model)
        states = context.states(trace.last.word if trace.last else None)
        if row is None or price is None or not price.amount or not any(one.kind == "cancelled" for one in states):
            continue
        names = {one.name for one in states}
        source = next((money[key] for key, on in _UNCHARGED if names <= set(money.get(key, {}).get(on, ()))), None)
        if source is None:
            continue
        context.judged()
        shown = amount(pointers.value(trace.last.response.json if trace.last else None, row.at[0]))
        if shown is not None and shown >= price.amount:
            evidence = Evidence(source["evidence"], tuple(source["source"]))
            fact = context.facts.fact("a cancelled job costs what was done", "pricing.yaml money", evidence)
            expected = f"less than {price.amount.normalize():f} {price.currency}"
            yield Problem(fact, expected, f"{shown} at {row.at[0]}", trace.poll, trace.subject)


@check(
    "lifecycle.cancelled-late", "A job that had ended stays so when it is cancelled, and is not told again.",
    level="jobs", uses=(PLAIN, CANCELLED),
    known=lambda context: any(context.can_cancel(submit) for _, submit in context.submits()),
)  # fmt: skip
def stays_as_it_ended(context: CheckContext) -> Iterator[Problem]:
    seen = set[str]()
    for trace in context.jobs.traces():
        request = (
            context.job_traces.cancellation(trace)
            if trace.ended and trace.scenario is None and context.can_cancel(trace.submit)
            else None
        )
        if request is None or trace.poll is None or trace.last is None or trace.submit.id in seen:
            continue
        seen.add(trace.submit.id)
        context.send(request)
        shown = context.send(trace.poll)
        word, results = context.word(trace.talk, shown), context.job_traces.results(trace)
        lacking = trace.talk.made is None and [
            one for one in results if str(one).partition("?")[0] not in shown.body.decode("utf-8", "replace")
        ]
        context.judged()
        if word != trace.last.word or lacking:
            fact = context.facts.fact(
                "a job that has ended stays as it is", f"conversation.yaml {trace.talk.name} final", trace.talk.final
            )
            yield Problem(fact, f"{trace.last.word}, as before", shown.shown(), request, trace.subject)
    yield from _told_again(context)


def _told_again(context: CheckContext) -> Iterator[Problem]:
    """What comes about a job that was cancelled once more, which changes nothing."""
    for trace in context.jobs.told(CANCELLED):
        request, told = context.job_traces.cancellation(trace), _told(context, trace)
        if request is None or not trace.ended or not told:
            continue
        context.send(request)
        context.target.wait(AFTERWARDS)
        context.judged()
        if len(context.receiver.of(str(trace.callback_url))) > told:
            fact = callback_fact(context, trace, "the end of a job is told once, where it is taken at once")
            yield Problem(fact, "no webhook after it", "another one", request, trace.subject)


def _told(context: CheckContext, trace: JobTrace) -> int:
    """How many webhooks about a job have come, all that could; none where somebody asked for a further one."""
    again = trace.talk.webhook.redeliver if trace.talk.webhook is not None else None
    asked = (
        one for one, _ in context.log if again is not None and one.operation is not None and one.operation.id == again
    )
    if trace.callback_url is None or not trace.whole or any(str(trace.id) in f"{one.path}{one.json}" for one in asked):
        return 0
    return len(context.receiver.of(trace.callback_url))


def _priced(context: CheckContext) -> Iterator[Operation]:
    """The submits of jobs that can be cancelled before they end, and whose record says what they cost."""
    for talk, submit in context.submits():
        begun = talk.promises.begun
        is_over = begun is not None and bool(begun.given.get("waits"))  # when the reply with its id comes
        if talk.promises.cost is not None and context.can_cancel(submit) and not is_over:
            yield submit


def _late(context: CheckContext, trace: JobTrace, row: Places) -> Iterator[str]:
    """What shows a job as still under way after its cancellation: the response to it, or the first look."""
    assert trace.cancelled is not None
    words = [word for place in row.at if (word := pointers.value(trace.cancelled.json, place)) is not None]
    if row.at and not words:
        yield f"no state in {trace.cancelled.shown()[:200]}"
    replies = [(trace.cancelled, word) for word in words]
    for response, word in (*replies, (trace.polls[0].response, trace.polls[0].word)):
        states = context.states(word)
        if states and not any(state.terminal for state in states):
            yield f"{word}: {response.shown()[:200]}"


CHECKS: tuple[Check, ...] = (is_cancelled_at_once, costs_less_if_cancelled, stays_as_it_ended)

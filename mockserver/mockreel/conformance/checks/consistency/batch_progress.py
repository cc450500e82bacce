"""A batch ends, and has as many jobs as were asked for, each of them ended."""

from collections.abc import Iterator
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem


def _fact(context: CheckContext, row: Places, says: str) -> Fact:
    return context.facts.fact(says, "conversation.yaml batch", row.evidence)


@check(
    "batch.ends", "A batch ends with as many jobs as it was asked for.", level="jobs",
    known=lambda context: context.contract.conversation.batch is not None,
)  # fmt: skip
def ends_with_all_its_jobs(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.batch
    assert row is not None
    operation = context.contract.operation(str(row.given["operation"]))
    request = context.requests.good(operation)
    made = context.try_send(request)
    if made is None or context.excused(made, operation):
        return
    link = context.links.find(operation, made, str(row.given["read"]))
    wanted = pointers.value(made.json, str(row.given["total"]))
    if context.error_detector.refused(made) or link is None or not isinstance(wanted, int):
        context.judged()
        fact = _fact(context, row, f"{operation.id} begins jobs")
        yield Problem(fact, f"a batch with {row.given['total']}", made.shown(), request, operation.id)
        return
    poll = context.links.follow(link, request, made)
    last = _watched(context, row, poll)
    if last is None:
        context.skip("a batch had not ended when the time was up")
        return
    context.judged()
    yield from _counted(context, row, poll, last, wanted)
    yield from _listed(context, row, (request, made), wanted)


def _watched(context: CheckContext, row: Places, poll: SentRequest) -> ReceivedResponse | None:
    """The last look at a batch: at its end, or when it should have ended long ago; None where the time was up."""
    began = context.target.now()
    while True:
        response = context.send(poll)
        age = context.target.now() - began
        states = context.states(pointers.value(response.json, row.at[0]))
        if any(state.terminal for state in states) or age > context.waits.wait_timeout:
            return response
        if context.deadline is not None and context.target.now() > context.deadline - 1:
            return None
        context.target.wait(context.waits.step(age))


def _counted(
    context: CheckContext, row: Places, poll: SentRequest, last: ReceivedResponse, wanted: int
) -> Iterator[Problem]:
    """Whether every job of a batch has ended, and is counted."""
    word = pointers.value(last.json, row.at[0])
    if not any(state.terminal for state in context.states(word)):
        yield Problem(
            _fact(context, row, "a batch ends"), "a terminal state", last.shown(), poll, str(row.given["read"])
        )
        return
    counts: list[Any] = [pointers.value(last.json, place) for place in row.given["ended"]]
    if sum(count for count in counts if isinstance(count, int)) != wanted:
        fact = _fact(context, row, f"{', '.join(row.given['ended'])} count the jobs of a batch")
        yield Problem(fact, f"{wanted} in all", f"{counts}", poll, str(row.given["read"]))


def _listed(
    context: CheckContext, row: Places, made: tuple[SentRequest, ReceivedResponse], wanted: int
) -> Iterator[Problem]:
    """Whether the list of a batch's jobs has them all."""
    name = str(row.given["list"]["operation"])
    link = context.links.find(context.contract.operation(str(row.given["operation"])), made[1], name)
    if link is None:
        return
    request = context.links.follow(link, *made)
    response = context.send(request)
    items = pointers.value(response.json, row.given["list"]["items"])
    if not isinstance(items, list) or len(items) != wanted:
        fact = _fact(context, row, f"{name} has every job of a batch")
        yield Problem(fact, f"{wanted} jobs", response.shown()[:300], request, name)


CHECKS: tuple[Check, ...] = (ends_with_all_its_jobs,)

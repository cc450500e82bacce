"""Accounts are isolated: one does not see what the other has."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import Skipped


def _has_lists(context: CheckContext) -> bool:
    """Whether a list needs a key, so that it can show too much."""
    return any(context.contract.operation(name).key for name in context.contract.conversation.lists)


@check("account.apart", "Another account's job looks like one that does not exist.", level="jobs", uses=(PLAIN,))
def others_look_unknown(context: CheckContext) -> Iterator[Problem]:
    if "other" not in context.target.keys.of:
        raise Skipped("it takes the key of another account; give --other-key")
    read: set[str] = set()
    for trace in context.jobs.traces():
        yield from _elsewhere(context, trace, read)
        if trace.poll is None or trace.poll.operation is None:
            continue
        seen = context.send(replace(trace.poll, who="other"))
        unknown = context.send(context.unknown(trace.poll.operation))
        context.judged()
        if _shape(seen) != _shape(unknown) or seen.status != unknown.status or _code(context, seen, unknown):
            fact = context.facts.fact(
                f"another account's {trace.talk.name} is answered as an unknown one",
                f"conversation.yaml {trace.talk.name} apart",
                trace.talk.apart,
            )
            request = replace(trace.poll, who="other")
            yield Problem(fact, f"what an unknown id gets: {unknown.shown()}", seen.shown(), request, trace.subject)


def _elsewhere(context: CheckContext, trace: JobTrace, read: set[str]) -> Iterator[Problem]:
    """Whether a further route, one job at each, shows another account what it answers for an id that nobody has."""
    for name, row in trace.talk.promises.elsewhere.items():
        if name in read or trace.submit.id not in row.given["of"] or trace.id is None:
            continue
        read.add(name)
        operation = context.contract.operation(name)
        request = replace(context.job_traces.elsewhere(name, row, trace), who="other")
        seen = context.answer(request, operation)
        if seen is not None and not context.error_detector.refused(seen):
            says = f"{name} shows another account no {trace.talk.name}"
            fact = context.facts.fact(says, f"conversation.yaml {trace.talk.name} apart", trace.talk.apart)
            yield Problem(fact, "a refusal, as for an id that nobody has", seen.shown(), request, name)


@check("account.lists", "A list shows no job of another account.", level="jobs", uses=(PLAIN,), known=_has_lists)
def lists_are_apart(context: CheckContext) -> Iterator[Problem]:
    if "other" not in context.target.keys.of:
        raise Skipped("it takes the key of another account; give --other-key")
    own = {id_ for id_, request, _ in context.ids if request.who == "own"}
    for name, paged in context.contract.conversation.lists.items():
        operation = context.contract.operation(name)
        if not operation.key:
            continue
        request = replace(context.requests.good(operation), who="other")
        response = context.send(request)
        context.judged()
        shown = [id_ for id_ in own if f'"{id_}"'.encode() in response.body]
        if shown:
            fact = context.facts.fact(f"{name} shows one's own", f"conversation.yaml lists {name}", paged.evidence)
            yield Problem(fact, "nothing of another account", f"{shown[0]} in {response.shown()[:200]}", request, name)


def _code(context: CheckContext, one: ReceivedResponse, other: ReceivedResponse) -> bool:
    return context.error_detector.code(one) != context.error_detector.code(other)


def _shape(response: ReceivedResponse) -> Any:
    """The keys of a body, without what may differ between two of the same."""
    body = response.json
    return sorted(body) if isinstance(body, dict) else type(body).__name__


CHECKS: tuple[Check, ...] = (others_look_unknown, lists_are_apart)

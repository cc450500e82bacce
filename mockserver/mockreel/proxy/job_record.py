"""Check a poll's response beyond the state: its job id, its results and its failure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mockreel.contract import State, pointers
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.evidence.facts import Facts
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem


@dataclass(frozen=True, slots=True)
class Polled:
    """The response to a poll.

    Args:
        job: the requested id; None if it is unknown.
        states: the states that the response's word may mean.
    """

    talk: JobTalk
    job: Any
    states: tuple[State, ...]
    request: SentRequest
    response: ReceivedResponse


def record_problems(facts: Facts, polled: Polled) -> Iterator[Problem]:
    """The problems of the response to a poll."""
    yield from _another(facts, polled)
    if polled.talk.made is None and polled.states and polled.talk.results:
        yield from _results(facts, polled)
    yield from _reasons(facts, polled)


def _another(facts: Facts, polled: Polled) -> Iterator[Problem]:
    """The response is about another job than the request."""
    talk, job = polled.talk, polled.job
    received = pointers.value(polled.response.json, talk.id) if talk.id is not None else None
    if job and received is not None and str(received) != str(job):
        where = f"conversation.yaml {talk.name} id"
        fact = facts.fact("the response to a poll is about the requested job", where, talk.evidence)
        yield Problem(fact, f"the job {str(job)[:80]}", f"the job {str(received)[:80]}", polled.request)


def _results(facts: Facts, polled: Polled) -> Iterator[Problem]:
    """A result before the job has ended, or none although it succeeded."""
    talk, states, request, response = polled.talk, polled.states, polled.request, polled.response
    results = [value for place in talk.results for value in pointers.values(response.json, place) if value]
    where = f"conversation.yaml {talk.name} results"
    if results and not any(state.terminal for state in states):
        fact = facts.fact("a job has results when it has ended", where, talk.evidence)
        yield Problem(fact, f"no result while it is {states[0].word}", str(results[0])[:120], request)
    elif not results and all(state.kind == "succeeded" for state in states) and _is_empty(talk, response):
        fact = facts.fact("a job that succeeded has its results", where, talk.evidence)
        yield Problem(fact, f"a result, as it is {states[0].word}", f"none at {', '.join(talk.results)}", request)


def _reasons(facts: Facts, polled: Polled) -> Iterator[Problem]:
    """A failed job without a reason, or a succeeded job with one."""
    row = polled.talk.promises.failure
    if row is None or not polled.states:
        return
    filled = [place for place in row.at if pointers.value(polled.response.json, place)]
    word, kinds = polled.states[0].word, {state.kind for state in polled.states}
    fact = facts.fact(
        f"a failure is described at {', '.join(row.at)}",
        f"conversation.yaml {polled.talk.name} promises failure",
        row.evidence,
    )
    if kinds == {"failed"} and not filled:
        yield Problem(fact, f"why it is {word}", f"nothing at {', '.join(row.at)}", polled.request)
    elif kinds == {"succeeded"} and filled:
        reasons = ", ".join(f"{place}: {pointers.value(polled.response.json, place)!r}" for place in filled)
        yield Problem(fact, f"no failure, as it is {word}", reasons[:200], polled.request)


def _is_empty(talk: JobTalk, response: ReceivedResponse) -> bool:
    """Whether the places of results are empty; a value of unknown shape may be a result."""
    document = response.json
    for place in talk.results:
        holder = place.partition("/*")[0] if "/*" in place else place.rpartition("/")[0]
        top = "/" + place.split("/")[1]
        if pointers.value(document, top) and (
            pointers.value(document, holder) or not pointers.values(document, holder)
        ):
            return False
    return True

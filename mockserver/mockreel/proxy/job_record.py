"""What a poll's answer says beside the state: which job it is about, and results, which must be there in time."""

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
    """The answer to a poll.

    Args:
        job: the id that was asked about; None where that is not known.
        states: what the word in the answer may mean.
    """

    talk: JobTalk
    job: Any
    states: tuple[State, ...]
    request: SentRequest
    response: ReceivedResponse


def record_problems(facts: Facts, polled: Polled) -> Iterator[Problem]:
    """What the contract does not allow about the answer to a poll."""
    yield from _another(facts, polled)
    if polled.talk.made is None and polled.states and polled.talk.results:
        yield from _results(facts, polled)
    yield from _reasons(facts, polled)


def _another(facts: Facts, polled: Polled) -> Iterator[Problem]:
    """A poll is answered with another job than it asked about."""
    talk, job = polled.talk, polled.job
    said = pointers.value(polled.response.json, talk.id) if talk.id is not None else None
    if job and said is not None and str(said) != str(job):
        where = f"conversation.yaml {talk.name} id"
        fact = facts.fact("a poll is answered with the job that it asks about", where, talk.evidence)
        yield Problem(fact, f"the job {str(job)[:80]}", f"the job {str(said)[:80]}", polled.request)


def _results(facts: Facts, polled: Polled) -> Iterator[Problem]:
    """A result is there before the end, or none is there although the job succeeded."""
    talk, states, request, response = polled.talk, polled.states, polled.request, polled.response
    there = [value for place in talk.results for value in pointers.values(response.json, place) if value]
    where = f"conversation.yaml {talk.name} results"
    if there and not any(state.terminal for state in states):
        fact = facts.fact("a job has results when it has ended", where, talk.evidence)
        yield Problem(fact, f"no result while it is {states[0].word}", str(there[0])[:120], request)
    elif not there and all(state.kind == "succeeded" for state in states) and _is_empty(talk, response):
        fact = facts.fact("a job that succeeded has its results", where, talk.evidence)
        yield Problem(fact, f"a result, as it is {states[0].word}", f"none at {', '.join(talk.results)}", request)


def _reasons(facts: Facts, polled: Polled) -> Iterator[Problem]:
    """A job that failed does not say why, or one that succeeded says why it failed."""
    row = polled.talk.promises.failure
    if row is None or not polled.states:
        return
    said = [place for place in row.at if pointers.value(polled.response.json, place)]
    word, kinds = polled.states[0].word, {state.kind for state in polled.states}
    fact = facts.fact(
        f"a failure is told at {', '.join(row.at)}",
        f"conversation.yaml {polled.talk.name} promises failure",
        row.evidence,
    )
    if kinds == {"failed"} and not said:
        yield Problem(fact, f"why it is {word}", f"nothing at {', '.join(row.at)}", polled.request)
    elif kinds == {"succeeded"} and said:
        came = ", ".join(f"{place}: {pointers.value(polled.response.json, place)!r}" for place in said)
        yield Problem(fact, f"no failure, as it is {word}", came[:200], polled.request)


def _is_empty(talk: JobTalk, response: ReceivedResponse) -> bool:
    """Whether nothing stands where results would; what has another shape than ours may well be one."""
    document = response.json
    for place in talk.results:
        holder = place.partition("/*")[0] if "/*" in place else place.rpartition("/")[0]
        top = "/" + place.split("/")[1]
        if pointers.value(document, top) and (
            pointers.value(document, holder) or not pointers.values(document, holder)
        ):
            return False
    return True

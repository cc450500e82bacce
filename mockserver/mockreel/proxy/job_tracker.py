"""The jobs that pass by: each is one of its own, and moves only forwards along its lifecycle, from poll to poll."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from mockreel.contract import Contract, State, pointers
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.evidence.facts import Facts
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.links import Links
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.request_builder import Requests
from mockreel.contract.exchanges.response_check import ResponseChecker
from mockreel.contract.operations import resolve
from mockreel.proxy.job_record import Polled, record_problems
from mockreel.proxy.repeated_submits import Repeats

# Of so many jobs the last state is known; the one that was not heard of for longest is forgotten.
MOST_JOBS = 10_000


class Tracks:
    """Where each job of one provider was seen last."""

    def __init__(self, contract: Contract, facts: Facts, response_checker: ResponseChecker) -> None:
        self._contract = contract
        self._facts = facts
        self._links = Links(contract, Requests(contract), response_checker)
        self._repeats = Repeats(contract, facts)
        self._seen: OrderedDict[str, tuple[State, ...]] = OrderedDict()
        self._words: dict[str, tuple[State, ...]] = {}
        for state in contract.lifecycle.states.values():
            self._words[state.word] = (*self._words.get(state.word, ()), state)
        self._leads = cache(contract.lifecycle.leads)
        self._polls = {talk.poll: (talk, self._parameter(talk)) for talk in contract.conversation.jobs.values()}

    def follow(self, request: SentRequest, response: ReceivedResponse) -> Iterator[Problem]:
        """What the lifecycle does not allow about a response that was no refusal."""
        operation = request.operation
        if operation is None:
            return
        job = self.job(request, response)
        if operation.id in self._polls:
            talk, _ = self._polls[operation.id]
            states = self._words.get(str(pointers.value(response.json, talk.state)), ())
            yield from record_problems(self._facts, Polled(talk, job, states, request, response))
            yield from self._look(talk, job, request, response)
            return
        begun = self._contract.conversation.of(operation.id)
        if begun is not None and job:
            yield from self._begun(begun, str(job), request)
            yield from self._look(begun, job, request, response)

    def job(self, request: SentRequest, response: ReceivedResponse | None) -> Any:
        """The id of the job that a request asks about, or that its answer says to have begun; None for neither."""
        operation = request.operation
        if operation is None:
            return None
        if operation.id in self._polls:
            return self._polled(request, self._polls[operation.id][1])
        talk = self._contract.conversation.of(operation.id)
        link = self._links.find(operation, response, talk.poll) if talk and response else None
        return self._links.id(link, request, response) if link and response else None

    def _begun(self, talk: JobTalk, job: str, request: SentRequest) -> Iterator[Problem]:
        """A submit begins a job of its own, unless it is one that may be sent twice."""
        yield from self._repeats.begun(request, job)
        if job in self._seen and self._repeats.key(request) is None:
            where = f"conversation.yaml {talk.name}"
            fact = self._facts.fact("each submit begins a job of its own", where, talk.evidence)
            yield Problem(fact, "a new id", f"that of an earlier job, {job[:80]}", request)

    def _look(self, talk: JobTalk, job: Any, request: SentRequest, response: ReceivedResponse) -> Iterator[Problem]:
        """One more word about a job."""
        word = pointers.value(response.json, talk.state)
        if not isinstance(word, str):
            return  # the schema of the response says whether it must be there
        states = self._words.get(word)
        if states is None:
            yield self._unknown(word, request)
            return
        before = self._seen.pop(str(job), None) if job else None
        if job:
            self._seen[str(job)] = states
            if len(self._seen) > MOST_JOBS:
                self._seen.popitem(last=False)
        if before is not None:
            yield from self._moved(talk, before, states, request)

    def _moved(
        self, talk: JobTalk, before: tuple[State, ...], after: tuple[State, ...], request: SentRequest
    ) -> Iterator[Problem]:
        if any(state.terminal for state in before):
            if before[0].word != after[0].word:
                where = f"conversation.yaml {talk.name} final"
                fact = self._facts.fact("a job that has ended never changes again", where, talk.final)
                yield Problem(fact, f"still {before[0].word}", after[0].word, request)
        elif not any(self._leads(a, b) for a in before for b in after):
            says = "a job moves along the transitions of the lifecycle"
            fact = self._facts.fact(says, "lifecycle.yaml transitions", talk.forward)
            yield Problem(fact, f"something that follows {before[0].word}", after[0].word, request)

    def _unknown(self, word: str, request: SentRequest) -> Problem:
        lifecycle = self._contract.lifecycle
        words = ", ".join(self._words)
        fact = self._facts.fact(f"a job is one of {words}", "lifecycle.yaml states", lifecycle.initial.evidence)
        return Problem(fact, f"one of {words}", repr(word[:80]), request)

    def _polled(self, request: SentRequest, name: str | None) -> Any:
        """The job that a poll asks about."""
        found = self._contract.router.find(unquote(request.path))
        if name is None or found is None:
            return None
        if name in found.params:
            return found.params[name]
        asked = parse_qs(request.query).get(name)
        if asked:
            return asked[-1]
        body = request.json
        return body.get(name) if isinstance(body, Mapping) else None

    def _parameter(self, talk: JobTalk) -> str | None:
        """The name under which a poll is told the job: the one that the submit's link fills from its response."""
        for submit in talk.submits:
            for response in self._contract.operation(submit).raw.get("responses", {}).values():
                links = resolve(self._contract.document, response, where=submit).get("links", {})
                for row in links.values():
                    link = resolve(self._contract.document, row, where=submit)
                    if link.get("operationId") == talk.poll:
                        return _filled_from_reply(link)
        return None


def _filled_from_reply(link: Mapping[str, Any]) -> str | None:
    body = link.get("requestBody")
    given = {**link.get("parameters", {}), **(body if isinstance(body, Mapping) else {})}
    return next((name for name, text in given.items() if str(text).startswith("$response")), None)

"""Track jobs from poll to poll: each has its own id, and moves only forward along its lifecycle."""

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
from mockreel.proxy.repeated_submits import RepeatedSubmits

# The most jobs to track; the least recently polled one is dropped.
MOST_JOBS = 10_000


class JobTracker:
    """The last state of each job of one provider."""

    def __init__(self, contract: Contract, facts: Facts, response_checker: ResponseChecker) -> None:
        self._contract = contract
        self._facts = facts
        self._links = Links(contract, Requests(contract), response_checker)
        self._repeats = RepeatedSubmits(contract, facts)
        self._last_states: OrderedDict[str, tuple[State, ...]] = OrderedDict()
        self._states_by_word: dict[str, tuple[State, ...]] = {}
        for state in contract.lifecycle.states.values():
            self._states_by_word[state.word] = (*self._states_by_word.get(state.word, ()), state)
        self._leads = cache(contract.lifecycle.leads)
        self._polls = {talk.poll: (talk, self._parameter(talk)) for talk in contract.conversation.jobs.values()}

    def follow(self, request: SentRequest, response: ReceivedResponse) -> Iterator[Problem]:
        """The lifecycle problems of a response that is no error."""
        operation = request.operation
        if operation is None:
            return
        job = self.job(request, response)
        if operation.id in self._polls:
            talk, _ = self._polls[operation.id]
            states = self._states_by_word.get(str(pointers.value(response.json, talk.state)), ())
            yield from record_problems(self._facts, Polled(talk, job, states, request, response))
            yield from self._look(talk, job, request, response)
            return
        submit = self._contract.conversation.of(operation.id)
        if submit is not None and job:
            yield from self._submitted(submit, str(job), request)
            yield from self._look(submit, job, request, response)

    def job(self, request: SentRequest, response: ReceivedResponse | None) -> Any:
        """The id of the job that a request polls or submits; None for neither."""
        operation = request.operation
        if operation is None:
            return None
        if operation.id in self._polls:
            return self._polled(request, self._polls[operation.id][1])
        talk = self._contract.conversation.of(operation.id)
        link = self._links.find(operation, response, talk.poll) if talk and response else None
        return self._links.id(link, request, response) if link and response else None

    def _submitted(self, talk: JobTalk, job: str, request: SentRequest) -> Iterator[Problem]:
        """A submit starts a new job, unless it is a repetition."""
        yield from self._repeats.submitted(request, job)
        if job in self._last_states and self._repeats.key(request) is None:
            where = f"conversation.yaml {talk.name}"
            fact = self._facts.fact("each submit starts a job of its own", where, talk.evidence)
            yield Problem(fact, "a new id", f"that of an earlier job, {job[:80]}", request)

    def _look(self, talk: JobTalk, job: Any, request: SentRequest, response: ReceivedResponse) -> Iterator[Problem]:
        """Check the state of a job in one more response."""
        word = pointers.value(response.json, talk.state)
        if not isinstance(word, str):
            return  # the response's schema decides whether it is required
        states = self._states_by_word.get(word)
        if states is None:
            yield self._unknown(word, request)
            return
        before = self._last_states.pop(str(job), None) if job else None
        if job:
            self._last_states[str(job)] = states
            if len(self._last_states) > MOST_JOBS:
                self._last_states.popitem(last=False)
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
            says = "a job follows the transitions of the lifecycle"
            fact = self._facts.fact(says, "lifecycle.yaml transitions", talk.forward)
            yield Problem(fact, f"something that follows {before[0].word}", after[0].word, request)

    def _unknown(self, word: str, request: SentRequest) -> Problem:
        lifecycle = self._contract.lifecycle
        valid = ", ".join(self._states_by_word)
        fact = self._facts.fact(f"a job is one of {valid}", "lifecycle.yaml states", lifecycle.initial.evidence)
        return Problem(fact, f"one of {valid}", repr(word[:80]), request)

    def _polled(self, request: SentRequest, name: str | None) -> Any:
        """The job id in a poll."""
        found = self._contract.router.find(unquote(request.path))
        if name is None or found is None:
            return None
        if name in found.params:
            return found.params[name]
        values = parse_qs(request.query).get(name)
        if values:
            return values[-1]
        body = request.json
        return body.get(name) if isinstance(body, Mapping) else None

    def _parameter(self, talk: JobTalk) -> str | None:
        """The parameter of a poll that has the job id: the submit's link fills it from the response."""
        for submit in talk.submits:
            for response in self._contract.operation(submit).raw.get("responses", {}).values():
                links = resolve(self._contract.document, response, where=submit).get("links", {})
                for row in links.values():
                    link = resolve(self._contract.document, row, where=submit)
                    if link.get("operationId") == talk.poll:
                        return _filled_from_response(link)
        return None


def _filled_from_response(link: Mapping[str, Any]) -> str | None:
    body = link.get("requestBody")
    parameters = {**link.get("parameters", {}), **(body if isinstance(body, Mapping) else {})}
    return next((name for name, text in parameters.items() if str(text).startswith("$response")), None)

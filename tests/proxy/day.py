"""A client's day with one provider, as a proxy sees it: jobs from submit to result, lists, a balance, and errors."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from mockreel.contract import Contract, Model, Operation, pointers
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.links import Links
from mockreel.contract.exchanges.request_builder import UNKNOWN_ID, Requests
from mockreel.contract.exchanges.response_check import ResponseChecker
from mockreel.proxy.contract_watch import Watch
from mockreel.proxy.proxy_exchange import ClientRequest, Passed, StreamedBody
from mockreel.proxy.violation import ProxyViolation
from mockreel.simulator.client_rules import RULES, select
from mockreel.simulator.in_process.mock_target import Answering, MockTarget, answer_honestly
from mockreel.simulator.in_process.target_keys import dressed
from mockreel.simulator.simulator import load_contracts

# How often a client that keeps to the docs looks, in seconds.
STEP = 5.0
MOST_LOOKS = 30


@cache
def contract_of(provider: str) -> Contract:
    return load_contracts([provider])[provider]


@dataclass
class Day:
    """One client's requests to a provider, the responses, and what a proxy reports.

    Args:
        played: the contract of the answering server; the documented one if None.
        rules: the client rules to check.
    """

    provider: str
    answering: Answering = answer_honestly
    played: Contract | None = None
    rules: tuple[str, ...] = ()
    answers: list[ReceivedResponse] = field(default_factory=list)
    violations: list[ProxyViolation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.contract = contract_of(self.provider)
        self.target = MockTarget(self.played or self.contract, answering=self.answering)
        self.watch = Watch(self.contract, select(RULES, named=self.rules))
        self.requests = Requests(self.contract)
        self.links = Links(self.contract, self.requests, ResponseChecker(self.contract))

    def send(self, request: SentRequest) -> ReceivedResponse:
        """Send a request with its key, and let the proxy check it."""
        response = self.target.send(request)
        self.answers.append(response)
        self.see(dressed(request, self.target.keys), response)
        return response

    def see(self, sent: SentRequest, response: ReceivedResponse | None) -> None:
        """Let the proxy check an exchange; None is a missing response."""
        headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in sent.headers.items()]
        client_request = ClientRequest(sent.method, sent.path, sent.query, headers, self.target.now(), sent.body)
        client_request.operation = self.watch.operation(sent.method, sent.path)
        if response is None:
            self.watch.unanswered(client_request)
            return
        body = StreamedBody()
        body.add(response.body)
        body.whole = True
        answered = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.headers.items()]
        self.violations += self.watch.violations(Passed(client_request, response.status, answered, body))

    def submits(self) -> Iterator[tuple[JobTalk, Operation, Model | None]]:
        """Two operations of each sort of job, with their first model."""
        for talk in self.contract.conversation.jobs.values():
            for name in talk.submits[:2]:
                operation = self.contract.operation(name)
                model = next(iter(self.contract.names_at[name].values()), None) if operation.model else None
                yield talk, operation, model

    def spend(self) -> None:
        """The whole of it."""
        for talk, operation, model in self.submits():
            self.job(talk, self.requests.good(operation, model))
            self.job(talk, _failing(self.requests.good(operation, model)))
            self.twice(operation, model)
        for operation in self.contract.operations:
            if (
                operation.method == "GET"
                and "{" not in operation.path
                and not any(one.required for one in operation.query)
            ):
                self.send(self.requests.good(operation))
                self.some(operation)
        self.errors()
        self.target.close()

    def job(self, talk: JobTalk, submit: SentRequest) -> None:
        """One job, from its submit to its result."""
        response = self.send(submit)
        assert submit.operation is not None
        link = self.links.find(submit.operation, response, talk.poll)
        if link is None:
            return
        poll = self.links.follow(link, submit, response)
        for _ in range(MOST_LOOKS):
            self.target.wait(STEP)
            word = pointers.value(self.send(poll).json, talk.state)
            states = [state for state in self.contract.lifecycle.states.values() if state.word == word]
            if states and all(state.terminal for state in states):
                break
        made = self.links.find(submit.operation, response, talk.made) if talk.made else None
        if made is not None:
            self.send(self.links.follow(made, submit, response))

    def twice(self, operation: Operation, model: Model | None) -> None:
        """The same submit once more, where there is a header for that."""
        row: Any = self.contract.wire.get("idempotency")
        if row and operation.id in row["operations"]:
            good = self.requests.good(operation, model)
            client_request = replace(good, headers={**good.headers, row["header"]: f"{operation.id}-of-today"})
            for _ in "ab":
                self.send(client_request)

    def some(self, operation: Operation) -> None:
        """A list with at most one thing in it."""
        if any(one.name == "limit" for one in operation.query):
            self.send(self.requests.good(operation, params={"limit": "1"}))

    def errors(self) -> None:
        """Rejected requests: an unknown job, an invalid body, an unknown key."""
        for talk in self.contract.conversation.jobs.values():
            poll = self.contract.operation(talk.poll)
            names = [one.name for one in poll.query if one.required]
            names += [part[1:-1] for part in poll.path.split("/") if part.startswith("{")]
            self.send(self.requests.good(poll, params=dict.fromkeys(names, UNKNOWN_ID)))
        _, operation, model = next(self.submits())
        good = self.requests.good(operation, model)
        self.send(good.with_json([]))
        self.send(replace(good, who="invalid"))


def _failing(request: SentRequest) -> SentRequest:
    return replace(request, headers={**request.headers, "prefer": "scenario=fail"})


# What a client does wrong: it is given its day before anything was client_request.
Script = Callable[[Day], None]

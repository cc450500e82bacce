"""What a saboteur is, how the suite is run on it, and the tools that saboteurs are made with."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import orjson

from mockreel.conformance.check import Check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import run
from mockreel.conformance.checks import EVERY
from mockreel.conformance.generated.generated_requests import Generated
from mockreel.contract import Contract
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.messages.message import Request, Response
from mockreel.engine.jobs.job import Job
from mockreel.engine.jobs.job_views import JobViews
from mockreel.simulator.in_process.mock_target import Answering, MockTarget, answer_honestly
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import load_contracts
from mockreel.webhooks import MemorySender, Outcome, Outgoing


@dataclass(frozen=True)
class Saboteur:
    """One server that is broken in one way.

    `contract` changes what is played (not what is checked against), `answering` stands between a request and its
    response, `sender` between a callback and its receiver. `generated` names the operations that generated requests go
    to, where our own checks alone could not see it.
    """

    id: str
    says: str
    provider: str
    contract: Callable[[Contract], Contract] = lambda honest: honest
    answering: Callable[[], Answering] = lambda: answer_honestly
    sender: Callable[[MemorySender], MemorySender] = lambda honest: honest
    generated: frozenset[str] = frozenset()
    thorough: bool = False  # met only by some of the models, so that the few of a quick run are not enough


@dataclass(frozen=True)
class Caught:
    """Which checks caught a saboteur, in the order in which they ran."""

    saboteur: Saboteur
    checks: tuple[str, ...] = field(default_factory=tuple)
    doubted: tuple[str, ...] = field(default_factory=tuple)


@cache
def honest_contract(provider: str) -> Contract:
    """The contract that everybody is checked against, read once."""
    return load_contracts([provider])[provider]


class Stranger(MockTarget):
    """The mock server as if it were somebody else's server, on which a little time passes with each request."""

    own = False
    plays = True
    pause = 0.01

    @property
    def contract(self) -> Contract:
        """What it plays."""
        return self._provider.contract

    def send(self, request: SentRequest) -> ReceivedResponse:
        self.wait(self.pause)
        return super().send(request)


def run_checks(
    saboteur: Saboteur, *, stranger: bool = False, quick: bool | None = None, checks: Sequence[Check] = EVERY
) -> Caught:
    """Run the suite, or some checks of it, on a saboteur: as the mock server, or as somebody else's server."""
    honest = honest_contract(saboteur.provider)
    kind = Stranger if stranger else MockTarget
    answer, raised = saboteur.answering(), list[Exception]()

    def answering(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        try:
            return answer(provider, request)
        except Exception as problem:
            raised.append(problem)
            raise

    target = kind(saboteur.contract(honest), answering=answering, sender=saboteur.sender)
    options = CheckOptions(quick=not saboteur.thorough if quick is None else quick, budget=100_000)
    try:
        outcomes = list(run(CheckContext(honest, target, options), checks))
        if saboteur.generated:
            generated = Generated(
                CheckContext(honest, target, options),
                budget=30,
                left=120,
                admits=lambda one: one.id in saboteur.generated,
            )
            outcomes += generated.run()
    finally:
        target.close()
    if raised:  # it would be caught for what it did not mean to do
        raise raised[0]
    errors = [f"{one.check}: {one.error}" for one in outcomes if one.error]
    assert not errors, errors
    doubted = tuple(one.check for one in outcomes if one.verdict == "doubtful")
    return Caught(saboteur, tuple(one.check for one in outcomes if one.verdict == "falls short"), doubted)


def honest_checks(provider: str) -> tuple[str, ...]:
    """The checks by which the honest mock server is (wrongly) caught."""
    return run_checks(Saboteur("honest", "nothing is wrong with it", provider)).checks


# -- tools

# Changes the JSON body of a response; what it returns is sent.
Change = Callable[[Any], Any]


def age_job(provider: Provider, job: Job, seconds: float) -> None:
    """Make a job older, also for who has read it already."""
    job.created -= seconds
    provider.views = JobViews()


def change_json(response: Response, change: Change) -> Response:
    """A response with its JSON object changed; any other response as it is."""
    try:
        body = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return response
    return replace(response, body=orjson.dumps(change(body))) if isinstance(body, dict) else response


def operation_id(provider: Provider, request: Request) -> str:
    """The operation that a request means, or an empty text."""
    found = provider.contract.router.find(request.path)
    operation = found.methods.get(request.method) if found else None
    return operation.id if operation else ""


def altering(*operations: str, change: Callable[[Response, Request], Response]) -> Callable[[], Answering]:
    """Alter the responses of some operations (of all, if none is named)."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response = provider.answer(request)
            if operations and operation_id(provider, request) not in operations:
                return response
            return change(response, request) if isinstance(response, Response) else changed(response, request)

        async def changed(coming: Awaitable[Response], request: Request) -> Response:
            return change(await coming, request)

        return answer

    return make


def good(provider: Provider, request: Request, body: Any) -> Response | Awaitable[Response]:
    """The same request with another body."""
    headers = [(name, value) for name, value in request.headers if name != b"content-type"]
    headers.append((b"content-type", b"application/json"))
    return provider.answer(replace(request, headers=headers, body=orjson.dumps(body)))


def as_owner(provider: Provider, request: Request) -> Request:
    """The request as if the checker's first account had sent it."""
    key = b"Bearer " + _own_key(provider)
    headers = [(name, value) for name, value in request.headers if name != b"authorization"]
    return replace(request, headers=[*headers, (b"authorization", key)])


def _own_key(provider: Provider) -> bytes:
    prefixes = provider.contract.root.get("keys", {}).get("prefixes", [])
    member = next((row["prefix"] for row in prefixes if row.get("role") != "admin"), "")
    return f"{member}mockreel-check".encode()


class Meddling(MemorySender):
    """A sender that changes every attempt before it goes out."""

    def __init__(self, honest: MemorySender, meddle: Callable[[Outgoing, int], Outgoing | None]) -> None:
        super().__init__(honest.receiver)
        self._meddle = meddle

    async def send(self, message: Outgoing) -> Outcome:
        number = sum(one.url == message.url for one in self.sent)
        self.sent.append(message)
        meddled = self._meddle(message, number)
        if meddled is None or self.receiver is None:
            return Outcome(200)
        answer = self.receiver(meddled)
        return Outcome(answer) if isinstance(answer, int) else answer


def meddling(meddle: Callable[[Outgoing, int], Outgoing | None]) -> Callable[[MemorySender], MemorySender]:
    """Change every attempt (None swallows it); the number counts the attempts at its URL."""
    return lambda honest: Meddling(honest, meddle)


def with_json(message: Outgoing, change: Change) -> Outgoing:
    """An attempt with its JSON body changed."""
    return replace(message, body=orjson.dumps(change(orjson.loads(message.body))))


def with_header(message: Outgoing, name: str, value: str | None) -> Outgoing:
    """An attempt with a header replaced, or left out."""
    remaining = tuple(pair for pair in message.headers if pair[0].lower() != name.lower())
    return replace(message, headers=remaining if value is None else (*remaining, (name, value)))

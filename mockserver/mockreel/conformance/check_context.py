"""The scene of a check: a contract, a target, and what every check asks of both."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from mockreel.conformance.job_traces import Refused, Stories, Story
from mockreel.conformance.model_selection import Casting
from mockreel.contract import Contract, Model, Operation, State
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.evidence.facts import Facts
from mockreel.contract.exchanges.error_detection import Refusals
from mockreel.contract.exchanges.exchange import Ask, Told, first
from mockreel.contract.exchanges.links import Links
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.request_builder import NOBODYS, Requests, placed
from mockreel.contract.exchanges.request_check import Oracle
from mockreel.contract.exchanges.response_check import Replies, reply_problems
from mockreel.contract.operations import resolve
from mockreel.contract.validation import violations
from mockreel.simulator.in_process.memory_receiver import Behaviour, Receiver
from mockreel.simulator.in_process.mock_target import LeftOut, Target


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much is checked: which models (all if empty), how thoroughly, from which seed, in how many seconds."""

    models: tuple[str, ...] = ()
    quick: bool = False
    seed: int = 0
    budget: float = 60.0


@dataclass
class Scene:
    """Everything that a check needs; what it sends is judged as it passes, whatever the check asks for."""

    contract: Contract
    target: Target
    wanted: Wanted = Wanted()
    passing: list[Problem] = field(default_factory=list)
    cases: int = 0
    passed: int = 0
    skipped: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = Facts(self.contract)
        self.refusals = Refusals(self.contract)
        self.replies = Replies(self.contract)
        self.requests = Requests(self.contract)
        self.oracle = Oracle(self.contract)
        self.links = Links(self.contract, self.requests, self.replies)
        self.telling = Stories(self)
        wanted = self.wanted
        self.casting = Casting(self.contract, names=wanted.models, quick=wanted.quick, seed=wanted.seed)
        self._told: dict[str, list[Story]] = {}
        self._secret: str | None = None
        self._ends = time.monotonic() + wanted.budget

    def check_time(self) -> None:
        """See that there is time for another job; on the mock jobs take none.

        Raises:
            LeftOut: the budget is used up.
        """
        if not self.target.own and time.monotonic() > self._ends:
            raise LeftOut(f"the budget of {self.wanted.budget:g} s is used up; give more with --budget")

    def judged(self) -> None:
        """One case was looked at."""
        self.cases += 1

    def send(self, ask: Ask) -> Told:
        """Ask the target; the reply is held against the contract on the way."""
        told = self.target.send(ask)
        self.passed += 1
        self.passing += self.reply_problems(ask, told)
        return told

    def try_send(self, ask: Ask) -> Told | None:
        """Ask where the target may be asked; what is not sent is said with the check's outcome."""
        try:
            return self.send(ask)
        except LeftOut as reason:
            self.skipped[str(reason)] = None
            return None

    def reply_problems(self, ask: Ask, told: Told) -> Iterator[Problem]:
        """What the contract does not allow about a reply: its status, its content type, its body."""
        return reply_problems(self.replies, self.facts, ask, told)

    @property
    def own(self) -> bool:
        """Whether the target is our own stand-in."""
        return self.target.own

    def states(self, word: Any) -> tuple[State, ...]:
        """The states that a word on the wire may mean."""
        return tuple(state for state in self.contract.lifecycle.states.values() if state.word == word)

    @property
    def receiver(self) -> Receiver:
        """The receiver of callbacks.

        Raises:
            LeftOut: this target has none.
        """
        if self.target.receiver is None:
            raise LeftOut("there is no receiver that the target could reach; give --callback-url")
        return self.target.receiver

    def callback_of(self, operation: Operation) -> tuple[str, Any] | None:
        """Where in its body an operation takes a callback URL, and what is sent there; None where it takes none."""
        for row in operation.raw.get("callbacks", {}).values():
            callback = resolve(self.contract.document, row, where=operation.id)
            for expression, item in callback.items():
                return expression.strip("{}").partition("#")[2], item["post"]
        return None

    def with_callback(self, ask: Ask, behaviours: tuple[Behaviour, ...]) -> tuple[Ask, str]:
        """The request with a callback URL of its own.

        Raises:
            LeftOut: the operation takes none.
        """
        found = self.callback_of(ask.operation) if ask.operation else None
        if found is None:
            raise LeftOut(f"{ask.operation.id if ask.operation else 'it'} takes no callback URL")
        url = self.receiver.expect(*behaviours)
        return ask.with_json(placed(ask.json, found[0], url)), url

    def submits(self) -> Iterator[tuple[JobTalk, Operation]]:
        """Every operation that begins a job, with how it is spoken of."""
        for talk in self.contract.conversation.jobs.values():
            for name in talk.submits:
                yield talk, self.contract.operation(name)

    def stories(self) -> list[Story]:
        """One job for each submit and model, and one for each other course where the target plays one; told once."""
        return self.told("plain", self._tell)

    def _tell(self) -> Iterator[Story]:
        for talk, submit in self.submits():
            for model in self.casting.leads(submit):
                yield from self._story(talk, submit, model, None)
            for scenario in self._courses():
                yield from self._story(talk, submit, self.casting.leads(submit)[0], scenario)

    def _courses(self) -> tuple[str, ...]:
        """Further courses of a job; only our own stand-in can be asked for one."""
        endless = {name for name, job in self.contract.scenarios.jobs.items() if not self._is_end(job.states[-1])}
        own = self.contract.scenarios
        others = [name for name in own.jobs if name not in endless and name not in ("slow", own.default)]
        return tuple(others) if self.target.own else ()

    def _is_end(self, state: str) -> bool:
        return self.contract.lifecycle.states[state].terminal

    def _story(self, talk: JobTalk, submit: Operation, model: Model | None, scenario: str | None) -> Iterator[Story]:
        calls = self.target.receiver is not None and self.callback_of(submit) is not None and talk.told is not None
        with suppress(Refused):
            begun = self.telling.begin(talk, submit, model, scenario=scenario, behaviours=(200,) if calls else None)
            yield self.telling.watch(begun)

    def told(self, name: str, tell: Callable[[], Iterator[Story]]) -> list[Story]:
        """Stories by name, told when they are first wanted."""
        if name not in self._told:
            self.secret()
            self._told[name] = list(tell())
        return self._told[name]

    def secret(self) -> str:
        """The secret that callbacks are signed with, asked for before the first job; empty where nothing is signed."""
        row = self.contract.conversation.secret
        if self._secret is None and row is not None and self.target.receiver is not None:
            good = self.requests.good(self.contract.operation(row.operation))
            told = self.send(good if row.body is None else good.with_json(row.body))
            self._secret = str(first(told.json, row.at) or "")
        return self._secret or ""

    def secrets(self) -> tuple[str, ...]:
        """What no report may show, beside the keys."""
        return (self._secret,) if self._secret else ()

    def unknown(self, poll: Operation) -> Ask:
        """A poll for a job that nobody has."""
        good = self.requests.good(poll)
        names = {parameter.name for parameter in poll.query if parameter.required}
        if names or "{" in poll.path:
            return self.requests.good(poll, params=dict.fromkeys([*names, *_placeholders(poll)], NOBODYS))
        return good

    def payload(self, body: bytes) -> Any:
        """A callback's parsed body, or None."""
        return Told(200, {}, body).json

    def payload_problems(self, submit: Operation, body: bytes) -> tuple[str, ...]:
        """What in a callback breaks the schema that the contract has for it."""
        found = self.callback_of(submit)
        parsed = self.payload(body)
        if found is None or parsed is None:
            return ("the callback is no JSON",) if found else ()
        content = next(iter(found[1]["requestBody"]["content"].values()))
        schema = self.contract.schemas.absolute(content["schema"])
        validator = self.contract.schemas.compile(schema, where=f"the callback of {submit.id}")
        return tuple(f"{one.pointer or '/'}: {one.message[:300]}" for one in violations(validator, parsed))

    def same_state(self, one: Any, other: Any) -> bool:
        """Whether two words may mean the same state; a callback may spell it in its own way."""
        spelled = self.contract.wire.get("callback_status", {})
        return one == other or any(spelled.get(state.name) == one for state in self.states(other))

    def texts(self, value: Any) -> Iterator[str]:
        """Every text in the top level of an object."""
        if isinstance(value, dict):
            yield from (text for text in value.values() if isinstance(text, str))


def _placeholders(operation: Operation) -> list[str]:
    return [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]

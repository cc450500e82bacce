"""What the contract does not allow about what passed by: the request, the reply, and the job that it tells of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson

from mockreel.contract import Contract, Model, Operation, Place
from mockreel.contract.evidence.facts import Facts
from mockreel.contract.exchanges.error_detection import Refusals
from mockreel.contract.exchanges.exchange import Ask, Told
from mockreel.contract.exchanges.exchange_check import fact_of, judge
from mockreel.contract.exchanges.header_check import HeaderRules
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.request_check import Oracle, Verdict
from mockreel.contract.exchanges.response_check import Replies, reply_problems
from mockreel.contract.messages.key_location import key_at
from mockreel.contract.messages.message import Request
from mockreel.engine.redaction import MASK, Fingerprints, credentials_of, redactor_of
from mockreel.proxy.job_tracker import Tracks
from mockreel.proxy.passed_exchange import Asked, Passed
from mockreel.proxy.violation import Remark, Side
from mockreel.terminal import harmless

# Rows that tell who may not, whatever the form of the request.
_WHO = ("no-key", "wrong-key", "forbidden")
# As much of what came is shown.
SHOWN = 240


class _Recalling:
    """An oracle that knows what it said last: the request is judged by itself, and again with its reply."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._ask: Ask | None = None
        self._verdict = Verdict(None)

    def judge(self, ask: Ask) -> Verdict:
        if ask is not self._ask:
            self._ask, self._verdict = ask, self._oracle.judge(ask)
        return self._verdict

    def model(self, operation: Operation, path: str, body: Any) -> Model | None:
        return self._oracle.model(operation, path, body)


@dataclass(slots=True)
class _Carried:
    """A request with what its body says."""

    request: Request
    body: Any


class Watch:
    """Judges what passes by between a program and one provider."""

    own = False

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.facts = Facts(contract)
        self.refusals = Refusals(contract)
        self.replies = Replies(contract)
        self._headers = HeaderRules(contract)
        self.oracle = _Recalling(Oracle(contract))
        self._places = {place for operation in contract.operations for place in operation.key}
        self._redactor, self._credentials = redactor_of(contract), credentials_of(contract)
        self._tracks = Tracks(contract, self.facts, self.replies)

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation that a method and a percent-encoded path mean."""
        found = self.contract.router.find(unquote(path))
        if found is None:
            return None
        return found.methods.get(method) or (found.methods.get("GET") if method == "HEAD" else None)

    def model(self, operation: Operation, path: str, body: Any) -> Model | None:
        """The model that a request is for; `path` is percent-decoded."""
        return self.oracle.model(operation, path, body)

    def surely_refused(self, passed: Passed) -> bool:
        """Whether a reply says no, and not that something went wrong on the way, where the job may exist."""
        if passed.status >= 500:
            return False
        told = passed.told()
        return passed.status >= 400 if told is None else self.refusals.refused(told)

    def doubt(self, asked: Asked) -> str | None:
        """Why the provider will refuse the key that a request carries, as far as that can be told; without the key."""
        rows = self.contract.root.get("keys", {})
        prefixes = [row["prefix"] for row in rows.get("prefixes", ())]
        for key in self._keys(asked, asked.operation.key if asked.operation else ()):
            if key == self.contract.example_key:
                return f"The key is the stand-in's example; {self.contract.title} will refuse it. Use one of your own."
            if prefixes and not key.startswith(tuple(prefixes)):
                known = " or ".join(prefixes)
                return f"The keys of {self.contract.title} begin with {known}; this one does not and will be refused."
        return None

    def keys(self, asked: Asked) -> list[str]:
        """Every key that a request carries, wherever the contract has one."""
        return self._keys(asked, self._places)

    def _keys(self, asked: Asked, places: Iterable[Place]) -> list[str]:
        """Every key that a request carries at these places."""
        carried = _Carried(_request(asked), _parsed(asked.body))
        return [key for place in places if (key := key_at(place, carried))]

    def remarks(self, passed: Passed) -> list[Remark]:
        """Every violation in an exchange, without the keys and the secrets that it holds."""
        asked = passed.asked
        ask, told = asked.ask(), passed.told()
        found = [*self._request(asked, ask), *(self._reply(asked, ask, told) if told else ())]
        if not found:
            return []
        known = Fingerprints([*self.keys(asked), *self._carried(asked, ask, told)])
        return [self._remark(passed, side, problem, known) for side, problem in found]

    def _carried(self, asked: Asked, ask: Ask, told: Told | None) -> Iterator[str]:
        """Whatever else a request or its reply holds in a secret's place."""
        yield from self._credentials.texts(asked.headers)
        for body in (ask.json, told.json if told else None):
            yield from self._redactor.carried(body)

    def _remark(self, passed: Passed, side: Side, problem: Problem, known: Fingerprints) -> Remark:
        came = harmless(" ".join(self._redactor.text(problem.came, known).split()))
        return Remark(
            self.contract.provider,
            side,
            self._redactor.text(passed.asked.line, known),
            passed.asked.operation.id if passed.asked.operation else None,
            passed.status,
            problem.expected,
            came if len(came) <= SHOWN else f"{came[:SHOWN]}{MASK}",
            problem.fact,
        )

    def _request(self, asked: Asked, ask: Ask) -> Iterator[tuple[Side, Problem]]:
        """What is wrong with the request, whatever became of it."""
        operation = ask.operation
        if operation is None:
            row = self.contract.errors["unknown-path"]
            fact = self.facts.fact("there is no such operation", "openapi.yaml paths", row.evidence)
            yield "request", Problem(fact, "an operation of the contract", asked.line, ask)
            return
        if operation.key and not self._keys(asked, operation.key):
            fact = self.facts.operation(f"{operation.id} needs a key", operation)
            places = " or ".join(f"{place.kind} {place.name}" for place in operation.key)
            yield "request", Problem(fact, f"a key in {places}", "none", ask)
        for wrong in self._headers.request(operation, ask.headers):
            fact = self.facts.operation(f"the headers that {operation.id} takes", operation)
            yield "request", Problem(fact, "what the contract allows", wrong, ask)
        if asked.body is None:
            return
        verdict = self.oracle.judge(ask)
        if verdict.row is not None:
            fact = fact_of(self, ask, verdict)
            why = "" if verdict.row == "invalid-body" else f"{verdict.row}: "
            for violation in verdict.violations[:5] or (operation.id,):
                yield "request", Problem(fact, "what the contract allows", f"{why}{violation}", ask)

    def _reply(self, asked: Asked, ask: Ask, told: Told) -> Iterator[tuple[Side, Problem]]:
        """What is wrong with the reply, and with the job that it tells of."""
        if ask.method in ("HEAD", "OPTIONS"):
            return
        yield from (("reply", problem) for problem in reply_problems(self.replies, self.facts, ask, told))
        yield from (("reply", problem) for problem in self._reply_headers(ask, told))
        if self.refusals.refused(told):
            yield from (("reply", problem) for problem in self._refusal(asked, ask, told))
            return
        if asked.body is not None:
            yield from (("reply", problem) for problem in judge(self, ask, told))
        yield from (("job", problem) for problem in self._tracks.follow(ask, told))

    def _reply_headers(self, ask: Ask, told: Told) -> Iterator[Problem]:
        operation = ask.operation
        found = self.replies.documented(operation, told.status) if operation else None
        if operation is None or found is None:
            return
        for wrong in self._headers.reply(operation, *found, told.headers):
            fact = self.facts.operation(f"the headers of the reply {found[0]} of {operation.id}", operation)
            yield Problem(fact, "headers of the documented form", wrong, ask)

    def _refusal(self, asked: Asked, ask: Ask, told: Told) -> Iterator[Problem]:
        """A refusal is one of the contract's, and its reason is true; who may not is not ours to say."""
        if any(self.refusals.is_row(told, self.contract.errors[name], ask.operation) for name in _WHO):
            return
        if asked.body is not None:
            yield from judge(self, ask, told)


def _request(asked: Asked) -> Request:
    return Request(asked.method, unquote(asked.path), asked.headers, asked.query.encode(), asked.body or b"", "")


def _parsed(body: bytes | None) -> Any:
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return None

"""What the contract does not allow about what passed by: the request, the reply, and the job that it tells of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
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
from mockreel.proxy.client_watch import ClientWatch
from mockreel.proxy.job_tracker import Tracks
from mockreel.proxy.list_pages import page_problems
from mockreel.proxy.passed_exchange import Asked, Passed
from mockreel.proxy.violation import Remark, Side
from mockreel.simulator.client_rules import RULES, Rule, Selection, expected_rules, select
from mockreel.simulator.client_rules.request_rules import InvalidRequest, MissingKey, UnknownModel
from mockreel.terminal import harmless

# Rows that tell who may not, whatever the form of the request.
_WHO = ("no-key", "wrong-key", "forbidden")
# The rules that are judged here, on the whole request and not only on what a journal keeps of it.
_JUDGED_HERE = (InvalidRequest, MissingKey, UnknownModel)
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


class Found(NamedTuple):
    """Something that is wrong: on whose side, what, and the client rule that was broken, if one was."""

    side: Side
    problem: Problem
    rule: str = ""


@dataclass(slots=True)
class _Carried:
    """A request with what its body says."""

    request: Request
    body: Any


class Watch:
    """Judges what passes by between a program and one provider.

    Args:
        selection: the client rules that are looked for; the usual ones if None.
    """

    own = False

    def __init__(self, contract: Contract, selection: Selection | None = None) -> None:
        self.contract = contract
        self._selection = select(RULES) if selection is None else selection
        self._client = ClientWatch(contract, self._selection.without(_JUDGED_HERE))
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
                return f"The key is mockreel's example; {self.contract.title} will reject it. Use one of your own."
            if prefixes and not key.startswith(tuple(prefixes)):
                known = " or ".join(prefixes)
                return f"The keys of {self.contract.title} begin with {known}; this one does not and will be refused."
        return None

    def keys(self, asked: Asked) -> list[str]:
        """Every key that a request carries, wherever the contract has one."""
        return self._keys(asked, self._places)

    def _keys(self, asked: Asked, places: Iterable[Place]) -> list[str]:
        """Every key that a request carries at these places."""
        carried = _Carried(_request(asked), _parsed(asked.plain))
        return [key for place in places if (key := key_at(place, carried))]

    def remarks(self, passed: Passed) -> list[Remark]:
        """Every violation in an exchange, without the keys and the secrets that it holds."""
        asked = passed.asked
        ask, told = asked.ask(), passed.told()
        found = [*self._client_side(passed, ask, told), *(self._provider_side(asked, ask, told) if told else ())]
        if not found:
            return []
        known = Fingerprints([*self.keys(asked), *self._carried(asked, ask, told)])
        return [self._remark(passed, one, known) for one in found]

    def _carried(self, asked: Asked, ask: Ask, told: Told | None) -> Iterator[str]:
        """Whatever else a request or its reply holds in a secret's place."""
        yield from self._credentials.texts(asked.headers)
        for body in (ask.json, told.json if told else None):
            yield from self._redactor.carried(body)

    def unanswered(self, asked: Asked) -> None:
        """A request that may have arrived got no reply at all."""
        for _ in self._client.look(asked, 0, None, job=None, keys=self.keys(asked), whole=False):
            pass  # what it broke is told when it is asked again

    def _remark(self, passed: Passed, found: Found, known: Fingerprints) -> Remark:
        side, problem, rule = found
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
            rule,
        )

    def _client_side(self, passed: Passed, ask: Ask, told: Told | None) -> Iterator[Found]:
        """What the client may not do, but for what it says to be meant."""
        asked = passed.asked
        meant = expected_rules(ask.headers.get("prefer"))
        for rule, problem in self._request(asked, ask):
            if self._selection.covers(rule) and rule.id not in meant:
                yield Found("request", problem, rule.id)
        job = self._tracks.job(ask, told)
        keys = self.keys(asked)
        whole = passed.kept.whole
        for one in self._client.look(asked, passed.status, told, job=job and str(job), keys=keys, whole=whole):
            yield Found("request", Problem(one.fact, "what the client rules allow", one.done, ask), one.rule)

    def _provider_side(self, asked: Asked, ask: Ask, told: Told) -> Iterator[Found]:
        yield from (Found(side, problem) for side, problem in self._reply(asked, ask, told))

    def _request(self, asked: Asked, ask: Ask) -> Iterator[tuple[type[Rule], Problem]]:
        """What is wrong with the request, whatever became of it, and the rule that says so."""
        operation = ask.operation
        if operation is None:
            row = self.contract.errors["unknown-path"]
            fact = self.facts.fact("there is no such operation", "openapi.yaml paths", row.evidence)
            yield InvalidRequest, Problem(fact, "an operation of the contract", asked.line, ask)
            return
        if operation.key and not self._keys(asked, operation.key):
            fact = self.facts.operation(f"{operation.id} needs a key", operation)
            places = " or ".join(f"{place.kind} {place.name}" for place in operation.key)
            yield MissingKey, Problem(fact, f"a key in {places}", "none", ask)
        for wrong in self._headers.request(operation, ask.headers):
            fact = self.facts.operation(f"the headers that {operation.id} takes", operation)
            yield InvalidRequest, Problem(fact, "what the contract allows", wrong, ask)
        if asked.plain is None:
            return
        verdict = self.oracle.judge(ask)
        if verdict.row is not None:
            fact = fact_of(self, ask, verdict)
            why = "" if verdict.row == "invalid-body" else f"{verdict.row}: "
            rule = UnknownModel if verdict.row == "unknown-model" else InvalidRequest
            for violation in verdict.violations[:5] or (operation.id,):
                yield rule, Problem(fact, "what the contract allows", f"{why}{violation}", ask)

    def _reply(self, asked: Asked, ask: Ask, told: Told) -> Iterator[tuple[Side, Problem]]:
        """What is wrong with the reply, and with the job that it tells of."""
        if ask.method in ("HEAD", "OPTIONS"):
            return
        yield from (("reply", problem) for problem in reply_problems(self.replies, self.facts, ask, told))
        yield from (("reply", problem) for problem in self._reply_headers(ask, told))
        if self.refusals.refused(told):
            yield from (("reply", problem) for problem in self._refusal(asked, ask, told))
            return
        if asked.plain is not None:
            yield from (("reply", problem) for problem in judge(self, ask, told))
        yield from (("reply", problem) for problem in page_problems(self.facts, ask, told))
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
        if asked.plain is not None:
            yield from judge(self, ask, told)


def _request(asked: Asked) -> Request:
    return Request(asked.method, unquote(asked.path), asked.headers, asked.query.encode(), asked.plain or b"", "")


def _parsed(body: bytes | None) -> Any:
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return None

"""What the contract does not allow about what passed by: the request, the response, and the job that it tells of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

import orjson

from mockreel.contract import Contract, Model, Operation, Place
from mockreel.contract.evidence.facts import Facts
from mockreel.contract.exchanges.error_detection import ErrorDetector
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.exchange_check import fact_of, judge
from mockreel.contract.exchanges.header_check import HeaderRules
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.request_check import RequestChecker, Verdict
from mockreel.contract.exchanges.response_check import ResponseChecker, reply_problems
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
    """An oracle that knows what it said last: the request is judged by itself, and again with its response."""

    def __init__(self, request_checker: RequestChecker) -> None:
        self._request_checker = request_checker
        self._request: SentRequest | None = None
        self._verdict = Verdict(None)

    def judge(self, request: SentRequest) -> Verdict:
        if request is not self._request:
            self._request, self._verdict = request, self._request_checker.judge(request)
        return self._verdict

    def model(self, operation: Operation, path: str, body: Any) -> Model | None:
        return self._request_checker.model(operation, path, body)


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
        self.error_detector = ErrorDetector(contract)
        self.response_checker = ResponseChecker(contract)
        self._headers = HeaderRules(contract)
        self.request_checker = _Recalling(RequestChecker(contract))
        self._places = {place for operation in contract.operations for place in operation.key}
        self._redactor, self._credentials = redactor_of(contract), credentials_of(contract)
        self._tracks = Tracks(contract, self.facts, self.response_checker)

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation that a method and a percent-encoded path mean."""
        found = self.contract.router.find(unquote(path))
        if found is None:
            return None
        return found.methods.get(method) or (found.methods.get("GET") if method == "HEAD" else None)

    def model(self, operation: Operation, path: str, body: Any) -> Model | None:
        """The model that a request is for; `path` is percent-decoded."""
        return self.request_checker.model(operation, path, body)

    def surely_refused(self, passed: Passed) -> bool:
        """Whether a response says no, and not that something went wrong on the way, where the job may exist."""
        if passed.status >= 500:
            return False
        response = passed.told()
        return passed.status >= 400 if response is None else self.error_detector.refused(response)

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
        request, response = asked.ask(), passed.told()
        found = [
            *self._client_side(passed, request, response),
            *(self._provider_side(asked, request, response) if response else ()),
        ]
        if not found:
            return []
        known = Fingerprints([*self.keys(asked), *self._carried(asked, request, response)])
        return [self._remark(passed, one, known) for one in found]

    def _carried(self, asked: Asked, request: SentRequest, response: ReceivedResponse | None) -> Iterator[str]:
        """Whatever else a request or its response holds in a secret's place."""
        yield from self._credentials.texts(asked.headers)
        for body in (request.json, response.json if response else None):
            yield from self._redactor.carried(body)

    def unanswered(self, asked: Asked) -> None:
        """A request that may have arrived got no response at all."""
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

    def _client_side(self, passed: Passed, request: SentRequest, response: ReceivedResponse | None) -> Iterator[Found]:
        """What the client may not do, but for what it says to be meant."""
        asked = passed.asked
        meant = expected_rules(request.headers.get("prefer"))
        for rule, problem in self._request(asked, request):
            if self._selection.covers(rule) and rule.id not in meant:
                yield Found("request", problem, rule.id)
        job = self._tracks.job(request, response)
        keys = self.keys(asked)
        whole = passed.kept.whole
        for one in self._client.look(asked, passed.status, response, job=job and str(job), keys=keys, whole=whole):
            yield Found("request", Problem(one.fact, "what the client rules allow", one.done, request), one.rule)

    def _provider_side(self, asked: Asked, request: SentRequest, response: ReceivedResponse) -> Iterator[Found]:
        yield from (Found(side, problem) for side, problem in self._reply(asked, request, response))

    def _request(self, asked: Asked, request: SentRequest) -> Iterator[tuple[type[Rule], Problem]]:
        """What is wrong with the request, whatever became of it, and the rule that says so."""
        operation = request.operation
        if operation is None:
            row = self.contract.errors["unknown-path"]
            fact = self.facts.fact("there is no such operation", "openapi.yaml paths", row.evidence)
            yield InvalidRequest, Problem(fact, "an operation of the contract", asked.line, request)
            return
        if operation.key and not self._keys(asked, operation.key):
            fact = self.facts.operation(f"{operation.id} needs a key", operation)
            places = " or ".join(f"{place.kind} {place.name}" for place in operation.key)
            yield MissingKey, Problem(fact, f"a key in {places}", "none", request)
        for wrong in self._headers.request(operation, request.headers):
            fact = self.facts.operation(f"the headers that {operation.id} takes", operation)
            yield InvalidRequest, Problem(fact, "what the contract allows", wrong, request)
        if asked.plain is None:
            return
        verdict = self.request_checker.judge(request)
        if verdict.row is not None:
            fact = fact_of(self, request, verdict)
            why = "" if verdict.row == "invalid-body" else f"{verdict.row}: "
            rule = UnknownModel if verdict.row == "unknown-model" else InvalidRequest
            for violation in verdict.violations[:5] or (operation.id,):
                yield rule, Problem(fact, "what the contract allows", f"{why}{violation}", request)

    def _reply(self, asked: Asked, request: SentRequest, response: ReceivedResponse) -> Iterator[tuple[Side, Problem]]:
        """What is wrong with the response, and with the job that it tells of."""
        if request.method in ("HEAD", "OPTIONS"):
            return
        yield from (
            ("reply", problem) for problem in reply_problems(self.response_checker, self.facts, request, response)
        )
        yield from (("reply", problem) for problem in self._reply_headers(request, response))
        if self.error_detector.refused(response):
            yield from (("reply", problem) for problem in self._refusal(asked, request, response))
            return
        if asked.plain is not None:
            yield from (("reply", problem) for problem in judge(self, request, response))
        yield from (("reply", problem) for problem in page_problems(self.facts, request, response))
        yield from (("job", problem) for problem in self._tracks.follow(request, response))

    def _reply_headers(self, request: SentRequest, response: ReceivedResponse) -> Iterator[Problem]:
        operation = request.operation
        found = self.response_checker.documented(operation, response.status) if operation else None
        if operation is None or found is None:
            return
        for wrong in self._headers.reply(operation, *found, response.headers):
            fact = self.facts.operation(f"the headers of the reply {found[0]} of {operation.id}", operation)
            yield Problem(fact, "headers of the documented form", wrong, request)

    def _refusal(self, asked: Asked, request: SentRequest, response: ReceivedResponse) -> Iterator[Problem]:
        """An error response is one of the contract's, and its reason is true; who may not is not ours to say."""
        if any(self.error_detector.is_row(response, self.contract.errors[name], request.operation) for name in _WHO):
            return
        if asked.plain is not None:
            yield from judge(self, request, response)


def _request(asked: Asked) -> Request:
    return Request(asked.method, unquote(asked.path), asked.headers, asked.query.encode(), asked.plain or b"", "")


def _parsed(body: bytes | None) -> Any:
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return None

"""Check each exchange against the contract: the request, the response, and its job."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

from mockreel.contract import Contract, Model, Operation, Place
from mockreel.contract.evidence.facts import Facts
from mockreel.contract.exchanges.error_detection import ErrorDetector
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.exchange_check import fact_of, judge
from mockreel.contract.exchanges.header_check import HeaderRules
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.request_check import RequestChecker, Verdict
from mockreel.contract.exchanges.response_check import ResponseChecker, response_problems
from mockreel.contract.messages.json_text import parsed_json
from mockreel.contract.messages.key_location import key_at
from mockreel.contract.messages.message import Request
from mockreel.engine.redaction import MASK, Fingerprints, credentials_of, redactor_of
from mockreel.proxy.client_watch import ClientWatch
from mockreel.proxy.job_tracker import JobTracker
from mockreel.proxy.list_pages import page_problems
from mockreel.proxy.proxy_exchange import ClientRequest, Passed
from mockreel.proxy.violation import ProxyViolation, Side
from mockreel.simulator.client_rules import RULES, Rule, Selection, expected_rules, select
from mockreel.simulator.client_rules.request_rules import InvalidRequest, MissingKey, UnknownModel
from mockreel.terminal import harmless

# Errors about the caller, not about the form of the request.
_WHO = ("no-key", "wrong-key", "forbidden")
# Rules that are checked here on the full request, not on the journal's part of it.
_JUDGED_HERE = (InvalidRequest, MissingKey, UnknownModel)
# The most characters to show of a received value.
SHOWN = 240


class _CachingChecker:
    """A request checker with its last verdict cached: a request is judged alone, and again with its response."""

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


class WatchFinding(NamedTuple):
    """A problem with its side, and the broken client rule if there is one."""

    side: Side
    problem: Problem
    rule: str = ""


@dataclass(slots=True)
class _ParsedRequest:
    """A request with its parsed body."""

    request: Request
    body: Any


class Watch:
    """Judges the exchanges between a program and one provider.

    Args:
        selection: the client rules to check; the default ones if None.
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
        self.request_checker = _CachingChecker(RequestChecker(contract))
        self._places = {place for operation in contract.operations for place in operation.key}
        self._redactor, self._credentials = redactor_of(contract), credentials_of(contract)
        self._tracks = JobTracker(contract, self.facts, self.response_checker)

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation of a method and a percent-encoded path."""
        found = self.contract.router.find(unquote(path))
        if found is None:
            return None
        return found.methods.get(method) or (found.methods.get("GET") if method == "HEAD" else None)

    def model(self, operation: Operation, path: str, body: Any) -> Model | None:
        """The model that a request is for; `path` is percent-decoded."""
        return self.request_checker.model(operation, path, body)

    def surely_rejected(self, passed: Passed) -> bool:
        """Whether a response certainly means that no job was started; after a server error one may exist."""
        if passed.status >= 500:
            return False
        response = passed.response()
        return passed.status >= 400 if response is None else self.error_detector.refused(response)

    def doubt(self, client_request: ClientRequest) -> str | None:
        """Why the provider will reject the key of a request, if that is known; the text does not contain the key."""
        rows = self.contract.root.get("keys", {})
        prefixes = [row["prefix"] for row in rows.get("prefixes", ())]
        for key in self._keys(client_request, client_request.operation.key if client_request.operation else ()):
            if key == self.contract.example_key:
                return f"The key is mockreel's example; {self.contract.title} will reject it. Use one of your own."
            if prefixes and not key.startswith(tuple(prefixes)):
                valid = " or ".join(prefixes)
                return f"Keys of {self.contract.title} begin with {valid}; this one does not and will be rejected."
        return None

    def keys(self, client_request: ClientRequest) -> list[str]:
        """Every key in a request, at any place of the contract."""
        return self._keys(client_request, self._places)

    def _keys(self, client_request: ClientRequest, places: Iterable[Place]) -> list[str]:
        """Every key in a request at these places."""
        parsed = _ParsedRequest(_request(client_request), parsed_json(client_request.plain))
        return [key for place in places if (key := key_at(place, parsed))]

    def violations(self, passed: Passed) -> list[ProxyViolation]:
        """Every violation in an exchange, without its keys and secrets."""
        client_request = passed.client_request
        request, response = client_request.sent_request(), passed.response()
        found = [
            *self._client_side(passed, request, response),
            *(self._provider_side(client_request, request, response) if response else ()),
        ]
        if not found:
            return []
        secrets = Fingerprints([*self.keys(client_request), *self._secrets(client_request, request, response)])
        return [self._violation(passed, one, secrets) for one in found]

    def _secrets(
        self, client_request: ClientRequest, request: SentRequest, response: ReceivedResponse | None
    ) -> Iterator[str]:
        """The other secrets of a request and its response."""
        yield from self._credentials.texts(client_request.headers)
        for body in (request.json, response.json if response else None):
            yield from self._redactor.carried(body)

    def line(self, client_request: ClientRequest) -> str:
        """Method and path as a message may have them: a path that is no operation's may have anything in it."""
        secrets = Fingerprints([*self.keys(client_request), *self._credentials.texts(client_request.headers)])
        path = self._redactor.path(client_request.path, secrets, strange=client_request.operation is None)
        return harmless(f"{client_request.method} {path}")

    def unanswered(self, client_request: ClientRequest) -> None:
        """Record a request that may have arrived and got no response."""
        for _ in self._client.look(client_request, 0, None, job=None, keys=self.keys(client_request), whole=False):
            pass  # its violations are reported when it is sent again

    def _violation(self, passed: Passed, found: WatchFinding, secrets: Fingerprints) -> ProxyViolation:
        side, problem, rule = found
        actual = harmless(" ".join(self._redactor.text(problem.actual, secrets).split()))
        return ProxyViolation(
            self.contract.provider,
            side,
            self._redactor.text(self.line(passed.client_request), secrets),
            passed.client_request.operation.id if passed.client_request.operation else None,
            passed.status,
            problem.expected,
            actual if len(actual) <= SHOWN else f"{actual[:SHOWN]}{MASK}",
            problem.fact,
            rule,
        )

    def _client_side(
        self, passed: Passed, request: SentRequest, response: ReceivedResponse | None
    ) -> Iterator[WatchFinding]:
        """The violations of the client, except those that it marks as expected."""
        client_request = passed.client_request
        expected = expected_rules(request.headers.get("prefer"))
        for rule, problem in self._request(client_request, request):
            if self._selection.covers(rule) and rule.id not in expected:
                yield WatchFinding("request", problem, rule.id)
        job = self._tracks.job(request, response)
        keys = self.keys(client_request)
        whole = passed.streamed.whole
        for one in self._client.look(
            client_request, passed.status, response, job=job and str(job), keys=keys, whole=whole
        ):
            yield WatchFinding("request", Problem(one.fact, "what the client rules allow", one.done, request), one.rule)

    def _provider_side(
        self, client_request: ClientRequest, request: SentRequest, response: ReceivedResponse
    ) -> Iterator[WatchFinding]:
        yield from (
            WatchFinding(side, problem) for side, problem in self._response_problems(client_request, request, response)
        )

    def _request(self, client_request: ClientRequest, request: SentRequest) -> Iterator[tuple[type[Rule], Problem]]:
        """The problems of the request, whatever the response, each with its rule."""
        operation = request.operation
        if operation is None:
            row = self.contract.errors["unknown-path"]
            fact = self.facts.fact("there is no such operation", "openapi.yaml paths", row.evidence)
            yield InvalidRequest, Problem(fact, "an operation of the contract", client_request.line, request)
            return
        if operation.key and not self._keys(client_request, operation.key):
            fact = self.facts.operation(f"{operation.id} needs a key", operation)
            places = " or ".join(f"{place.kind} {place.name}" for place in operation.key)
            yield MissingKey, Problem(fact, f"a key in {places}", "none", request)
        for wrong in self._headers.request(operation, request.headers):
            fact = self.facts.operation(f"the headers that {operation.id} accepts", operation)
            yield InvalidRequest, Problem(fact, "what the contract allows", wrong, request)
        if client_request.plain is None:
            return
        verdict = self.request_checker.judge(request)
        if verdict.row is not None:
            fact = fact_of(self, request, verdict)
            why = "" if verdict.row == "invalid-body" else f"{verdict.row}: "
            rule = UnknownModel if verdict.row == "unknown-model" else InvalidRequest
            for violation in verdict.violations[:5] or (operation.id,):
                yield rule, Problem(fact, "what the contract allows", f"{why}{violation}", request)

    def _response_problems(
        self, client_request: ClientRequest, request: SentRequest, response: ReceivedResponse
    ) -> Iterator[tuple[Side, Problem]]:
        """The problems of the response and of its job."""
        if request.method in ("HEAD", "OPTIONS"):
            return
        yield from (
            ("reply", problem) for problem in response_problems(self.response_checker, self.facts, request, response)
        )
        yield from (("reply", problem) for problem in self._header_problems(request, response))
        if self.error_detector.refused(response):
            yield from (("reply", problem) for problem in self._error_problems(client_request, request, response))
            return
        if client_request.plain is not None:
            yield from (("reply", problem) for problem in judge(self, request, response))
        yield from (("reply", problem) for problem in page_problems(self.facts, request, response))
        yield from (("job", problem) for problem in self._tracks.follow(request, response))

    def _header_problems(self, request: SentRequest, response: ReceivedResponse) -> Iterator[Problem]:
        operation = request.operation
        found = self.response_checker.documented(operation, response.status) if operation else None
        if operation is None or found is None:
            return
        for wrong in self._headers.response(operation, *found, response.headers):
            fact = self.facts.operation(f"the headers of the response {found[0]} of {operation.id}", operation)
            yield Problem(fact, "headers of the documented form", wrong, request)

    def _error_problems(
        self, client_request: ClientRequest, request: SentRequest, response: ReceivedResponse
    ) -> Iterator[Problem]:
        """Whether an error response is one of the contract's and justified; permissions cannot be checked."""
        if any(self.error_detector.is_row(response, self.contract.errors[name], request.operation) for name in _WHO):
            return
        if client_request.plain is not None:
            yield from judge(self, request, response)


def _request(client_request: ClientRequest) -> Request:
    return Request(
        client_request.method,
        unquote(client_request.path),
        client_request.headers,
        client_request.query.encode(),
        client_request.plain or b"",
        "",
    )

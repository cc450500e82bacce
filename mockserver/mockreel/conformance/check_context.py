"""The context of a check: a contract, a target, and what every check needs of both."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import InitVar, dataclass, field
from typing import Any

from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.jobs.job_traces import JobTrace, JobTraces
from mockreel.conformance.jobs.job_watch import JobWatch
from mockreel.conformance.jobs.job_webhooks import JobWebhooks
from mockreel.conformance.jobs.task_queue import Tasks
from mockreel.conformance.jobs.wait_times import Waits
from mockreel.conformance.jobs.webhook_secret import Signing, made_secret
from mockreel.conformance.model_selection import ModelSelection
from mockreel.conformance.time_budget import TimeBudget, TimeUp
from mockreel.contract import Contract, Model, Operation, State, pointers
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.data.webhook_rows import Signature
from mockreel.contract.evidence.facts import Facts
from mockreel.contract.exchanges.error_detection import ErrorDetector
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.header_check import HeaderRules, header_problems
from mockreel.contract.exchanges.links import Links
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.request_builder import UNKNOWN_ID, Requests, placed
from mockreel.contract.exchanges.request_check import RequestChecker
from mockreel.contract.exchanges.response_check import ResponseChecker, response_problems
from mockreel.simulator.in_process.memory_receiver import Behaviour, Receiver
from mockreel.simulator.in_process.mock_target import Skipped, Target
from mockreel.webhooks import sign

# Pauses before a rate-limited request is sent again, in seconds, unless a header says more.
BUSY = (1.0, 2.0, 4.0, 8.0)
MOST_LOGGED = 20_000
# A check that watches jobs from their submit to their end.
WATCHES = "lifecycle.ends"


@dataclass
class CheckContext:
    """Everything that a check needs; every response is checked against the contract, whatever the check."""

    contract: Contract
    target: Target
    options: CheckOptions = field(default_factory=CheckOptions)
    passing: list[Problem] = field(default_factory=list)
    cases: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    ends: InitVar[float | None] = None  # by the target's clock; a whole budget from now on by default
    most: dict[str, int] = field(default_factory=dict)  # how many cases of a check fit the budget, where not all do

    def __post_init__(self, ends: float | None) -> None:
        self.facts = Facts(self.contract)
        self.error_detector = ErrorDetector(self.contract)
        self.response_checker = ResponseChecker(self.contract)
        self.requests = Requests(self.contract)
        self.request_checker = RequestChecker(self.contract)
        self.links = Links(self.contract, self.requests, self.response_checker)
        self.job_traces = JobTraces(self)
        self.jobs = JobWatch(self)
        self.webhooks = JobWebhooks(self.contract)
        self.headers = HeaderRules(self.contract)
        self.waits = Waits(self.contract, self.target.own)
        self.tasks = Tasks(self.target.now, self.target.wait)
        options = self.options
        self.model_selection = ModelSelection(
            self.contract, names=options.models, quick=options.quick, seed=options.seed
        )
        self.ids: list[tuple[str, SentRequest, ReceivedResponse]] = []
        self.log: list[tuple[SentRequest, ReceivedResponse]] = []
        self.check_ids: list[str] = []  # for which check each request of the log was sent
        self.moments: list[float] = []  # when each response of the log came, by the target's clock
        self.stamp = "0" if self.target.own else f"{time.time_ns():x}"
        self._fetched: dict[str, ReceivedResponse] = {}
        self.notes: list[str] = []
        self.cache: dict[str, Any] = {}  # what several checks look at, and one of them made
        self.sends_requests = True  # False where only what was seen before is looked at
        self.current_check = ""  # the check that is run
        self.during: Counter[str] = Counter()  # checks whose responses broke the contract
        self.shown_by: dict[str, tuple[str, ...]] = {}  # of a check that sends nothing: those whose requests showed it
        self._secret: Signing | None = None
        self.made_secrets: list[str] = []
        self.budget = TimeBudget(self.target, options.budget, ends=ends)

    def judged(self, cases: int = 1) -> None:
        """Count checked cases.

        Raises:
            TimeUp: the budget is used up, and what may follow it too.
        """
        self.budget.check_grace()
        self.cases += cases

    def send(self, request: SentRequest, *, patient: bool = True) -> ReceivedResponse:
        """Send a request; its response is checked against the contract.

        A request that is rejected as one too many is sent again, unless `patient` is False.

        Raises:
            Skipped: it must not be sent, or the target stays too busy.
        """
        self.tasks_due()
        self.budget.check_time()
        response = self._sent(request)
        for pause in BUSY if patient and not self.own else ():
            if not self.error_detector.busy(response, request.operation):
                return response
            self.target.wait(self.budget.within(self.error_detector.retry_after(response, pause)))
            response = self._sent(request)
        if patient and not self.own and self.error_detector.busy(response, request.operation):
            raise Skipped(f"the target stays too busy: {response.shown()[:120]}")
        return response

    def _sent(self, request: SentRequest) -> ReceivedResponse:
        response = self.target.send(request)
        self.budget.requests_sent += 1
        if len(self.log) < MOST_LOGGED:
            self.log.append((request, response))
            self.moments.append(self.target.now())
            self.check_ids.append(self._check_of(request))
        problems = list(self.response_problems(request, response))
        self.passing += problems
        if problems:
            self.during[self._check_of(request)] += 1
        self._note_id(request, response)
        if secret := made_secret(self.contract, request, response):
            self.made_secrets.append(secret)
        return response

    def _check_of(self, request: SentRequest) -> str:
        """The check that sends a request: the one that is run, or one that watches jobs."""
        operation = request.operation.id if request.operation else ""
        if self.current_check.startswith("generated"):
            return f"{self.current_check}:{operation}" if operation else self.current_check
        talks = self.contract.conversation.jobs.values()
        watched = {name for talk in talks for name in (*talk.submits, talk.poll)}
        return WATCHES if operation in watched else self.current_check or WATCHES

    def fetch(self, url: str, *, anew: bool = False) -> ReceivedResponse:
        """The file at a result's URL, fetched once unless `anew`."""
        if anew or url not in self._fetched:
            self.budget.check_time()
            response = self.target.fetch(url)
            if anew:
                return response
            self._fetched[url] = response
        return self._fetched[url]

    def fetch_range(self, url: str, first: int, last: int) -> ReceivedResponse:
        """These bytes of the file at a result's URL, or all of them where the target gives no ranges."""
        self.budget.check_time()
        return self.target.fetch(url, span=f"bytes={first}-{last}")

    def _note_id(self, request: SentRequest, response: ReceivedResponse) -> None:
        """Remember the id of every job."""
        operation = request.operation
        talk = self.contract.conversation.of(operation.id) if operation else None
        if talk is None or operation is None or self.error_detector.refused(response) or self._repeated(request):
            return
        link = self.links.find(operation, response, talk.poll)
        if link is not None:
            self.ids.append((str(self.links.id(link, request, response)), request, response))

    def _repeated(self, request: SentRequest) -> bool:
        again = self.contract.conversation.again
        return again is not None and any(name.lower() == again.at[0].lower() for name in request.headers)

    def tasks_due(self) -> None:
        """Continue the watched jobs that are due; on the mock server no time passes by itself."""
        if not self.target.own:
            self.tasks.run_due()

    def try_once(self, request: SentRequest) -> ReceivedResponse | None:
        """The same as `try_send`, for a request that is to be refused for being one too many."""
        return self.try_send(request, patient=False)

    def try_send(self, request: SentRequest, *, patient: bool = True) -> ReceivedResponse | None:
        """Send a request if it is allowed; a skipped one is counted in the check's outcome."""
        try:
            return self.send(request, patient=patient)
        except TimeUp:
            raise  # the check cannot go on
        except Skipped as reason:
            self.skip(str(reason))
            return None

    def skip(self, reason: str, cases: int = 1) -> None:
        """Count skipped cases of a check."""
        self.skipped[reason] += cases

    def excused(self, response: ReceivedResponse, operation: Operation | None) -> bool:
        """Whether a response blames the account or the time, not the request: then the case was skipped."""
        row = self.error_detector.circumstance(response, operation)
        if row is None or self.own:
            return False
        self.skip(f"the target said that {row.name}: {response.shown()[:100]}")
        return True

    def answer(self, request: SentRequest, operation: Operation | None) -> ReceivedResponse | None:
        """The response to one case, which counts as checked; None if it was skipped."""
        response = self.try_send(request)
        if response is None or self.excused(response, operation):
            return None
        self.judged()
        return response

    def response_problems(self, request: SentRequest, response: ReceivedResponse) -> Iterator[Problem]:
        """What the contract does not allow about a response: its status, its content type, its body, its headers."""
        yield from response_problems(self.response_checker, self.facts, request, response)
        yield from header_problems(self.headers, self.response_checker, self.facts, request, response)

    @property
    def own(self) -> bool:
        """Whether the target is our own mock server."""
        return self.target.own

    @property
    def plays(self) -> bool:
        """Whether the target follows the `Prefer` header."""
        return self.target.own or bool(getattr(self.target, "plays", False))

    def word(self, talk: JobTalk, response: ReceivedResponse) -> Any:
        """The word for a job's state in the response to a poll."""
        return pointers.value(response.json, talk.state)

    def adopt(self, other: "CheckContext", groups: dict[str, list[JobTrace]]) -> None:
        """Take over another context's traces, in the terms of this one's contract."""
        self.jobs.adopt(other.jobs, groups)
        self.ids, self._fetched, self.budget.ends = other.ids, other._fetched, None
        self._secret = other.signing().adopted(self)
        self.sends_requests, self.log, self.moments = False, list(other.log), list(other.moments)
        self.check_ids, self.made_secrets = list(other.check_ids), other.made_secrets

    def missing_places(self, operation: Operation, places: Iterable[str]) -> None:
        """Count as not asked what is promised at places that no documented response of an operation can have."""
        for place in places:
            if not self.response_checker.may_have(operation, place):
                reason = f"no documented response of {operation.id} can have {place}"
                self.skipped[reason] = 1

    def states(self, word: Any) -> tuple[State, ...]:
        """The states that a word on the wire may mean."""
        return tuple(state for state in self.contract.lifecycle.states.values() if state.word == word)

    @property
    def receiver(self) -> Receiver:
        """The receiver of callbacks.

        Raises:
            Skipped: this target has none.
        """
        if self.target.receiver is None:
            raise Skipped("there is no receiver that the target could reach; give --callback-url")
        return self.target.receiver

    def calls_back(self, talk: JobTalk, submit: Operation) -> bool:
        """Whether a job of this kind can have a webhook, and the target can reach us."""
        return self.target.receiver is not None and self.webhooks.of(submit) is not None and talk.webhook is not None

    def waits_for_the_end(self, operation: Operation) -> bool:
        """Whether a foreign target answers an operation only when its job is over, each time."""
        return not self.own and operation.submits and self.contract.conversation.of(operation.id) is None

    def wants(self, model: Model) -> bool:
        """Whether a model is among those that the run was narrowed to."""
        names = self.options.models
        return not names or model.id in {self.contract.names[name].id for name in names if name in self.contract.names}

    def can_cancel(self, submit: Operation) -> bool:
        """Whether there is a link from a submit to its cancellation, and we have the key for it."""
        name = self.contract.conversation.cancel
        if name is None or (self.contract.operation(name).admin and "admin" not in self.target.keys.of):
            return False
        return any(link.get("operationId") == name for link in self.links.of(submit))

    def with_callback(self, request: SentRequest, behaviours: tuple[Behaviour, ...]) -> tuple[SentRequest, str]:
        """The request with its own callback URL.

        Raises:
            Skipped: the operation takes none.
        """
        found = self.webhooks.of(request.operation) if request.operation else None
        if found is None:
            raise Skipped(f"{request.operation.id if request.operation else 'it'} takes no callback URL")
        url = self.receiver.expect(*behaviours)
        return request.with_json(placed(request.json, found[0], url)), url

    def submits(self) -> Iterator[tuple[JobTalk, Operation]]:
        """Every operation that begins a job, with its conversation."""
        for talk in self.contract.conversation.jobs.values():
            for name in talk.submits:
                yield talk, self.contract.operation(name)

    def courses(self) -> tuple[str, ...]:
        """Further scenarios of a job, if the target follows preferences."""
        own = self.contract.scenarios
        endless = {name for name, job in own.jobs.items() if not self._is_end(job.states[-1])}
        others = [name for name in own.jobs if name not in endless and name not in ("slow", own.default)]
        return tuple(others) if self.plays else ()

    def _is_end(self, state: str) -> bool:
        return self.contract.lifecycle.states[state].terminal

    def signing(self) -> "Signing":
        """The signing secret of webhooks: created before the first job, and made current."""
        if self._secret is None:
            self._secret = Signing(self)
        return self._secret

    def secret(self) -> str:
        """The secret that callbacks are signed with; empty where nothing is signed."""
        return self.signing().secret

    def is_signature(self, signature: Signature, value: str, body: bytes) -> bool:
        """Whether a value signs a webhook's body with the secret of the run, or with another that was made in it.

        A check of secrets makes others and removes them again; one may be the current one when a webhook is sent.
        """
        return any(value == sign(signature, secret, body) for secret in self.secrets())

    def secrets(self) -> tuple[str, ...]:
        """What no report may show, beside the keys: the secret of the run, and others that were made in it."""
        return tuple(dict.fromkeys(one for one in (self._secret and self._secret.secret, *self.made_secrets) if one))

    def close(self) -> None:
        """Take back what the run has changed at the target."""
        if self._secret is not None:
            ends, self.budget.ends = self.budget.ends, None  # what was made is removed even when the time is up
            self._secret.close()
            self.budget.ends = ends

    def maker_request(self, maker: Operation) -> SentRequest:
        """A well-formed request that makes something; what may be there once is called as nothing was before."""
        request, row = self.requests.good(maker), self.contract.conversation.workflow
        if row is None or row.given["operation"] != maker.id:
            return request
        return request.with_json(
            {**request.json, str(row.given["named"]): f"mockreel-check-{self.stamp}-{len(self.log)}"}
        )

    def unknown(self, poll: Operation) -> SentRequest:
        """A poll for a job that does not exist."""
        good = self.requests.good(poll)
        names = {parameter.name for parameter in poll.query if parameter.required}
        if names or "{" in poll.path:
            return self.requests.good(poll, params=dict.fromkeys([*names, *_placeholders(poll)], UNKNOWN_ID))
        return good


def _placeholders(operation: Operation) -> list[str]:
    return [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]

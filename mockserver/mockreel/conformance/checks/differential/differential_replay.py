"""Everything that was sent to a server, sent once more to two models of its contract, in the same order and time."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mockreel.conformance.checks.differential.company import Company
from mockreel.conformance.checks.differential.contract_literals import stated_values
from mockreel.conformance.checks.differential.early_ends import EarlyEnds
from mockreel.conformance.checks.differential.model_jobs import ModelJobs, request_names
from mockreel.conformance.checks.differential.model_play import VARIATIONS, ModelPlay
from mockreel.conformance.checks.differential.reply_comparison import (
    ComparedExchange,
    Comparison,
    Difference,
    Elsewhere,
)
from mockreel.conformance.checks.differential.symbols import Symbols, Unknown, texts
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext

# A clock that shows less counts from some moment of its own.
_LONG_AGO = 1_000_000_000.0
# So many seconds after a change what it began may not have ended.
SOON = 2.0
# So often a read is asked again when jobs of the models have moved.
_ROUNDS = 3


class PlayedLog:
    """The log of one run, as two models of the contract answer it.

    Args:
        in_company: whether somebody else uses the account of the models too.
    """

    def __init__(self, context: "CheckContext", *, in_company: bool = False) -> None:
        self._context = context
        start = context.moments[0] if context.moments else context.target.now()
        start += 0.0 if start > _LONG_AGO else time.time() - context.target.now()
        self.models = [
            ModelPlay(context.contract, variation, start=start, receiver=context.target.receiver)
            for variation in VARIATIONS
        ]
        self.symbols = Symbols()
        self.strangers = False  # whether the account has what this run has not made
        self._owed = self._moment = 0.0
        self._accepted: dict[tuple[str | bytes, ...], float] = {}
        self._shown: dict[tuple[str | bytes, ...], tuple[int, bytes]] = {}
        self.unplayed: Counter[str] = Counter()
        self.late = 0  # how many exchanges were left when the budget was used up
        self._stated = stated_values(context.contract)
        self._words = {state.word: state for state in context.contract.lifecycle.states.values()}
        self.jobs = ModelJobs(self.models, self.symbols, self._words)
        self._company = Company(context, self.models) if in_company else None
        for who, key in context.target.keys.of.items():
            self.symbols.same(key, tuple(model.keys.of.get(who, key) for model in self.models))
        receiver = context.target.receiver
        if receiver is not None:
            self.symbols.address(receiver.url, self.models[0].receiver.url if self.models[0].receiver else "")

    def __enter__(self) -> "PlayedLog":
        return self

    def __exit__(self, *_: object) -> None:
        for model in self.models:
            model.close()

    def exchanges(self) -> Iterator[ComparedExchange]:
        """Each exchange of the log that the models could answer."""
        context, last = self._context, None
        ends = EarlyEnds(context.log, self._words, self._reads)
        if self._company is not None:
            self._company.was_there()
        for number, ((sent, response), moment) in enumerate(zip(list(context.log), list(context.moments), strict=True)):
            if context.budget.is_over():
                self.late = len(context.log) - number
                return
            request = self._own_request(sent)
            self._pass_time(moment - (moment if last is None else last), reads=self._reads(request))
            last = self._moment = moment
            for name, state in ends.after(number - 1):
                self.jobs.end_early(name, state)
            if self._repeats(request, response):
                continue
            if self._company is not None:
                self._company.goes_on()
            compared = self._compare(request, response)
            if compared is None:
                self.symbols.note(response.json)
            else:
                yield replace(compared, number=number)

    def _pass_time(self, seconds: float, *, reads: bool) -> None:
        """Let time pass: a read was answered between the response before it and its own, so the models are at both."""
        first, *others = self.models
        owed, self._owed = (self._owed, seconds) if reads else (self._owed + seconds, 0.0)
        if owed > 0:
            first.pass_time(owed)
        for model in others if seconds > 0 else ():
            model.pass_time(seconds)

    def _repeats(self, request: SentRequest, response: ReceivedResponse) -> bool:
        """Whether a read was answered as the last time, and nothing was changed since then."""
        if not self._reads(request):
            self._shown.clear()
            return False
        key = request.method, request.path, request.query, request.body, request.who, str(request.headers)
        known = self._shown.get(key)
        self._shown[key] = response.status, response.body
        return known == (response.status, response.body)

    def _own_request(self, request: SentRequest) -> SentRequest:
        """The request with its operation as this contract has it."""
        known = self._context.contract.operation
        return replace(request, operation=known(request.operation.id)) if request.operation else request

    def _compare(self, request: SentRequest, response: ReceivedResponse) -> ComparedExchange | None:
        detector = self._context.error_detector
        if detector.refused(response) and detector.circumstance(response, request.operation):
            self.unplayed["the server or a model rejected it for its account or its time"] += 1
            return None
        if self._is_too_soon(request, response):
            self.unplayed["the same had just been accepted, and may not have been done yet"] += 1
            return None
        if self._reads(request):
            self.jobs.learn(response.json)
        for _ in range(_ROUNDS):
            replies = self._model_responses(request, response)
            if replies is None:
                return None
            found, elsewhere = self._differences(request, response, *replies)
            if found is None:
                return None
            compared = ComparedExchange(request, response, replies[0], tuple(found))
            if not elsewhere or not self._reads(request) or not self.jobs.follow(request, elsewhere):
                break
        return compared

    def _is_too_soon(self, request: SentRequest, response: ReceivedResponse) -> bool:
        """Whether a change is refused that was accepted a moment ago: what it began may be under way still."""
        if self._reads(request):
            return False
        key, refused = (request.method, request.path, request.body), self._context.error_detector.refused(response)
        before = self._accepted.get(key)
        if not refused:
            self._accepted[key] = self._moment
        return refused and before is not None and self._moment - before < SOON

    def _model_responses(
        self, request: SentRequest, response: ReceivedResponse
    ) -> tuple[ReceivedResponse, ReceivedResponse] | None:
        """What the models answer; None where they cannot be asked the same."""
        try:
            asks = [self.symbols.request(request, number) for number in range(len(self.models))]
        except Unknown:
            self.unplayed["the request names what was there before the run"] += 1
            return None
        self.symbols.sent(request)
        waits = self._waits(request) and not self._is_under_way(response.json)  # else it was answered at once
        one, other = (model.ask(ask, waits=waits) for model, ask in zip(self.models, asks, strict=True))
        if one is None or other is None:
            self.unplayed["no model answers"] += 1
            return None
        return one, other

    def _is_under_way(self, document: Any) -> bool:
        """Whether a reply shows a job that goes on."""
        states = [self._words[text] for text in texts(document) if text in self._words]
        return any(not state.terminal for state in states)

    def _waits(self, request: SentRequest) -> bool:
        operation = request.operation
        return bool(operation and operation.submits and self._context.contract.conversation.of(operation.id) is None)

    def _reads(self, request: SentRequest) -> bool:
        operation = request.operation
        return request.method == "GET" or bool(operation and operation.id in self._context.contract.conversation.reads)

    def _differences(
        self, request: SentRequest, response: ReceivedResponse, one: ReceivedResponse, other: ReceivedResponse
    ) -> tuple[list[Difference] | None, list[Elsewhere]]:
        detector, operation = self._context.error_detector, request.operation
        if any(detector.refused(reply) and detector.circumstance(reply, operation) for reply in (one, other)):
            self.symbols.note(response.json)
            self.unplayed["the server or a model rejected it for its account or its time"] += 1
            return None, []
        if one.status != other.status or detector.refused(one) != detector.refused(other):
            self.unplayed["the contract leaves the answer open"] += 1
            return None, []
        if detector.refused(response) and detector.refused(one) and self._asks_of_open_job(request):
            self.unplayed["its job went on"] += 1
            return None, []
        if response.status != one.status:
            self.symbols.note(response.json)
            return [Difference("", "status", one.shown(), response.shown())], []
        comparison = Comparison(
            self.symbols,
            self._words,
            self.jobs.is_known,
            self._is_known,
            is_open=self.jobs.is_open if self._names_a_state(request) else lambda _: False,
            cursors=self._cursors(operation),
            whole=request.method == "GET" and not request.query,
        )
        found = [] if one.json is None else comparison.documents(response.json, one.json, other.json)
        found = [difference for difference in found if not self._is_of_an_attempt(operation, difference)]
        self.strangers = self.strangers or comparison.strangers
        if detector.refused(response) != detector.refused(one) and not comparison.elsewhere:
            return [Difference("", "refusal", one.shown(), response.shown())], []
        return [*found, *self._headers(request, response, one, other)], comparison.elsewhere

    def _is_of_an_attempt(self, operation: Operation | None, difference: Difference) -> bool:
        """Whether it is of a subscription's attempts, or of what is read beneath its deliveries.

        Its receiver answers in the order in which the webhooks of several jobs come, and nobody promises that order,
        nor that of the list. `subscription.kept` compares the list with what has arrived, and what is beneath with it.
        """
        row = self._context.contract.conversation.subscription
        if row is None or operation is None:
            return False
        listed = self._context.contract.operation(str(row.given["deliveries"]))
        if operation.id == listed.id:
            return difference.anywhere.startswith(f"{row.given['entries']}/*{row.given['attempts']}/*")
        return operation.path.startswith(f"{listed.path}/") and difference.kind != "entry"

    def _cursors(self, operation: Operation | None) -> frozenset[str]:
        """Where a list says how to go on: what a cursor looks like is the server's own."""
        listed = self._context.contract.conversation.lists.get(operation.id) if operation is not None else None
        return (
            frozenset(place for place in (listed.next, listed.previous) if place) if listed is not None else frozenset()
        )

    def _headers(
        self, request: SentRequest, response: ReceivedResponse, one: ReceivedResponse, other: ReceivedResponse
    ) -> Iterator[Difference]:
        """The documented headers that both models send."""
        operation = request.operation
        found = self._context.response_checker.documented(operation, one.status) if operation is not None else None
        for name in map(str.lower, found[1].get("headers", {}) if found is not None else ()):
            if name in one.headers and name in other.headers:
                place, value, its = f"header {name}", one.headers[name], response.headers.get(name)
                if its is None:
                    yield Difference(place, "entry", value, None)
                elif value == other.headers[name] and self._lacks(its, value):
                    yield Difference(place, "header", value, its)

    def documents(self, actual: Any, one: Any, other: Any) -> list[Difference]:
        """In what a document of the server differs from those of the models."""
        return Comparison(self.symbols, self._words, self.jobs.is_known, self._is_known).documents(actual, one, other)

    def _is_known(self, text: str) -> bool:
        return text in self._stated or self.symbols.was_sent(text)

    def _asks_of_open_job(self, request: SentRequest) -> bool:
        return self._reads(request) and self.jobs.is_open(request_names(self.symbols.request(request, 0)))

    def _names_a_state(self, request: SentRequest) -> bool:
        """Whether a request asks for what is in some state."""
        text = " ".join((unquote(request.query), *texts(request.json)))
        return any(isinstance(word, str) and word in text for word in self._words)

    def _lacks(self, actual: str, model: str) -> bool:
        """Whether a header has not what the models have in it, in any order."""
        names = {part.strip().lower() for part in model.split(",")}
        lacking = names - {part.strip().lower() for part in actual.split(",")}
        return bool(lacking) and (len(names) > 1 or self._is_known(model))

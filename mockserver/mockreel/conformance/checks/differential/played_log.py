"""Everything that was sent to a server, sent once more to two models of its contract, in the same order and time."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mockreel.conformance.checks.differential.model_play import VARIATIONS, ModelPlay
from mockreel.conformance.checks.differential.reply_comparison import Comparison, Difference, Elsewhere
from mockreel.conformance.checks.differential.stated_values import stated
from mockreel.conformance.checks.differential.symbols import Symbols, Unknown, texts
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext

# A clock that shows less counts from some moment of its own.
_LONG_AGO = 1_000_000_000.0
# So often a read is asked again when jobs of the models have moved.
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Compared:
    """One exchange with the server, what the first model said to the same, and in what they differ."""

    request: SentRequest
    came: ReceivedResponse
    model: ReceivedResponse
    differences: tuple[Difference, ...]


class PlayedLog:
    """The log of one run, as two models of the contract answer it."""

    def __init__(self, context: "CheckContext") -> None:
        self._context = context
        start = context.moments[0] if context.moments else context.target.now()
        start += 0.0 if start > _LONG_AGO else time.time() - context.target.now()
        self.models = [
            ModelPlay(context.contract, variation, start=start, heard=context.target.receiver)
            for variation in VARIATIONS
        ]
        self.symbols = Symbols()
        self._shown: dict[tuple[str | bytes, ...], tuple[int, bytes]] = {}
        self.unplayed: Counter[str] = Counter()
        self._stated = stated(context.contract)
        self._words = {state.word: state for state in context.contract.lifecycle.states.values()}
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

    def exchanges(self) -> Iterator[Compared]:
        """Each exchange of the log that the models could answer."""
        context, last = self._context, None
        for (sent, came), moment in zip(list(context.log), list(context.moments), strict=True):
            request = self._known(sent)
            for model in self.models if moment > (last or moment) else ():
                model.pass_time(moment - (last or moment))
            last = moment
            if self._repeats(request, came):
                continue
            compared = self._compared(request, came)
            if compared is None:
                self.symbols.note(came.json)
            else:
                yield compared

    def _repeats(self, request: SentRequest, came: ReceivedResponse) -> bool:
        """Whether a read was answered as the last time, and nothing was changed since then."""
        if not self._reads(request):
            self._shown.clear()
            return False
        key = request.method, request.path, request.query, request.body, request.who, str(request.headers)
        known = self._shown.get(key)
        self._shown[key] = came.status, came.body
        return known == (came.status, came.body)

    def _known(self, request: SentRequest) -> SentRequest:
        """The request with its operation as this contract has it."""
        known = self._context.contract.operation
        return replace(request, operation=known(request.operation.id)) if request.operation else request

    def _compared(self, request: SentRequest, came: ReceivedResponse) -> Compared | None:
        if self._reads(request):
            self.learn(came.json)
        for _ in range(_ROUNDS):
            replies = self._asked(request)
            if replies is None:
                return None
            found, elsewhere = self._differences(request, came, *replies)
            if found is None:
                return None
            compared = Compared(request, came, replies[0], tuple(found))
            if not elsewhere or not self._reads(request) or not self._followed(request, elsewhere):
                break
        return compared

    def learn(self, document: Any) -> None:
        """Let the jobs of the models end that a reply shows as ended, wherever it does."""
        if isinstance(document, Mapping):
            texts_ = [value for value in document.values() if isinstance(value, str)]
            ends = [state for text in texts_ if (state := self._words.get(text)) is not None and state.terminal]
            for text in texts_ if ends else ():
                for model, own in zip(self.models, self.symbols.models(text), strict=False):
                    job = model.job((own,))
                    if job is not None:
                        model.move(job, ends[0])
        for value in (
            document.values() if isinstance(document, Mapping) else document if isinstance(document, list) else ()
        ):
            if isinstance(value, Mapping | list):
                self.learn(value)

    def _asked(self, request: SentRequest) -> tuple[ReceivedResponse, ReceivedResponse] | None:
        """What the models answer; None where they cannot be asked the same."""
        try:
            asks = [self.symbols.request(request, number) for number in range(len(self.models))]
        except Unknown:
            self.unplayed["it names what no model has given"] += 1
            return None
        self.symbols.sent(request)
        waits = request.operation is not None and self._waits(request)
        one, other = (model.ask(ask, waits=waits) for model, ask in zip(self.models, asks, strict=True))
        if one is None or other is None:
            self.unplayed["the models do not answer"] += 1
            return None
        return one, other

    def _waits(self, request: SentRequest) -> bool:
        operation = request.operation
        return bool(operation and operation.submits and self._context.contract.conversation.of(operation.id) is None)

    def _reads(self, request: SentRequest) -> bool:
        operation = request.operation
        return request.method == "GET" or bool(operation and operation.id in self._context.contract.conversation.reads)

    def _differences(
        self, request: SentRequest, came: ReceivedResponse, one: ReceivedResponse, other: ReceivedResponse
    ) -> tuple[list[Difference] | None, list[Elsewhere]]:
        detector, operation = self._context.error_detector, request.operation
        if any(detector.refused(reply) and detector.circumstance(reply, operation) for reply in (came, one, other)):
            self.unplayed["it was not about the request"] += 1
            return None, []
        if one.status != other.status or detector.refused(one) != detector.refused(other):
            self.unplayed["the models differ"] += 1
            return None, []
        if came.status != one.status:
            self.symbols.note(came.json)
            return [Difference("", "status", one.shown(), came.shown())], []
        comparison = Comparison(self.symbols, self._words, self._is_job, self._is_known)
        found = [] if one.json is None else comparison.documents(came.json, one.json, other.json)
        if detector.refused(came) != detector.refused(one) and not comparison.elsewhere:
            return [Difference("", "refusal", one.shown(), came.shown())], []
        return [*found, *self._headers(request, came, one, other)], comparison.elsewhere

    def _headers(
        self, request: SentRequest, came: ReceivedResponse, one: ReceivedResponse, other: ReceivedResponse
    ) -> Iterator[Difference]:
        """The documented headers that both models send."""
        operation = request.operation
        found = self._context.response_checker.documented(operation, one.status) if operation is not None else None
        for name in map(str.lower, found[1].get("headers", {}) if found is not None else ()):
            if name in one.headers and name in other.headers:
                place, value, its = f"header {name}", one.headers[name], came.headers.get(name)
                if its is None:
                    yield Difference(place, "entry", value, None)
                elif value == other.headers[name] and self._lacks(its, value):
                    yield Difference(place, "header", value, its)

    def documents(self, came: Any, one: Any, other: Any) -> list[Difference]:
        """In what a document of the server differs from those of the models."""
        return Comparison(self.symbols, self._words, self._is_job, self._is_known).documents(came, one, other)

    def _is_known(self, text: str) -> bool:
        return text in self._stated or self.symbols.was_sent(text)

    def _is_job(self, names: Iterable[str]) -> bool:
        return self.models[0].job(names) is not None

    def _lacks(self, came: str, model: str) -> bool:
        """Whether a header has not what the models have in it, in any order."""
        names = {part.strip().lower() for part in model.split(",")}
        lacking = names - {part.strip().lower() for part in came.split(",")}
        return bool(lacking) and (len(names) > 1 or self._is_known(model))

    def _followed(self, request: SentRequest, elsewhere: list[Elsewhere]) -> bool:
        """Let the jobs of the models come where the server's are; gives whether any of them moved."""
        return sum(self._moved(request, one) for one in elsewhere) > 0

    def _moved(self, request: SentRequest, one: Elsewhere) -> bool:
        moved = []
        for number, model in enumerate(self.models):
            own = self.symbols.request(request, number)
            named = {*own.path.split("/"), *texts(own.json), *own.query.split("="), *one.names[number]}
            job = model.job(named)
            moved.append(job is not None and model.move(job, self._words[one.word]))
        return any(moved)

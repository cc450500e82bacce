"""The jobs of the models, moved to where those of the server are."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mockreel.conformance.checks.differential.model_play import ModelPlay
from mockreel.conformance.checks.differential.reply_comparison import Elsewhere
from mockreel.conformance.checks.differential.symbols import Symbols, texts
from mockreel.contract import State
from mockreel.contract.exchanges.exchange import SentRequest


class ModelJobs:
    """The same jobs in each model, which end and move on as the server's do.

    Args:
        words: the state that each word on the wire means.
    """

    def __init__(self, models: Sequence[ModelPlay], symbols: Symbols, words: Mapping[Any, State]) -> None:
        self._models = models
        self._symbols = symbols
        self._words = words

    def end_early(self, name: str, state: State) -> None:
        """Let a job end as soon as the server's may have; that of the first model ends when it is seen."""
        for model, own in list(zip(self._models, self._symbols.models(name), strict=False))[1:]:
            job = model.job((own,))
            if job is not None:
                model.move(job, state)

    def learn(self, document: Any) -> None:
        """Let the jobs of the models end that a reply shows as ended, wherever it does."""
        if isinstance(document, Mapping):
            self._end(value for value in document.values() if isinstance(value, str))
        for value in (
            document.values() if isinstance(document, Mapping) else document if isinstance(document, list) else ()
        ):
            if isinstance(value, Mapping | list):
                self.learn(value)

    def _end(self, found: Iterable[str]) -> None:
        """Let the jobs end that are named beside the word of a terminal state."""
        names = list(found)
        ends = [state for name in names if (state := self._words.get(name)) is not None and state.terminal]
        for name in names if ends else ():
            for model, own in zip(self._models, self._symbols.models(name), strict=False):
                job = model.job((own,))
                if job is not None:
                    model.move(job, ends[0])

    def follow(self, request: SentRequest, elsewhere: Sequence[Elsewhere]) -> bool:
        """Let the jobs of the models come where the server's are; gives whether any of them moved."""
        return sum(self._move(request, one) for one in elsewhere) > 0

    def _move(self, request: SentRequest, one: Elsewhere) -> bool:
        moved = []
        for number, model in enumerate(self._models):
            own = self._symbols.request(request, number)
            job = model.job({*request_names(own), *one.names[number]})
            moved.append(job is not None and model.move(job, self._words[one.word]))
        return any(moved)

    def is_known(self, names: Iterable[str]) -> bool:
        """Whether the first model has a job of one of these names."""
        return self._models[0].job(names) is not None

    def is_open(self, names: Iterable[str]) -> bool:
        """Whether a job of the first model goes on, which may be further at the server."""
        job = self._models[0].job(names)
        return job is not None and not job.state(self._models[0].now()).terminal


def request_names(request: SentRequest) -> set[str]:
    """What a request can name a job with."""
    return {*request.path.split("/"), *texts(request.json), *request.query.split("=")}

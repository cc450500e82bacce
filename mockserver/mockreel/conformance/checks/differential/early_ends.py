"""When the jobs of a server may have ended: at any moment between two exchanges that show them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

from mockreel.conformance.checks.differential.entry_pairs import direct
from mockreel.conformance.checks.differential.symbols import is_name, texts
from mockreel.contract import State
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest


class EarlyEnds:
    """The jobs of a log by the last exchange that shows them under way; after it they may have ended.

    Args:
        words: the state that each word on the wire means.
        reads: whether a request changes nothing; what a change has ended has not ended before.
    """

    def __init__(
        self,
        log: Sequence[tuple[SentRequest, ReceivedResponse]],
        words: Mapping[Any, State],
        reads: Callable[[SentRequest], bool],
    ) -> None:
        self._words = words
        last: dict[str, int] = {}
        ends: dict[str, tuple[int, State]] = {}
        for number, (request, response) in enumerate(log):
            for name, state in self._named_states(request, response):
                if name not in ends and not state.terminal:
                    last[name] = number
                elif name not in ends:
                    ends[name] = number, state
        self._after: defaultdict[int, list[tuple[str, State]]] = defaultdict(list)
        for name, (number, state) in ends.items():
            if name in last and reads(log[number][0]):
                self._after[last[name]].append((name, state))

    def after(self, number: int) -> Sequence[tuple[str, State]]:
        """The names of the jobs that may have ended right after an exchange, and the states in which they end."""
        return self._after.get(number, ())

    def _named_states(self, request: SentRequest, response: ReceivedResponse) -> Iterator[tuple[str, State]]:
        """Each name beside a state, in one object or in the request that a reply without names answers."""
        for found in _objects(response.json):
            states = [self._words[text] for text in direct(found) if text in self._words]
            if states:
                names = [text for text in direct(found) if is_name(text) and text not in self._words]
                yield from ((name, states[0]) for name in names or _request_words(request))


def _request_words(request: SentRequest) -> list[str]:
    words = (*unquote(request.path).split("/"), *(value for _, value in parse_qsl(request.query)), *texts(request.json))
    return [text for text in words if is_name(text)]


def _objects(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, Mapping):
        yield document
    for inner in document.values() if isinstance(document, Mapping) else document if isinstance(document, list) else ():
        yield from _objects(inner)

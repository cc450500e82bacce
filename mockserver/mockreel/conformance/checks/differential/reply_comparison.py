"""A reply of a server beside those of two models: where both models say the same, the server is to say it too."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import orjson

from mockreel.conformance.checks.differential.entry_pairs import EntryPairs, direct
from mockreel.conformance.checks.differential.symbols import Symbols, is_name, texts
from mockreel.contract import State
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.simulator.in_process.mock_target import MOCK_URL

Kind = Literal["status", "refusal", "key", "type", "value", "name", "entry", "header"]
# A text that is an id has so many characters at least.
_LONG = 16
_INDEX = re.compile(r"/\d+(?=/|$)")
_ENTRY = re.compile(r"/\d+(/|$)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
_INSTANT = re.compile(_MOMENT.pattern.replace("[T ]", "T") + r"(\.\d+)?(Z|[+-]\d\d:\d\d)")  # of RFC 3339
_AMOUNT = re.compile(r"-?\d+(\.\d+)?")
# What a null may stand for.
NOTHING: tuple[Any, ...] = ("", [], {})


@dataclass(frozen=True, slots=True)
class Difference:
    """One place at which a reply is not as the models say."""

    place: str
    kind: Kind
    expected: Any
    actual: Any

    @property
    def anywhere(self) -> str:
        """The place without the number of its entry."""
        return _INDEX.sub("/*", self.place)

    def says_as(self, other: "Difference") -> bool:
        """Whether another model expects the same, as far as that can be said of what has names of its own."""
        plain = not isinstance(self.expected, Mapping | list) and not (
            isinstance(self.expected, str) and is_name(self.expected)
        )
        if self.kind == "name":
            return bool(self.expected == other.expected)
        return self.kind in ("status", "refusal", "entry") or not plain or bool(self.expected == other.expected)


@dataclass(frozen=True, slots=True)
class ComparedExchange:
    """One exchange with the server, what the first model said to the same, and in what they differ."""

    request: SentRequest
    response: ReceivedResponse
    model: ReceivedResponse
    differences: tuple[Difference, ...]
    number: int = -1  # which exchange of the log it is


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An object that shows a job in another state than that of a model; the texts of it by model."""

    names: tuple[frozenset[str], frozenset[str]]
    word: Any


@dataclass
class Comparison:
    """One reply. `words` are the words for states; `elsewhere` fills with jobs that are in other ones."""

    symbols: Symbols
    words: Mapping[Any, State]
    is_job: Callable[[Iterable[str]], bool] = lambda _: False
    is_known: Callable[[str], bool] = lambda _: True
    is_open: Callable[[Iterable[str]], bool] = lambda _: False
    cursors: frozenset[str] = frozenset()  # the places of texts that lead to other pages, in whatever words
    elsewhere: list[Elsewhere] = field(default_factory=list)
    whole: bool = False  # nothing was said about which entries to show
    strangers: bool = False  # a list has entries of others
    partial: bool = False  # a list has other entries, as it tells of what happens when jobs end

    def documents(self, actual: Any, one: Any, other: Any) -> list[Difference]:
        found = list(self._values("", actual, one, other))
        return [one for one in found if not (self.partial and self._counts(one))]

    def _values(self, place: str, actual: Any, one: Any, other: Any) -> Iterator[Difference]:
        if actual == one == other and type(actual) is type(one):  # without ids and moments: most of what is long
            return
        if _is_json(one) and _is_json(other):
            yield from self._json_texts(place, actual, one, other)
        elif _sort(one) != _sort(other) or _may_come(actual, one):
            self.symbols.note(actual)
        elif _sort(actual) != _sort(one):
            self.symbols.note(actual)
            if not (actual is None and one in NOTHING):  # whether a null may stand there is for its schema to say
                yield Difference(place, "type", one, actual)
        elif isinstance(one, Mapping):
            yield from self._objects(place, actual, one, other)
        elif isinstance(one, list):
            yield from self._lists(place, actual, one, other)
        else:
            yield from self._scalars(place, actual, one, other)

    def _scalars(self, place: str, actual: Any, one: Any, other: Any) -> Iterator[Difference]:
        if place in self.cursors:
            self.symbols.same(actual, (one, other))
        elif one == other:
            if actual != one and not (isinstance(one, str) and self._is_alike(one, actual)):
                yield Difference(place, "value", one, actual)
        elif isinstance(one, str):
            yield from self._texts(place, actual, one, other)

    def _is_alike(self, one: str, actual: str) -> bool:
        """Whether a text is what was sent, in the words of the models, or an id that they have in common by chance."""
        read = self.symbols.read(actual)
        if read == one or _is_signed(read, one) or _is_same_amount(actual, one) or _differs_in_host(read, one):
            return True
        return is_name(one) and len(one) >= _LONG and not self.is_known(one) and self.symbols.bind(actual, (one, one))

    def _json_texts(self, place: str, actual: Any, one: str, other: str) -> Iterator[Difference]:
        """Texts that are JSON are compared by what they say."""
        if _is_json(actual):
            yield from self._values(place, orjson.loads(actual), orjson.loads(one), orjson.loads(other))
        else:
            yield Difference(place, "type", "a text that is JSON", actual)

    def _texts(self, place: str, actual: str, one: str, other: str) -> Iterator[Difference]:
        if _MOMENT.match(one) and _MOMENT.match(other):
            if _form(one) == _form(other) != _form(actual) and not (
                _INSTANT.fullmatch(actual) and _INSTANT.fullmatch(one)
            ):
                yield Difference(place, "type", one, actual)
        elif not self.symbols.bind(actual, (one, other)):
            yield Difference(place, "name", self.symbols.stands_for(one) or "another one", actual)

    def _objects(
        self, place: str, actual: Mapping[str, Any], one: Mapping[str, Any], other: Mapping[str, Any]
    ) -> Iterator[Difference]:
        if self._is_elsewhere(actual, one, other):
            self.symbols.note(actual)
            return
        for key in one:
            if key not in other:
                self.symbols.note(actual.get(key))
                continue
            if key not in actual and one[key] is None:  # a null says no more than nothing
                continue
            if key not in actual:
                yield Difference(f"{place}/{key}", "key", one[key], None)
            else:
                yield from self._values(f"{place}/{key}", actual[key], one[key], other[key])
        self.symbols.note({key: value for key, value in actual.items() if key not in one})

    def _is_elsewhere(self, actual: Mapping[str, Any], one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Whether an object shows a job that is in another state, and has not ended in both."""
        for key, value in one.items():
            word, shown = actual.get(key), (value, other.get(key))
            there = self.words.get(word) if isinstance(word, str) else None
            here = [self.words.get(text) for text in shown if isinstance(text, str) and text != word]
            if there is not None and any(state and not (state.terminal and there.terminal) for state in here):
                self.elsewhere.append(Elsewhere((frozenset(texts(one)), frozenset(texts(other))), word))
                return True
        return False

    def _lists(self, place: str, actual: list[Any], one: list[Any], other: list[Any]) -> Iterator[Difference]:
        if len(one) != len(other):
            self.partial = True
            self.symbols.note(actual)
            return
        pairing = EntryPairs(self.symbols, actual, one, other)
        pairs, lacking, further = pairing.found()
        self.symbols.note(pairing.shifted)
        for at, mine in pairs.items():
            yield from self._values(f"{place}/{at}", mine, one[at], pairing.other[at])
        if None in pairing.other:  # a page that depends on when something happened
            self.partial = True
            self.symbols.note(further)
            return
        self.partial |= bool(pairing.shifted or lacking or further)
        self.strangers |= any(self._is_strange(entry) for entry in further)
        lacking = [at for at in lacking if not self.is_open(direct(one[at]))]
        if lacking and (len(further) < len(lacking) or (self.whole and pairing.by_values)):
            yield Difference(f"{place}/*", "entry", one[lacking[0]], f"{len(actual)} entries instead of {len(one)}")
        known = [entry for entry in further if self._is_gone(entry)] if not lacking else []
        if known:
            yield Difference(f"{place}/*", "entry", f"{len(one)} entries", known[0])
        self.symbols.note(further)

    def _is_strange(self, entry: Any) -> bool:
        """Whether an entry has a name that neither the models nor anybody else has given."""
        return any(
            is_name(text) and not self.is_known(text) and self.symbols.model(text) is None for text in direct(entry)
        )

    def _is_gone(self, entry: Any) -> bool:
        """Whether an entry is of something that the models know, and do not have in this list.

        An entry with a name that nobody knows is of something else: it may be of another client of the account.
        """
        found = {text: self.symbols.model(text) for text in direct(entry) if is_name(text)}
        named = [model for model in found.values() if model is not None]
        return bool(named) and not self._is_strange(entry) and not self.is_job(named)

    def _counts(self, difference: Difference) -> bool:
        """Whether a value depends on how many entries there are: a number, a flag, a cursor that is or is not there."""
        value = difference.expected
        if difference.kind == "name":
            return not _ENTRY.search(difference.place)
        if difference.kind not in ("type", "value", "key"):
            return False
        leads_on = difference.actual is None and not _ENTRY.search(difference.place)
        return leads_on or difference.place in self.cursors or value is None or isinstance(value, bool | int | float)


def _sort(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float) else type(value).__name__


def _may_come(actual: Any, model: Any) -> bool:
    """Whether one of two says when something happened, and to the other one it may not have happened yet."""
    moments = [value for value in (actual, model) if isinstance(value, str) and _MOMENT.match(value)]
    return len(moments) == 1 and None in (actual, model)


def _is_signed(actual: str, model: str) -> bool:
    """Whether a text is the models' with a query behind it: an address that is signed anew each time."""
    return actual.startswith(f"{model}?") or ("?" in model and actual.startswith(f"{model}&"))


def _differs_in_host(actual: str, model: str) -> bool:
    """Whether a text is the models' with the server's own address wherever they have theirs."""
    parts = [re.escape(part) for part in model.split(MOCK_URL)]
    return len(parts) > 1 and re.fullmatch(r"https?://[^\s\"'<>]+?".join(parts), actual) is not None


def _is_same_amount(actual: str, model: str) -> bool:
    """Whether two texts are one number, however many noughts it ends with."""
    return bool(_AMOUNT.fullmatch(actual) and _AMOUNT.fullmatch(model)) and Decimal(actual) == Decimal(model)


def _form(text: str) -> str:
    return re.sub(r"\d", "9", re.sub(r"\.\d+", "", text))


def _is_json(text: Any) -> bool:
    if not isinstance(text, str) or text[:1] not in ("{", "["):
        return False
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True

"""A reply of a server beside those of two models: where both models say the same, the server is to say it too."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from mockreel.conformance.checks.differential.entry_pairs import EntryPairs, direct
from mockreel.conformance.checks.differential.symbols import Symbols, is_name, texts
from mockreel.contract import State

Kind = Literal["status", "refusal", "key", "type", "value", "name", "entry", "header"]
# A text that is an id has so many characters at least.
_LONG = 16
_ENTRY = re.compile(r"/\d+(/|$)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place at which a reply is not as the models say."""

    place: str
    kind: Kind
    expected: Any
    came: Any


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
    elsewhere: list[Elsewhere] = field(default_factory=list)
    partial: bool = False  # a list has other entries, as it tells of what happens when jobs end

    def documents(self, came: Any, one: Any, other: Any) -> list[Difference]:
        found = list(self._values("", came, one, other))
        return [one for one in found if not (self.partial and _counts(one))]

    def _values(self, place: str, came: Any, one: Any, other: Any) -> Iterator[Difference]:
        if came == one == other and type(came) is type(one):  # without ids and moments: most of what is long
            return
        if _is_json(one) and _is_json(other):
            yield from self._written(place, came, one, other)
        elif _sort(one) != _sort(other) or (one is None and isinstance(came, str) and _MOMENT.match(came)):
            return  # what has happened there may not have happened here yet
        elif _sort(came) != _sort(one):
            self.symbols.note(came)
            yield Difference(place, "type", one, came)
        elif isinstance(one, Mapping):
            yield from self._objects(place, came, one, other)
        elif isinstance(one, list):
            yield from self._lists(place, came, one, other)
        elif one == other:
            if came != one and not (isinstance(one, str) and self._is_alike(one, came)):
                yield Difference(place, "value", one, came)
        elif isinstance(one, str):
            yield from self._texts(place, came, one, other)

    def _is_alike(self, one: str, came: str) -> bool:
        """Whether a text is what was sent, in the words of the models, or an id that they have in common by chance."""
        if self.symbols.read(came) == one:
            return True
        return is_name(one) and len(one) >= _LONG and not self.is_known(one) and self.symbols.bind(came, (one, one))

    def _written(self, place: str, came: Any, one: str, other: str) -> Iterator[Difference]:
        """Texts that are JSON are compared by what they say."""
        if _is_json(came):
            yield from self._values(place, orjson.loads(came), orjson.loads(one), orjson.loads(other))
        else:
            yield Difference(place, "type", "a text that is JSON", came)

    def _texts(self, place: str, came: str, one: str, other: str) -> Iterator[Difference]:
        if _MOMENT.match(one) and _MOMENT.match(other):
            if _form(one) == _form(other) != _form(came):
                yield Difference(place, "type", one, came)
        elif not self.symbols.bind(came, (one, other)):
            yield Difference(place, "name", self.symbols.stands_for(one) or "another one", came)

    def _objects(
        self, place: str, came: Mapping[str, Any], one: Mapping[str, Any], other: Mapping[str, Any]
    ) -> Iterator[Difference]:
        if self._is_elsewhere(came, one, other):
            self.symbols.note(came)
            return
        for key in one:
            if key not in other:
                continue
            if key not in came:
                yield Difference(f"{place}/{key}", "key", one[key], None)
            else:
                yield from self._values(f"{place}/{key}", came[key], one[key], other[key])
        self.symbols.note({key: value for key, value in came.items() if key not in one})

    def _is_elsewhere(self, came: Mapping[str, Any], one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Whether an object shows a job that is in another state, and has not ended in both."""
        for key, value in one.items():
            word, shown = came.get(key), (value, other.get(key))
            there = self.words.get(word) if isinstance(word, str) else None
            here = [self.words.get(text) for text in shown if isinstance(text, str) and text != word]
            if there is not None and any(state and not (state.terminal and there.terminal) for state in here):
                self.elsewhere.append(Elsewhere((frozenset(texts(one)), frozenset(texts(other))), word))
                return True
        return False

    def _lists(self, place: str, came: list[Any], one: list[Any], other: list[Any]) -> Iterator[Difference]:
        if len(one) != len(other):
            self.partial = True
            self.symbols.note(came)
            return
        pairing = EntryPairs(self.symbols, came, one, other)
        pairs, lacking, further = pairing.found()
        for at, mine in pairs.items():
            yield from self._values(f"{place}/{at}", mine, one[at], pairing.other[at])
        if None in pairing.other:  # a page that depends on when something happened
            self.symbols.note(further)
            return
        self.partial |= bool(lacking or further)
        if lacking and len(further) < len(lacking):
            yield Difference(f"{place}/*", "entry", one[lacking[0]], f"{len(came)} entries instead of {len(one)}")
        known = [entry for entry in further if self._is_gone(entry)] if not lacking else []
        if known:
            yield Difference(f"{place}/*", "entry", f"{len(one)} entries", known[0])
        self.symbols.note(further)

    def _is_gone(self, entry: Any) -> bool:
        """Whether an entry is of something that the models know, and do not have in this list."""
        named = [model for text in direct(entry) if (model := self.symbols.model(text)) is not None and is_name(text)]
        return bool(named) and not self.is_job(named)


def _sort(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float) else type(value).__name__


def _counts(difference: Difference) -> bool:
    """Whether a value depends on how many entries there are: a number, a flag, a cursor that is or is not there."""
    value = difference.expected
    if difference.kind == "name":
        return not _ENTRY.search(difference.place)
    return difference.kind in ("type", "value") and (value is None or isinstance(value, bool | int | float))


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

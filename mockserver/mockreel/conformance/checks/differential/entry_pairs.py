"""Which entries of two lists are of one thing: by the names in them, by a value that only one has, or by place."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mockreel.conformance.checks.differential.symbols import Symbols, is_name, texts
from mockreel.contract import pointers

_DIGIT = re.compile(r"\d")


class EntryPairs:
    """The entries of a server's list beside those of the models, which are as many in both.

    `other` are those of the second model in the order of the first.
    """

    def __init__(self, symbols: Symbols, actual: Sequence[Any], one: Sequence[Any], other: Sequence[Any]) -> None:
        self._symbols = symbols
        self._came, self._one = actual, one
        self.other = self._in_first_order(other)
        self.shifted: list[
            Any
        ] = []  # entries of one thing that are others than those of the models, or in another order
        self._key = self._unique()

    def _in_first_order(self, other: Sequence[Any]) -> list[Any]:
        """The second model's entries, each beside the first's of the same names, or of the same constant values."""
        named = [(frozenset(texts(entry)), entry) for entry in other]
        found: list[Any] = []
        knows = False
        for at, entry in enumerate(self._one):
            known = {twin for text in texts(entry) if is_name(text) and (twin := self._symbols.other(text)) is not None}
            knows = knows or bool(known)
            twins = [one for words, one in named if known <= words] if known else [other[at]]
            alike = [one for one in twins if _words(one) == _words(entry)] if len(twins) > 1 else twins
            found.append(other[at] if other[at] in (alike or twins) else alike[0] if len(alike) == 1 else None)
        return found if knows else self._sorted(other)

    def _sorted(self, other: Sequence[Any]) -> list[Any]:
        """The second model's entries in the first's order, where both have the same ones in another order."""
        if not all(isinstance(entry, Mapping) for entry in (*self._one, *other)):
            return list(other)
        keys = [key for key in self._one[0] if _column(self._one, key) == _column(other, key) != []] if other else []
        twins = {str(_values(entry, keys)): entry for entry in other}
        if not keys or len(twins) != len(other) or {str(_values(entry, keys)) for entry in self._one} != set(twins):
            return list(other)
        return [twins[str(_values(entry, keys))] for entry in self._one]

    def found(self) -> tuple[dict[int, Any], list[int], list[Any]]:
        """The server's entry by the number of the models', the numbers of those that lack, what is there beside."""
        left = list(range(len(self._came)))
        every = [self._names(at) for at in range(len(self._one))]
        pairs: dict[int, Any] = {}
        lacking: list[int] = []
        for at, names in enumerate(every):
            places = [place for place in left if self._is_same(at, names, self._came[place])]
            likeness = {place: self._likeness(at, self._came[place]) if len(places) > 1 else 0 for place in places}
            place = max(places, key=likeness.__getitem__, default=None)
            if place is None:
                lacking.append(at)
            else:
                left.remove(place)
                if names and every.count(names) > 1 and self._is_another(at, self._came[place]):
                    self.shifted.append(self._came[place])
                else:
                    pairs[at] = self._came[place]
        if lacking and len(lacking) == len(left) and not any(every[at] or self._is_known(at) for at in lacking):
            pairs.update({at: self._came[place] for at, place in zip(lacking, left, strict=True)})
            lacking, left = [], []
        return pairs, lacking, [self._came[place] for place in left]

    @property
    def by_values(self) -> bool:
        """Whether entries are known by constant values alone, as those of a catalogue are."""
        return bool(self._key) and not any(self._names(at) for at in range(len(self._one)))

    def _is_same(self, at: int, names: Mapping[str, str], entry: Any) -> bool:
        if names:
            return isinstance(entry, Mapping) and all(
                pointers.value(entry, place) == name for place, name in names.items()
            )
        if self._key:
            return isinstance(entry, Mapping) and _values(entry, self._key) == _values(self._one[at], self._key)
        return not isinstance(self._one[at], Mapping | list) and bool(entry == self._one[at])

    def _is_another(self, at: int, entry: Any) -> bool:
        """Whether an entry of one of several with the same names may be another's: all that it says is in the list."""
        words = {word for one in self._one for word in _words(one)}
        return _words(entry) != _words(self._one[at]) and set(_words(entry)) <= words

    def _likeness(self, at: int, entry: Any) -> int:
        """How much of an entry is as the models say it."""
        return len(set(_words(entry)) & set(_words(self._one[at])))

    def _is_known(self, at: int) -> bool:
        return bool(self._key) or not isinstance(self._one[at], Mapping | list)

    def _names(self, at: int) -> dict[str, str]:
        """The names that the server must show in an entry, by their place, where it has shown them before."""
        return dict(self._name_pairs("", self._one[at], self.other[at]))

    def _name_pairs(self, place: str, one: Any, other: Any) -> Iterator[tuple[str, str]]:
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            for key, value in one.items():
                if value is not None and value != other.get(key):
                    yield from self._name_pairs(f"{place}/{key}", value, other.get(key))
        elif isinstance(one, str) and place and one != other:
            name = self._symbols.stands_for(one)
            if name is not None:
                yield place, name

    def _unique(self) -> tuple[str, ...]:
        """The first field whose values no two entries share, or all together; of those that the models say alike."""
        if not self._one or not all(isinstance(entry, Mapping) for entry in (*self._one, *self.other)):
            return ()
        alike = tuple(str(key) for key in self._one[0] if self._says_alike(key))
        return next((keys for keys in (*((key,) for key in alike), alike) if keys and self._tells(keys)), ())

    def _says_alike(self, key: str) -> bool:
        values = [entry.get(key) for entry in self._one]
        plain = not any(isinstance(value, Mapping | list | bool | None) for value in values)
        return plain and values == [entry.get(key) for entry in self.other]

    def _tells(self, keys: tuple[str, ...]) -> bool:
        """Whether no two entries have the same values there."""
        return len({str(_values(entry, keys)) for entry in self._one}) == len(self._one)


def _words(entry: Any) -> list[str]:
    """What an entry says that is no name, by its fields."""
    fields = entry.items() if isinstance(entry, Mapping) else ()
    return sorted(f"{key} {value}" for key, value in fields if isinstance(value, str) and not _DIGIT.search(value))


def _column(entries: Sequence[Mapping[str, Any]], key: str) -> list[str]:
    """The texts of a field in all entries, sorted; empty where one has none."""
    found = [value for entry in entries if isinstance(value := entry.get(key), str)]
    return sorted(found) if len(found) == len(entries) else []


def _values(entry: Mapping[str, Any], keys: Iterable[str]) -> list[Any]:
    return [entry.get(key) for key in keys]


def direct(entry: Any) -> Iterator[str]:
    """The texts that stand in an entry itself."""
    values = entry.values() if isinstance(entry, Mapping) else (entry,)
    return (value for value in values if isinstance(value, str))

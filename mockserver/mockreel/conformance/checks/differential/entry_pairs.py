"""Which entries of two lists are of one thing: by the names in them, by a value that only one has, or by place."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockreel.conformance.checks.differential.symbols import Symbols, is_name
from mockreel.contract import pointers


class EntryPairs:
    """The entries of a server's list beside those of the models, which are as many in both.

    `other` are those of the second model in the order of the first.
    """

    def __init__(self, symbols: Symbols, came: Sequence[Any], one: Sequence[Any], other: Sequence[Any]) -> None:
        self._symbols = symbols
        self._came, self._one = came, one
        self.other = self._ordered(other)
        self._key = self._unique()

    def _ordered(self, other: Sequence[Any]) -> list[Any]:
        """The second model's entries, each beside the first's of the same names."""
        named = {frozenset(direct(entry)): entry for entry in other}
        found = []
        for at, entry in enumerate(self._one):
            known = {
                twin for text in direct(entry) if is_name(text) and (twin := self._symbols.other(text)) is not None
            }
            twins = [one for texts, one in named.items() if known and known <= texts]
            found.append(other[at] if not known or other[at] in twins else twins[0] if len(twins) == 1 else None)
        return found

    def found(self) -> tuple[dict[int, Any], list[int], list[Any]]:
        """The server's entry by the number of the models', the numbers of those that lack, what is there beside."""
        left = list(range(len(self._came)))
        pairs: dict[int, Any] = {}
        lacking: list[int] = []
        for at in range(len(self._one)):
            place = next((place for place in left if self._is_same(at, self._came[place])), None)
            if place is None:
                lacking.append(at)
            else:
                left.remove(place)
                pairs[at] = self._came[place]
        if lacking and len(lacking) == len(left) and not any(self._is_known(at) for at in lacking):
            pairs.update({at: self._came[place] for at, place in zip(lacking, left, strict=True)})
            lacking, left = [], []
        return pairs, lacking, [self._came[place] for place in left]

    def _is_same(self, at: int, entry: Any) -> bool:
        names = dict(self._names(at))
        if names:
            return isinstance(entry, Mapping) and all(
                pointers.value(entry, place) == name for place, name in names.items()
            )
        if self._key is not None:
            return isinstance(entry, Mapping) and entry.get(self._key) == self._one[at].get(self._key)
        return not isinstance(self._one[at], Mapping | list) and bool(entry == self._one[at])

    def _is_known(self, at: int) -> bool:
        return bool(dict(self._names(at))) or self._key is not None or not isinstance(self._one[at], Mapping | list)

    def _names(self, at: int) -> Iterator[tuple[str, str]]:
        """The names that the server must show in an entry, where it has shown them before."""
        yield from self._named("", self._one[at], self.other[at])

    def _named(self, place: str, one: Any, other: Any) -> Iterator[tuple[str, str]]:
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            for key, value in one.items():
                yield from self._named(f"{place}/{key}", value, other.get(key))
        elif isinstance(one, str) and place and one != other and is_name(one):
            name = self._symbols.stands_for(one)
            if name is not None:
                yield place, name

    def _unique(self) -> str | None:
        """The first field whose values no two entries share, and which the models say alike."""
        if not self._one or not all(isinstance(entry, Mapping) for entry in (*self._one, *self.other)):
            return None
        for key in self._one[0]:
            values = [entry.get(key) for entry in self._one]
            if any(isinstance(value, Mapping | list | bool | None) for value in values):
                continue
            if values == [entry.get(key) for entry in self.other] and len({*map(str, values)}) == len(values):
                return str(key)
        return None


def direct(entry: Any) -> Iterator[str]:
    """The texts that stand in an entry itself."""
    values = entry.values() if isinstance(entry, Mapping) else (entry,)
    return (value for value in values if isinstance(value, str))

"""The filter language of lists: `status_code:succeeded AND created_at>2026-04-01`, `client_ref.eq:'a b'`."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.providers.runflow.lists.columns import Column, Rank

Record = Mapping[str, Any]
Predicate = Callable[[Record], bool]

_COMPARE: Mapping[str, Callable[[Rank, Rank], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_FIELD = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_VALUE = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|([^\s()'\"]+)")
_SPACE = re.compile(r"\s*")
# How deep brackets and negations may nest.
_DEPTH = 50


class FilterError(ValueError):
    """A filter that cannot be parsed; the text says why and where."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Which forms, signs and words a filter may use; the contract's row."""

    forms: tuple[str, ...]
    signs: Mapping[str, str]
    words: Mapping[str, str]
    joins: Mapping[str, str]


def grammar(row: Mapping[str, Any]) -> Grammar:
    return Grammar(tuple(row["forms"]), row["signs"], row["words"], row["joins"])


def parse(text: str, rules: Grammar, columns: Mapping[str, Column]) -> Predicate:
    """The predicate of a filter.

    Raises:
        FilterError: it breaks the grammar, or names no filterable field.
    """
    reader = _Reader(text, rules, columns)
    predicate = reader.any_of(0)
    reader.end()
    return predicate


class _Reader:
    """Reads one filter from left to right."""

    def __init__(self, text: str, rules: Grammar, columns: Mapping[str, Column]) -> None:
        self.text = text
        self.rules = rules
        self.columns = columns
        self.signs = sorted(rules.signs, key=len, reverse=True)
        self.at = 0

    def any_of(self, depth: int) -> Predicate:
        parts = [self._all_of(depth)]
        while self._join("or"):
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else lambda record: any(part(record) for part in parts)

    def _all_of(self, depth: int) -> Predicate:
        parts = [self._one(depth)]
        while self._join("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else lambda record: all(part(record) for part in parts)

    def _one(self, depth: int) -> Predicate:
        if depth > _DEPTH:
            raise self._wrong("nested too deep")
        if self._join("not"):
            negated = self._one(depth + 1)
            return lambda record: not negated(record)
        if self._accept("("):
            inner = self.any_of(depth + 1)
            if not self._accept(")"):
                raise self._wrong("a closing bracket is missing")
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        named = self._match(_FIELD)
        if named is None:
            raise self._wrong("a field is missing")
        sign = next((sign for sign in self.signs if self._accept(sign)), None)
        if sign is None:
            raise self._wrong(f"one of {' '.join(self.signs)} is missing")
        column, compare = self._meaning(named[0], sign)
        found = self._match(_VALUE)
        if found is None:
            raise self._wrong("a value is missing")
        return self._compared(column, compare, found)

    def _compared(self, column: Column, compare: Callable[[Rank, Rank], bool], found: re.Match[str]) -> Predicate:
        quoted = found[3] is None
        text = re.sub(r"\\(.)", r"\1", found[1] or found[2] or "") if quoted else found[3]
        try:
            expected = column.rank_of_text(text, quoted=quoted)
        except ValueError as problem:
            raise self._wrong(str(problem)) from problem
        return lambda record: _holds(compare, column.rank(record.get(column.name)), expected)

    def _meaning(self, named: str, sign: str) -> tuple[Column, Callable[[Rank, Rank], bool]]:
        """The column that is named and the comparison that is meant, in one of the two forms."""
        name, _, word = named.rpartition(".")
        meaning_of_word = self.rules.words.get(word.lower()) if name else None
        form = "dotted" if meaning_of_word else "plain"
        if form not in self.rules.forms:
            raise self._wrong(f"filters of the form {form} are not understood")
        column = self.columns.get(name if meaning_of_word else named)
        if column is None or column.kind == "other":
            raise self._wrong(f"{named!r} is not a field to filter by")
        return column, _COMPARE[meaning_of_word or self.rules.signs[sign]]

    def _join(self, meaning: str) -> bool:
        self._skip()
        for word, meaning_of_word in self.rules.joins.items():
            rest = self.text[self.at + len(word) : self.at + len(word) + 1]
            if (
                meaning_of_word == meaning
                and self.text.startswith(word, self.at)
                and (not rest or rest.isspace() or rest in "()")
            ):
                self.at += len(word)
                return True
        return False

    def _accept(self, literal: str) -> bool:
        self._skip()
        if not self.text.startswith(literal, self.at):
            return False
        self.at += len(literal)
        return True

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self._skip()
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def _skip(self) -> None:
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at

    def end(self) -> None:
        self._skip()
        if self.at < len(self.text):
            raise self._wrong("nothing was expected here")

    def _wrong(self, why: str) -> FilterError:
        return FilterError(f"{why} (at character {self.at + 1})")


def _holds(compare: Callable[[Rank, Rank], bool], value: Rank, expected: Rank) -> bool:
    """Values of different sorts are never equal, and neither is smaller."""
    if value[0] != expected[0]:
        return compare is operator.ne
    return compare(value, expected)

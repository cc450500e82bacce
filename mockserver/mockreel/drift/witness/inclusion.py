"""Whether one schema accepts everything that another does: proved, refuted by a witness, or unknown."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import jsonschema_rs

from mockreel.drift.finding import NOTHING
from mockreel.drift.witness.candidates import candidates
from mockreel.drift.witness.canonical_schema import unordered
from mockreel.drift.witness.schema_differences import Places
from mockreel.drift.witness.schema_message import Message, Settled

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The answer; `no` comes with a value that the narrower accepts and the wider rejects."""

    answer: Answer
    witness: Any = NOTHING


def includes(wider: Message, narrower: Message) -> Inclusion:
    """Whether `wider` accepts all that `narrower` accepts.

    A witness overrules a proof: it is checked with the validators that check messages.
    """
    if same(wider, narrower):
        return Inclusion("yes")
    pair = _Pair(wider.settled("wider"), narrower.settled("narrower"))
    witness = pair.witness()
    if witness is not NOTHING:
        return Inclusion("no", witness)
    return Inclusion("yes" if pair.proved() else "unknown")


def same(one: Message, other: Message) -> bool:
    """Whether two messages, with all that they refer to, differ only in order."""
    sides = (one.settled("either"), other.settled("either"))
    return one.at == other.at and unordered(sides[0].reached()) == unordered(sides[1].reached())


class _Pair:
    """Two schemas, each with its own documents."""

    def __init__(self, wider: Settled, narrower: Settled) -> None:
        self.wider = wider
        self.narrower = narrower
        try:
            self.canonical: tuple[Any, Any] | None = (wider.canonical(), narrower.canonical())
        except (ValueError, jsonschema_rs.ReferencingError):
            self.canonical = None

    def proved(self) -> bool:
        """Whether it is proved that the narrower accepts nothing that the wider rejects."""
        if self.canonical is None:
            return False
        wider, narrower = self.canonical
        try:
            return str(wider.covers(narrower)) == "yes" or str(narrower.subtract(wider).satisfiability()) == "no"
        except ValueError:
            return False

    def witness(self) -> Any:
        """The smallest value found that the narrower accepts and the wider rejects, or NOTHING."""
        wider, narrower = self.wider.validator(), self.narrower.validator()
        for values in self._rounds():
            found = [value for value in values if narrower.is_valid(value) and not wider.is_valid(value)]
            if found:
                return min(found, key=_size)
        return NOTHING

    def _rounds(self) -> Iterator[list[Any]]:
        """Values to try: for the difference that the engine computes, each place that differs, and both schemas."""
        for branch in self._difference():
            yield candidates([branch], self._resolve)
        yield from Places(self.narrower, self.wider, self._resolve).messages()
        yield candidates([self.narrower.schema], self._resolve)
        yield candidates([self.narrower.schema, self.wider.schema], self._resolve)
        for branch in self._difference():
            yield candidates([self.narrower.schema, branch], self._resolve)

    def _difference(self) -> list[Any]:
        if self.canonical is None:
            return []
        wider, narrower = self.canonical
        try:
            found = narrower.subtract(wider).to_json_schema()
        except ValueError:
            return []
        return list(found.get("anyOf", [found])) if isinstance(found, dict) else []

    def _resolve(self, reference: str) -> Any:
        side = self.wider if reference.startswith("https://wider.") else self.narrower
        return side.resolve(reference)


def _size(value: Any) -> tuple[int, str]:
    text = json.dumps(value, sort_keys=True)
    return len(text), text

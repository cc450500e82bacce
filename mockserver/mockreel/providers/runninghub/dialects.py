"""The response forms of RunningHub: flat with a text `errorCode`, or envelopes with a numeric `code`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.contract import Contract, Operation


@dataclass(frozen=True, slots=True)
class Dialect:
    """One response form.

    `base` is the response without data; `code` and `texts` are its keys for an error's code and text; `like` is the
    dialect whose row values it uses if it has none of its own.
    """

    name: str
    like: str | None
    base: Mapping[str, Any]
    code: str
    texts: tuple[str, ...]
    numeric: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Under which names data rows may hold words for it, its own first."""
        return (self.name,) if self.like is None else (self.name, self.like)

    def says(self, **values: Any) -> dict[str, Any]:
        """A response with these values, and the base's for the rest."""
        return {**self.base, **values}

    def refuses(self, code: str | int, text: str, **values: Any) -> dict[str, Any]:
        value = int(code) if self.numeric else str(code)
        return {**self.base, self.code: value, **dict.fromkeys(self.texts, text), **values}


class Dialects:
    """The dialects of a contract, by name, by operation, and by path where no operation was found."""

    def __init__(self, contract: Contract) -> None:
        self._named = {name: _dialect(name, row) for name, row in contract.wire["dialects"].items()}
        self._of = {one.id: self._named[one.raw["x-mockreel"]["dialect"]] for one in contract.operations}
        self._unrouted = [(row["prefix"], self._named[row["dialect"]]) for row in contract.wire["unrouted"]]

    def dialect_of(self, name: str) -> Dialect:
        return self._named[name]

    def of(self, operation_id: str) -> Dialect:
        return self._of[operation_id]

    def speaking(self, operation: Operation | None, path: str) -> Dialect:
        """How a request is answered, whether or not an operation was found for it."""
        if operation is not None:
            return self._of[operation.id]
        return next(dialect for prefix, dialect in self._unrouted if path.startswith(prefix))


def _dialect(name: str, row: Mapping[str, Any]) -> Dialect:
    return Dialect(name, row.get("like"), row["base"], row["code"], tuple(row["texts"]), row["numeric"])

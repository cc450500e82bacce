"""A client rule: it reads the exchanges and webhook attempts of one provider in order and reports what breaks it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from mockreel.contract import Contract, Operation
from mockreel.contract.evidence.facts import Fact, Facts
from mockreel.engine.journal.journal import AttemptEntry, Entry

# What the client did, and the fact that it breaks.
BrokenRule = tuple[str, Fact]


@dataclass
class Rule:
    """One rule at one provider. A subclass has an id, a summary, and methods that read exchanges or attempts.

    `usual` is False where no document forbids it anywhere; such a rule is checked only if it is named.
    """

    id: ClassVar[str]
    summary: ClassVar[str]
    usual: ClassVar[bool] = True

    contract: Contract
    facts: Facts

    def request(self, entry: Entry) -> Iterator[BrokenRule]:
        """What breaks the rule in an exchange, given all earlier ones."""
        return iter(())

    def attempt(self, attempt: AttemptEntry) -> Iterator[BrokenRule]:
        """What breaks it in how the client's receiver answered a webhook."""
        return iter(())

    @classmethod
    def cases(cls, entries: Sequence[Entry], attempts: Sequence[AttemptEntry]) -> int:
        """How many of these the rule applies to; with none, it was not checked."""
        return len(entries)

    def operation_of(self, entry: Entry) -> Operation | None:
        """The requested operation, if the contract has it."""
        return self.contract.operation(entry.operation) if entry.operation is not None else None


def request_line(entry: Entry) -> str:
    """A request in a few words."""
    return f"{entry.method} {entry.path}"


def same(entry: Entry) -> tuple[object, ...]:
    """What makes two requests the same."""
    return entry.account, entry.method, entry.path, entry.query, entry.body, entry.header("prefer")


def without_query(url: str) -> str:
    """A URL without its query, which may hold a secret."""
    return url.partition("?")[0]

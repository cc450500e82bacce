"""A client rule: it sees the exchanges and the webhook attempts of one provider in order, and says what breaks it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from mockreel.contract import Contract, Operation
from mockreel.contract.evidence.facts import Fact, Facts
from mockreel.engine.journal.journal import Entry, Tried

# What was done, and the fact that speaks against it.
Said = tuple[str, Fact]


@dataclass
class Rule:
    """One rule at one provider. A subclass has an id, a sentence, and what it looks at.

    `usual` is False where no document forbids it anywhere, so that it is looked for only when it is named.
    """

    id: ClassVar[str]
    says: ClassVar[str]
    usual: ClassVar[bool] = True

    contract: Contract
    facts: Facts

    def request(self, entry: Entry) -> Iterator[Said]:
        """What breaks the rule in an exchange, after all that came before."""
        return iter(())

    def attempt(self, tried: Tried) -> Iterator[Said]:
        """What breaks it in how the client's receiver answered a webhook."""
        return iter(())

    @classmethod
    def cases(cls, entries: Sequence[Entry], attempts: Sequence[Tried]) -> int:
        """How many of these the rule is about; a rule that was about none was not looked at."""
        return len(entries)

    def operation_of(self, entry: Entry) -> Operation | None:
        """What was asked for, if the contract has it."""
        return self.contract.operation(entry.operation) if entry.operation is not None else None


def shown(entry: Entry) -> str:
    """A request in a few words."""
    return f"{entry.method} {entry.path}"


def same(entry: Entry) -> tuple[object, ...]:
    """What makes two requests the same."""
    return entry.account, entry.method, entry.path, entry.query, entry.body, entry.header("prefer")


def bare(url: str) -> str:
    """An address without what may be a secret in it."""
    return url.partition("?")[0]

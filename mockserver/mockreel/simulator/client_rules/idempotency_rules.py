"""Rules for requests that could do the same twice, where the provider documents a header against that."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mockreel.contract import Evidence
from mockreel.contract.evidence.facts import Fact
from mockreel.engine.journal.journal import Entry
from mockreel.simulator.client_rules.client_rule import BrokenRule, Rule, request_line
from mockreel.simulator.client_rules.pacing_rules import remember

# What leaves a client without an answer that it could read, though its request was handled.
LOST = frozenset({"lost-answer", "reset", "truncated", "garbage", "gateway", "malformed", "empty", "wrong-length"})


@dataclass
class _Heeded(Rule):
    """The header, and the operations that heed it."""

    def header(self, entry: Entry) -> str | None:
        row: Any = self.contract.wire.get("idempotency")
        return str(row["header"]) if row and entry.operation in row["operations"] else None

    def fact(self, statement: str) -> Fact:
        row = self.contract.root["wire"]["idempotency"]
        evidence = Evidence(row["evidence"], tuple(row["source"]))
        return self.facts.fact(statement, "openapi.yaml x-mockreel wire idempotency", evidence)


@dataclass
class UnsafeRetry(_Heeded):
    """A submit whose answer was lost was sent again without the key that keeps it from beginning a second job."""

    id = "unsafe-retry"
    summary = "A submit is sent again after its response was lost, without an idempotency key where there is one."

    _lost: dict[tuple[object, ...], Entry] = field(default_factory=dict)

    def request(self, entry: Entry) -> Iterator[BrokenRule]:
        header = self.header(entry)
        if header is None or entry.job is None:
            return
        what = (entry.account, entry.operation, entry.path, entry.body)
        before = self._lost.pop(what, None)
        if before is not None and before.job != entry.job:
            key = "without" if entry.header(header) is None else "with another"
            done = f"{request_line(entry)} was sent again {key} {header} after its response was lost"
            yield f"{done}, and started {entry.job} beside {before.job}", self.fact(f"{header} keeps one job from two")
        if is_unreadable(entry):
            remember(self._lost, what, entry)


@dataclass
class ReusedKey(_Heeded):
    """An idempotency key was used again with another request."""

    id = "reused-idempotency-key"
    summary = "An idempotency key is sent again with another body."

    _known: dict[tuple[object, ...], Entry] = field(default_factory=dict)

    def request(self, entry: Entry) -> Iterator[BrokenRule]:
        header = self.header(entry)
        key = entry.header(header) if header is not None else None
        if header is None or key is None or entry.account is None:
            return
        before = self._known.get((entry.account, key))
        if before is None:
            remember(self._known, (entry.account, key), entry)
        elif (before.path, before.body) != (entry.path, entry.body):
            yield (
                f"{request_line(entry)} was sent with the {header} of another request",
                self.fact(f"a {header} belongs to one request"),
            )


def is_unreadable(entry: Entry) -> bool:
    """Whether the client cannot have read the answer."""
    return (entry.fault or "").partition(";")[0].strip() in LOST

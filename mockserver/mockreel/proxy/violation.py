"""One reported violation of the contract."""

from dataclasses import dataclass
from typing import Any, Literal

from mockreel.contract.evidence.facts import Fact

Side = Literal["request", "reply", "job"]


@dataclass(frozen=True, slots=True)
class ProxyViolation:
    """One violation: its side and exchange, the expected and the received value, and the fact that it breaks.

    `rule` is the client rule that a request broke; it is empty for a response and a job.
    """

    provider: str
    side: Side
    line: str
    operation: str | None
    status: int
    expected: str
    actual: str
    fact: Fact
    rule: str = ""

    def __str__(self) -> str:
        source = "".join(f"; {one}" for one in self.fact.sources)
        return (
            f"{self.provider} {self.side} {self.line} ({self.status}): expected {self.expected}, came {self.actual} "
            f"{f'({self.rule}) ' if self.rule else ''}- "
            f"{self.fact.says} [{self.fact.where}, {self.fact.evidence.kind}{source}]"
        )

    def row(self) -> dict[str, Any]:
        """The violation as a JSON object."""
        return {
            "event": "violation",
            "provider": self.provider,
            "side": self.side,
            "rule": self.rule or None,
            "exchange": self.line,
            "operation": self.operation,
            "status": self.status,
            "expected": self.expected,
            "came": self.actual,
            "fact": self.fact.says,
            "where": self.fact.where,
            "evidence": self.fact.evidence.kind,
            "sources": list(self.fact.sources),
        }

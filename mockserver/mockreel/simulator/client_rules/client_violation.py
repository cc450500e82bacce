"""A violation of a client rule: which rule, when, what the client did, and the fact that forbids it."""

from typing import Any, NamedTuple

from mockreel.contract.evidence.facts import Fact


class Violation(NamedTuple):
    """One violation of a client rule; `request` is what it was seen in: an exchange, or a webhook that was answered."""

    rule: str
    provider: str
    at: float
    done: str
    fact: Fact
    request: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        evidence = f"{self.fact.where}, {self.fact.evidence.kind}"
        sources = "".join(f"\n      {source}" for source in self.fact.sources)
        return f"{self.provider}: {self.done} [{self.rule}]\n    {self.fact.says} ({evidence}){sources}"

    def row(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "rule": self.rule,
            "provider": self.provider,
            "at": self.at,
            "done": self.done,
            "fact": self.fact.says,
            "where": self.fact.where,
            "evidence": self.fact.evidence.kind,
            "sources": list(self.fact.sources),
            "request": dict(self.request),
        }

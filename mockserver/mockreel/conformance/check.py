"""What a check is, and what it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.problem import Problem

if TYPE_CHECKING:
    from mockreel.conformance.check_context import Scene

# What a check does to its target: it reads or is refused; it sends what must be refused; it begins jobs.
Level = Literal["reads", "breaking", "jobs"]


@dataclass(frozen=True, slots=True)
class Check:
    """One small question to a target: an id, a sentence, and the function that asks it.

    The function yields a problem for everything that does not hold, and calls `scene.judged()` for each case.
    """

    id: str
    says: str
    level: Level
    ask: "Callable[[Scene], Iterator[Problem]]"


def check(
    id: str,  # noqa: A002  (what reports call it)
    says: str,
    *,
    level: Level,
) -> "Callable[[Callable[[Scene], Iterator[Problem]]], Check]":
    """Make a function a check."""
    return lambda function: Check(id, says, level, function)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem as it is reported. `doubt`: the contract only rests on inference there, so it may be what is wrong."""

    check: str
    provider: str
    subject: str
    fact: Fact
    expected: str
    came: str
    curl: str
    doubt: bool

    @property
    def where(self) -> str:
        """The file and the place in it where the fact stands."""
        stated = self.fact.where
        return stated if stated.startswith("schemas/") else f"contracts/{self.provider}/{stated}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two findings the same for a reader."""
        return self.check, self.subject, self.expected


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one check: the cases it judged, what it found, why it was left out or could not run."""

    check: str
    says: str
    provider: str
    cases: int
    findings: tuple[Finding, ...]
    left_out: tuple[str, ...]
    broke: str
    seconds: float

    @property
    def verdict(self) -> Literal["holds", "falls short", "doubtful", "left out", "broke"]:
        if any(not finding.doubt for finding in self.findings):
            return "falls short"
        if self.broke:
            return "broke"
        if self.findings:
            return "doubtful"
        return "left out" if not self.cases else "holds"

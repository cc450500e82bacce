"""What a run came to: every outcome, what was left out, and the exit code that says it in one number."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.conformance.check import Finding, Outcome

HOLDS, FALLS_SHORT, COULD_NOT_RUN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Report:
    """One run against one target."""

    target: str
    version: str
    seed: int
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for outcome in self.outcomes for finding in outcome.findings)

    @property
    def exit_code(self) -> int:
        """0 if all that was checked holds, 1 if something falls short, 2 if something could not be run."""
        verdicts = {outcome.verdict for outcome in self.outcomes}
        if "falls short" in verdicts:
            return FALLS_SHORT
        return COULD_NOT_RUN if "broke" in verdicts or not self.outcomes else HOLDS

    def sentence(self) -> str:
        """The whole in one line."""
        counts = Counter(outcome.verdict for outcome in self.outcomes)
        cases = sum(outcome.cases for outcome in self.outcomes)
        told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        return f"{self.target}: {told or 'no check was run'} ({cases} cases, seed {self.seed}, {self.seconds:.1f} s)"


def row(finding: Finding) -> Mapping[str, Any]:
    """A finding as JSON has it."""
    return {
        "check": finding.check,
        "provider": finding.provider,
        "subject": finding.subject,
        "doubt": finding.doubt,
        "expected": finding.expected,
        "came": finding.came,
        "fact": finding.fact.says,
        "where": finding.where,
        "evidence": finding.fact.evidence.kind,
        "sources": list(finding.fact.sources),
        "curl": finding.curl,
    }


def lines(finding: Finding) -> list[str]:
    """A finding as a reader has it."""
    doubt = "the contract rests on inference here and may be what is wrong"
    return [
        f"{finding.subject or finding.provider}" + (f" (doubtful: {doubt})" if finding.doubt else ""),
        f"  expected  {finding.expected}",
        f"  came      {finding.came}",
        f"  fact      {finding.fact.says} [{finding.fact.evidence.kind}]",
        f"  where     {finding.where}",
        *(f"  source    {source}" for source in finding.fact.sources),
        *([f"  again     {finding.curl}"] if finding.curl else []),
    ]

"""The result of a run: every outcome, four numbers, and the exit code."""

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mockreel.conformance.check import Finding, Outcome
from mockreel.conformance.place import Checkout

if TYPE_CHECKING:
    from mockreel.conformance.suite import Plan

HOLDS, FALLS_SHORT, COULD_NOT_RUN, NOT_CHECKED = 0, 1, 2, 3
NUMBERS = ("holds", "falls short", "doubtful", "not checked")
# What else than a fault fails a run.
Strictness = Literal["doubtful", "unchecked", "unknown"]
MOCK = "http://mock.test"


@dataclass(frozen=True, slots=True)
class Report:
    """One run against one target.

    `trouble` says why nothing could be checked at all; `fail_on` names what fails the run beside failures;
    `command` is what was run, `checkout` where CI looks for the files of findings.
    """

    target: str
    version: str
    seed: int
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    trouble: str = ""
    fail_on: frozenset[Strictness] = frozenset({"unchecked", "unknown"})
    command: str = "mockreel check"
    checkout: Checkout = field(default_factory=Checkout)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for outcome in self.outcomes for finding in outcome.findings)

    @property
    def numbers(self) -> Mapping[str, int]:
        """How many checks hold, fall short, are doubtful, and were not checked, or not in full."""
        counts: Counter[str] = Counter(
            "not checked" if one.verdict == "broke" else one.verdict for one in self.outcomes
        )
        return {name: counts[name] for name in NUMBERS}

    @property
    def unchecked(self) -> tuple[Outcome, ...]:
        """What was planned and skipped, except by the user's choice."""
        return tuple(one for one in self.outcomes if one.verdict == "not checked" and not one.chosen)

    @property
    def exit_code(self) -> int:
        """0 if everything was checked and passed, 1 if a check failed, 2 if a check could not run.

        3 if nothing failed and something was skipped; what `fail_on` does not name is allowed.
        """
        verdicts = {outcome.verdict for outcome in self.outcomes}
        if "falls short" in verdicts or ("doubtful" in verdicts and "doubtful" in self.fail_on):
            return FALLS_SHORT
        if "broke" in verdicts or not self.outcomes:
            return COULD_NOT_RUN
        return NOT_CHECKED if self.unchecked and "unchecked" in self.fail_on else HOLDS

    def sentence(self) -> str:
        """The whole in one line; what could not be run at all in one, too."""
        if self.trouble:
            return f"{self.target}: {self.trouble}"
        counts = ", ".join(f"{count} {name}" for name, count in self.numbers.items())
        cases = sum(outcome.cases for outcome in self.outcomes)
        return f"{self.target}: {counts} ({cases:,} cases, seed {self.seed}, {self.seconds:.1f} s)"


def repeat_command(
    plan: "Plan", base_url: str, provider: str, outcome: Outcome, *, access: tuple[str, ...] = ()
) -> str:
    """The command that repeats one failed check with the same seed.

    Args:
        access: the options that allow requests to a URL; its keys are in the environment.
    """
    if not outcome.findings:
        return ""
    mock = base_url == MOCK
    parts = ["mockreel", "check", "mock" if mock else base_url, "--provider", provider, "--seed", str(plan.seed)]
    named = outcome.check
    if named.startswith("generated"):
        subjects = dict.fromkeys(finding.subject.partition(" ")[0] for finding in outcome.findings)
        named = f"{named}:{next(iter(subjects))}"
    parts += [word for name in (*outcome.during, named) for word in ("--check", name)]
    parts += ["--budget", f"{plan.budget:g}"] if named != outcome.check or not mock else []
    parts += ["--quick"] if plan.quick else []
    parts += [word for model in plan.models for word in ("--model", model)]
    parts += [word for name, option in plan.readings.items() for word in ("--reading", f"{name}={option}")]
    parts += [] if plan.data is None else ["--data", str(plan.data)]
    return shlex.join([*parts, *access])


def row(finding: Finding) -> Mapping[str, Any]:
    """A finding as JSON has it."""
    return {
        "check": finding.check,
        "provider": finding.provider,
        "subject": finding.subject,
        "doubt": finding.doubt,
        "expected": finding.expected,
        "came": finding.actual,
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
        f"  came      {finding.actual}",
        f"  fact      {finding.fact.says} [{finding.fact.evidence.kind}]",
        f"  where     {finding.where}",
        *(f"  source    {source}" for source in finding.fact.sources),
        *([f"  request   {finding.curl}"] if finding.curl else []),
    ]

"""How fast the contract suite is, in process: its quick run, our own checks, and each phase of generated requests."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from bench.figures import Figure
from mockreel.conformance.check import Outcome
from mockreel.conformance.reports.report import Report
from mockreel.conformance.suite import Plan, check_mock

# Seconds for the generated requests of one provider.
BUDGET = 20.0


def figures(providers: Sequence[str]) -> list[Figure]:
    """Every figure of every provider."""
    return [figure for provider in providers for figure in _of(provider)]


def _of(provider: str) -> Iterator[Figure]:
    yield Figure(f"{provider} check --quick, with start-up", _quick(provider), "s", 5.0, at_most=True)
    ours = check_mock(Plan(providers=(provider,), generated=False))
    yield Figure(f"{provider} our own checks", ours.seconds, "s", 60.0, at_most=True)
    yield Figure(f"{provider} our own checks", _exchanges(ours) / ours.seconds, "exchanges/s")
    for outcome in check_mock(Plan(providers=(provider,), budget=BUDGET, checks=("generated",))).outcomes:
        yield from _phase(provider, outcome)


def _phase(provider: str, outcome: Outcome) -> Iterator[Figure]:
    if outcome.check.startswith("generated.") and outcome.seconds:
        yield Figure(f"{provider} {outcome.check}", outcome.seconds, "s")
        yield Figure(f"{provider} {outcome.check}", outcome.cases / outcome.seconds, "cases/s")


def _exchanges(report: Report) -> int:
    """How many responses were held against the contract."""
    return next(outcome.cases for outcome in report.outcomes if outcome.check == "reply.documented")


def _quick(provider: str) -> float:
    """The time of the command as a user types it."""
    began = time.monotonic()
    command = [sys.executable, "-m", "mockreel", "check", "mock", "--quick", "--provider", provider]
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - began

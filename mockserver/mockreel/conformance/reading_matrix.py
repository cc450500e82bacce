"""The same checks under every reading: the default, each other option alone, and all others together."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from mockreel import __version__
from mockreel.conformance.check import Outcome
from mockreel.conformance.reports.report import Report
from mockreel.conformance.suite import Plan, Watcher, check_mock
from mockreel.simulator.simulator import load_contracts


def combinations(plan: Plan) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Provider, name and options of each set of readings."""
    for provider, contract in load_contracts(plan.providers or None, data=plan.data).items():
        yield provider, "defaults", {}
        others: dict[str, str] = {}
        for reading in contract.readings.values():
            options = [option for option in reading.options if option != reading.default]
            for option in options:
                yield provider, f"{reading.id}={option}", {f"{provider}:{reading.id}": option}
            if options:
                others[f"{provider}:{reading.id}"] = options[0]
        if others:
            yield provider, "all others together", others


def check_readings(plan: Plan, *, watcher: Watcher = lambda _: None) -> Report:
    """Check the mock server under each of them; an outcome's provider names the reading.

    Only our own checks: a reading changes words and shapes that the generator does not need.
    """
    start = time.monotonic()
    outcomes: list[Outcome] = []
    notes: list[str] = []
    for provider, name, readings in combinations(plan):
        one = replace(plan, providers=(provider,), readings={**plan.readings, **readings}, generated=False)
        report = check_mock(one)
        bad = [outcome for outcome in report.outcomes if outcome.verdict != "holds"]
        for outcome in bad:
            found = replace(outcome, provider=f"{provider} {name}")
            outcomes.append(found)
            watcher(found)
        outcomes.append(_summary(provider, name, report, bool(bad)))
        watcher(outcomes[-1])
    return Report(
        "mock under every reading", __version__, plan.seed, tuple(outcomes), tuple(notes), time.monotonic() - start
    )


def _summary(provider: str, name: str, report: Report, bad: bool) -> Outcome:
    cases = sum(outcome.cases for outcome in report.outcomes)
    says = f"Under {name} {'a check fails' if bad else 'all of our own checks pass'}."
    return Outcome("reading", says, provider, cases, (), (), "", report.seconds)

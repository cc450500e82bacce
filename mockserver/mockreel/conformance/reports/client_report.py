"""Client rules as a report of a check: an outcome for each provider that was called and each rule."""

from collections.abc import Iterable, Sequence

from mockreel import __version__
from mockreel.conformance.check import Finding, Outcome
from mockreel.conformance.place import Place
from mockreel.conformance.reports.report import Report
from mockreel.simulator.client_rules import RULES, Rule, Selection, Violation
from mockreel.simulator.provider import Provider


def client_report(
    target: str,
    providers: Iterable[Provider],
    found: Sequence[Violation],
    selection: Selection,
    *,
    command: str,
    place: Place | None,
) -> Report:
    """The report of a client.

    Args:
        target: a description of what was checked.
        providers: the providers; one without requests is left out.
        found: every violation of the rules that were selected.
        command: what was run.
        place: where the client is, for CI services.
    """
    outcomes: list[Outcome] = []
    for provider in providers:
        journal = provider.journal
        entries = journal.requests(provider=provider.name)
        attempts = [*journal.attempts(provider=provider.name), *journal.attempts(provider=provider.name, forged=True)]
        own = [one for one in found if one.provider == provider.name]
        if entries:
            outcomes += [
                _outcome(provider.name, rule, own, rule.cases(entries, attempts), place)
                for rule in RULES
                if selection.covers(rule)
            ]
    return Report(target, __version__, 0, tuple(outcomes), command=command)


def _outcome(provider: str, rule: type[Rule], found: Sequence[Violation], cases: int, place: Place | None) -> Outcome:
    findings = tuple(
        Finding(
            check=name_of(rule),
            provider=provider,
            subject=one.done,
            fact=one.fact,
            expected=f"not: {rule.summary}",
            actual=one.done,
            curl="",
            doubt=False,
            place=place,
        )
        for one in found
        if one.rule == rule.id
    )
    return Outcome(name_of(rule), f"Not: {rule.summary}", provider, cases, findings, (), "", 0.0)


def name_of(rule: type[Rule]) -> str:
    """How a rule is called among checks."""
    return f"client.{rule.id}"

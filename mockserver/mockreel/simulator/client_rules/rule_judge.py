"""Check a client against the rules: exchange by exchange, or everything in a simulator's journal."""

from collections.abc import Iterable, Iterator
from typing import Any

from mockreel.contract import Contract
from mockreel.contract.evidence.facts import Facts
from mockreel.engine.journal.journal import AttemptEntry, Entry
from mockreel.simulator.client_rules.client_rule import BrokenRule, without_query
from mockreel.simulator.client_rules.client_violation import Violation
from mockreel.simulator.client_rules.expected_violations import expected_rules
from mockreel.simulator.client_rules.rule_list import RULES
from mockreel.simulator.client_rules.rule_selection import Selection, select
from mockreel.simulator.provider import Provider

# What a violation was seen in: its parts by their names.
RequestFacts = tuple[tuple[str, Any], ...]


class Judge:
    """The rules at one provider; it is shown what happens in order.

    Args:
        selection: which rules count; the usual ones if None.
    """

    def __init__(self, contract: Contract, selection: Selection | None = None) -> None:
        self._contract = contract
        self._selection = select(RULES) if selection is None else selection
        facts = Facts(contract)
        self._rules = [rule(contract, facts) for rule in RULES if self._selection.covers(rule)]

    def request(self, entry: Entry) -> Iterator[Violation]:
        """The violations of one more exchange, without those that its sender expects.

        Raises:
            OptionError: its `Prefer` header expects a violation of a rule that does not exist.
        """
        expected = expected_rules(entry.header("prefer"))
        for rule in self._rules:
            found = self._selected_violations(rule.id, rule.request(entry), entry.at, _exchange(entry))
            yield from (one for one in found if one.rule not in expected)

    def attempt(self, attempt: AttemptEntry) -> Iterator[Violation]:
        """What breaks a rule in how one more webhook was answered."""
        for rule in self._rules:
            yield from self._selected_violations(rule.id, rule.attempt(attempt), attempt.at, _webhook(attempt))

    def _selected_violations(
        self, id_: str, found: Iterator[BrokenRule], at: float, request: RequestFacts
    ) -> Iterator[Violation]:
        for done, fact in found:
            if self._selection.holds(id_, fact):
                yield Violation(id_, self._contract.provider, at, done, fact, request)


def _exchange(entry: Entry) -> RequestFacts:
    """A request as a violation shows it, with nothing of its body, which the journal has."""
    return (
        ("method", entry.method),
        ("path", entry.path),
        ("query", entry.query),
        ("operation", entry.operation),
        ("status", entry.status),
        ("job", entry.job),
    )


def _webhook(attempt: AttemptEntry) -> RequestFacts:
    """A webhook in a violation: what it was about, and how its receiver answered."""
    return (
        ("event", attempt.event),
        ("job", attempt.subject),
        ("url", without_query(attempt.url)),
        ("attempt", attempt.number),
        ("status", attempt.status),
        ("error", attempt.error),
    )


def violations(providers: Iterable[Provider], selection: Selection | None = None) -> list[Violation]:
    """Every violation that the journal shows, in the order of time.

    Raises:
        OptionError: a `Prefer` header expects a violation of a rule that does not exist.
    """
    found: list[Violation] = []
    for provider in providers:
        judge, journal = Judge(provider.contract, selection), provider.journal
        for entry in journal.requests(provider=provider.name):
            found += judge.request(entry)
        for forged in (False, True):
            for attempt in journal.attempts(provider=provider.name, forged=forged):
                found += judge.attempt(attempt)
    return sorted(found, key=lambda one: one.at)

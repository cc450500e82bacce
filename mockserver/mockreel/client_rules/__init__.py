"""What a client may not do, and what it did all the same: rules over what the simulator has seen of it."""

from mockreel.client_rules.expectation import PREFERENCE, check_rules, expected_rules, met, unexpected
from mockreel.client_rules.judge import Judge, violations
from mockreel.client_rules.rule import Rule
from mockreel.client_rules.rules import RULES
from mockreel.client_rules.selection import Selection, select
from mockreel.client_rules.violation import Violation

__all__ = [
    "PREFERENCE",
    "RULES",
    "Judge",
    "Rule",
    "Selection",
    "Violation",
    "check_rules",
    "expected_rules",
    "met",
    "select",
    "unexpected",
    "violations",
]

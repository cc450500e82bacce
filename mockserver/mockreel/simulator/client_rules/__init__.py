"""What a client may not do, and what it did all the same: rules over what the simulator has seen of it."""

from mockreel.simulator.client_rules.client_rule import Rule
from mockreel.simulator.client_rules.client_violation import Violation
from mockreel.simulator.client_rules.expected_violations import check_rules, expected_rules, unexpected, violation_count
from mockreel.simulator.client_rules.rule_judge import Judge, violations
from mockreel.simulator.client_rules.rule_list import RULES
from mockreel.simulator.client_rules.rule_selection import Selection, select

__all__ = [
    "RULES",
    "Judge",
    "Rule",
    "Selection",
    "Violation",
    "check_rules",
    "expected_rules",
    "select",
    "unexpected",
    "violation_count",
    "violations",
]

"""Violations that are expected: by the request itself (`Prefer: expect-violation`), or by the test around it."""

from collections import Counter
from collections.abc import Collection, Iterable

from mockreel.engine.scenarios.preferences import EXPECT_VIOLATION
from mockreel.errors import OptionError
from mockreel.simulator.client_rules.client_violation import Violation
from mockreel.simulator.client_rules.rule_list import IDS


def expected_rules(prefer: str | None) -> frozenset[str]:
    """The rules that a request with this `Prefer` header may break: those that the preference names, or all of them.

    Raises:
        OptionError: it names a rule that does not exist.
    """
    found: set[str] = set()
    for preference in (prefer or "").split(","):
        name, _, value = preference.strip().partition("=")
        if name.strip().lower() != EXPECT_VIOLATION:
            continue
        named = value.strip().strip('"').split()
        check_rules(named, what=f"Prefer: {EXPECT_VIOLATION}")
        found.update(named or IDS)
    return frozenset(found)


def check_rules(names: Iterable[str], *, what: str) -> None:
    """See that rules exist.

    Raises:
        OptionError: one does not.
    """
    for name in names:
        if name not in IDS:
            raise OptionError(what, name, IDS)


def violation_count(
    before: Iterable[Violation], after: Iterable[Violation], *, rules: Collection[str]
) -> Counter[Violation]:
    """The violations of these rules, or of any, between two calls."""
    new = Counter(after) - Counter(before)
    return Counter({violation: times for violation, times in new.items() if not rules or violation.rule in rules})


def unexpected(found: Iterable[Violation], expected: Counter[Violation]) -> list[Violation]:
    """Those that were not expected, each as often as it was not."""
    left = Counter(expected)
    return [violation for violation in found if not _remove(left, violation)]


def _remove(left: Counter[Violation], violation: Violation) -> bool:
    if left[violation] <= 0:
        return False
    left[violation] -= 1
    return True

"""Whether two statements of a price mean the same: amounts are numbers, and order counts only where rules overlap."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import combinations
from typing import Any

Price = Mapping[str, Any]


def same_price(before: Price, after: Price) -> bool:
    """Whether every job has the same cost, with the same certainty, under both."""
    old, new = _without_rules(before), _without_rules(after)
    return old == new and _same_rules(_rules(before), _rules(after))


def _without_rules(price: Price) -> dict[str, Any]:
    return {key: _amount(value) for key, value in price.items() if value and key != "rules"}


def _amount(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _amount(one) for key, one in value.items()}
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return value


Rule = tuple[frozenset[tuple[str, str]], Any, str]


def _rules(price: Price) -> list[Rule]:
    """The rules without those that an earlier one always shadows."""
    found: list[Rule] = []
    for row in price.get("rules") or ():
        when = frozenset((key, f"{type(value).__name__} {value}") for key, value in row["when"].items())
        if not any(earlier <= when for earlier, *_ in found):
            found.append((when, _amount(row["amount"]), str(row.get("certainty", "exact"))))
    return found


def _same_rules(before: Sequence[Rule], after: Sequence[Rule]) -> bool:
    """Whether both have the same rules, with those that overlap and differ in the same order."""
    if set(before) != set(after):
        return False
    place = {rule: number for number, rule in enumerate(after)}
    return all(place[one] < place[other] for one, other in combinations(before, 2) if _compete(one, other))


def _compete(one: Rule, other: Rule) -> bool:
    """Whether some job matches both at different costs."""
    ours, theirs = dict(one[0]), dict(other[0])
    overlap = all(theirs.get(key, value) == value for key, value in ours.items())
    return overlap and one[1:] != other[1:]

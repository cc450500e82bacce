"""Rules: which requests they fit, in which order, and what chance leaves of them."""

from typing import Any

import pytest

from mockreel.engine.faults import Fault, read_fault
from mockreel.engine.scenarios.preferences import Preference
from mockreel.engine.scenarios.rules import RequestTraits, Rule, Rules


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({}, True),
        ({"provider": "encore"}, True),
        ({"provider": "other"}, False),
        ({"model": "encore/solo"}, True),
        ({"model": "other"}, False),
        ({"prompt": "red"}, True),
        ({"prompt": "blue"}, False),
        ({"nth": 1}, True),
        ({"nth": 2}, False),
        ({"provider": "encore", "model": "encore/solo", "prompt": "door", "nth": 1}, True),
        ({"provider": "encore", "model": "encore/solo", "prompt": "house", "nth": 1}, False),
    ],
)
def test_a_rule_decides_where_all_of_it_fits(conditions: dict[str, Any], fits: bool) -> None:
    """Each condition narrows it."""
    rules = Rules()
    rules.add(Preference("fail"), **conditions)

    found = rules.preference(RequestTraits("encore", "encore/solo", "a red door"))

    assert found == (Preference("fail") if fits else None)


def test_the_nth_call_is_counted_among_those_that_fit() -> None:
    """From 1, and only once."""
    rules = Rules()
    rule = rules.add(Preference("fail"), prompt="red", nth=2)

    found = [rules.preference(RequestTraits("encore", None, prompt)) for prompt in ("red", "blue", "red", "red")]

    assert found == [None, None, Preference("fail"), None]
    assert rule.row()["seen"] == 3


def test_the_first_rule_that_fits_decides() -> None:
    """In the order in which they were set; a removed one decides nothing."""
    rules = Rules()
    first = rules.add(Preference("fail"), prompt="red")
    rules.add(Preference("stuck"))

    assert rules.preference(RequestTraits("encore", None, "red")) == Preference("fail")
    assert rules.preference(RequestTraits("encore", None, "blue")) == Preference("stuck")
    assert rules.remove(first.id)
    assert not rules.remove(first.id)
    assert rules.preference(RequestTraits("encore", None, "red")) == Preference("stuck")
    assert rules.add(Preference("slow")).id == 3


def test_an_operation_is_a_condition_too() -> None:
    """Polls can be met and submits left alone."""
    rules = Rules()
    rules.add(Preference("unavailable"), operation="get_job")

    assert rules.preference(RequestTraits("encore", operation="create_job")) is None
    assert rules.preference(RequestTraits("encore", operation="get_job")) == Preference("unavailable")


def _met(seed: int, accounts: list[int]) -> list[bool]:
    """Which of these requests a rule meets in three of ten cases."""
    rules = Rules(seed=seed)
    rules.add(read_fault("reset"), probability=0.3)
    return [
        rules.fault("reply", RequestTraits("encore", account=account), lambda _: True) is not None
        for account in accounts
    ]


def test_chance_is_drawn_from_the_seed() -> None:
    """The same seed and calls match the same; another seed matches others; about the given share."""
    calls = [1] * 1000

    assert _met(7, calls) == _met(7, calls)
    assert _met(7, calls) != _met(8, calls)
    assert 250 < sum(_met(7, calls)) < 350


def test_what_one_account_meets_does_not_hang_on_another() -> None:
    """With their calls in any order."""
    mixed = [1, 2, 2, 1, 2, 1, 1, 2] * 50
    met = _met(3, mixed)

    assert [one for one, account in zip(met, mixed, strict=True) if account == 1] == _met(3, [1] * 200)
    assert [one for one, account in zip(met, mixed, strict=True) if account == 2] == _met(3, [2] * 200)


@pytest.mark.parametrize(("probability", "met"), [(0.0, 0), (1.0, 50)])
def test_never_and_always_are_chances_too(probability: float, met: int) -> None:
    """Neither is left to chance."""
    rules = Rules()
    rules.add(Preference("fail"), probability=probability)

    assert sum(rules.preference(RequestTraits("encore")) is not None for _ in range(50)) == met


def test_scenarios_responses_and_callbacks_each_have_their_first_rule() -> None:
    """One request may meet all three."""
    rules = Rules()
    for expected in (Preference("fail"), read_fault("delay"), read_fault("reset"), read_fault("callback-lost")):
        rules.add(expected)
    requested = RequestTraits("encore")

    assert rules.preference(requested) == Preference("fail")
    assert rules.fault("reply", requested, lambda _: True) == Fault.of("delay")
    assert rules.fault("callback", requested, lambda _: True) == Fault.of("callback-lost")


def test_a_rule_without_a_provider_is_for_all_that_support_it() -> None:
    """A provider that does not support it is skipped; a rule that names it is an error."""
    rules = Rules()
    rule = rules.add(read_fault("callback-lost"), nth=1)

    assert rules.fault("callback", RequestTraits("mute"), lambda _: False) is None
    assert rule.seen == 0
    assert rules.fault("callback", RequestTraits("encore"), lambda _: True) is not None
    rules.add(read_fault("callback-lost"), provider="mute")
    assert rules.fault("callback", RequestTraits("mute"), lambda _: False) is not None


def test_a_rule_shows_its_preference_and_conditions() -> None:
    """In the form of the control API."""
    rule = Rule(3, None, fault=read_fault("delay; seconds=2"), operation="get_job", probability=0.5)

    assert rule.row() == {
        "id": 3,
        "scenario": None,
        "code": None,
        "fault": {"name": "delay", "seconds": 2.0, "spread": "fixed", "deviation": 0.0, "before": "headers"},
        "result": None,
        "provider": None,
        "model": None,
        "operation": "get_job",
        "prompt": None,
        "nth": None,
        "probability": 0.5,
        "seen": 0,
    }

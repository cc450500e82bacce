"""What a job costs: exact, at least, or unknown, in its own currency, and never guessed."""

from decimal import Decimal
from typing import Any

import pytest
from support.caller import FOURTH

from mockreel.contract import load_contract
from mockreel.contract.pricing import Cost, cost, total

MODELS = load_contract("encore", root=FOURTH).models
SOLO, FINALE = MODELS["encore/solo"], MODELS["encore/grand/finale"]


@pytest.mark.parametrize(
    ("fields", "amount", "certainty"),
    [
        ({}, "0.20", "exact"),
        ({"size": "720p", "sound": True}, "0.28", "at least"),
        ({"size": "720p", "sound": False}, "0.20", "exact"),
        ({"sound": True}, "0.28", "at least"),
        ({"size": "1080p"}, "0.40", "exact"),
        ({"size": "1080p", "sound": True}, "0.40", "exact"),
        ({"size": "4k"}, "0.20", "exact"),
    ],
)
def test_the_first_rule_that_fits_says_the_price(fields: dict[str, Any], amount: str, certainty: str) -> None:
    """Missing fields have the model's defaults; without a matching rule, the model's own amount applies."""
    assert cost(SOLO, fields, seconds=4) == Cost(Decimal(amount), "EUR", certainty)  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [4, 4.0, 6, 8.5])
def test_a_price_per_second_counts_the_clips_seconds(seconds: float) -> None:
    """In decimals, so that nothing is lost."""
    assert cost(SOLO, {}, seconds=seconds).amount == Decimal("0.05") * Decimal(str(seconds))


def test_without_the_length_a_price_per_second_is_unknown() -> None:
    """It is not guessed."""
    assert cost(SOLO, {}) == Cost(None, "EUR", "unknown")


def test_an_unknown_price_stays_unknown() -> None:
    """Whatever else is known."""
    assert cost(FINALE, {"scenes": ["a"]}, seconds=8) == Cost(None, "EUR", "unknown")


def test_sums_are_added_per_currency_and_an_unknown_price_adds_nothing() -> None:
    """And are never converted."""
    sums: dict[str, Decimal] = {}
    for one in (Cost(Decimal("0.1"), "EUR", "exact"), Cost(Decimal("0.2"), "EUR", "at least")):
        sums = total(sums, one)
    before = dict(sums)
    sums = total(sums, Cost(Decimal("1"), "USD", "exact"))
    sums = total(sums, Cost(None, "USD", "unknown"))

    assert before == {"EUR": Decimal("0.3")}
    assert sums == {"EUR": Decimal("0.3"), "USD": Decimal("1")}

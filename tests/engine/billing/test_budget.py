"""`--budget`: amounts for all providers or for one, in the currency or in a unit of it."""

from decimal import Decimal
from typing import Any

import pytest
from engine.billing.spender import Spender
from support.caller import MakeSimulator

from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.billing import read_budget
from mockreel.errors import OptionError
from mockreel.simulator.simulator import load_contracts

CONTRACTS = load_contracts()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, {}),
        ((), {}),
        ("5", {"runflow": 5, "aimlapi": 5, "runninghub": 5}),
        (0, {"runflow": 0, "aimlapi": 0, "runninghub": 0}),
        (1e-7, {"runflow": Decimal("1e-7"), "aimlapi": Decimal("1e-7"), "runninghub": Decimal("1e-7")}),
        ("runflow=.5", {"runflow": Decimal("0.5")}),
        (["5", "runflow=0.5 USD"], {"runflow": Decimal("0.5"), "aimlapi": 5, "runninghub": 5}),
        (["runflow=0.5", "5"], {"runflow": Decimal("0.5"), "aimlapi": 5, "runninghub": 5}),
        ("aimlapi=120000 credits", {"aimlapi": Decimal("0.06")}),
        ({"runninghub": 2, "runflow": "1USD"}, {"runninghub": 2, "runflow": 1}),
    ],
)
def test_an_amount_is_for_all_or_for_one(given: Any, expected: Any) -> None:
    """The one for a provider overrides the one for all, in any order."""
    assert read_budget(given, CONTRACTS) == expected


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("much", r"budget: 'much' is not valid\. Valid: a decimal from 0 up, as 0\.50, in USD\."),
        ("-1", "budget: '-1'"),
        ("", "budget: ''"),
        (True, "budget: 'True'"),
        (float("nan"), "budget: 'NaN'"),
        ("runflow=", "budget: ''"),
        ("runlow=5", r"provider of the budget: 'runlow' is not valid\. Valid: runflow, aimlapi, runninghub"),
        ("runflow=5 CNY", r"unit of the budget: 'CNY' is not valid\. Valid: USD\. So Runflow counts"),
        ("aimlapi=5 coins", "unit of the budget: 'coins' is not valid. Valid: USD, credits"),
        ("5 USD", "unit of the budget: 'USD' is not valid. Valid: CNY. So RunningHub counts"),
    ],
)
def test_an_invalid_amount_is_rejected_with_a_valid_one(given: Any, text: str) -> None:
    """With the currencies and the providers that there are."""
    with pytest.raises(OptionError, match=text):
        read_budget(given, CONTRACTS)


def test_the_balance_of_a_listed_key_comes_before_the_budget(make_simulator: MakeSimulator) -> None:
    """The budget is for the others, and each account has it for itself."""
    keys = [
        KeyEntry("rich-key-1", "rich", balance=Decimal(7)),
        KeyEntry("plain-key-1", "a"),
        KeyEntry("plain-key-2", "b"),
    ]
    provider = make_simulator(names=["runflow"], keys=keys, budget={"runflow": "0.12"}).provider("runflow")
    rich, first, second = (Spender(provider, entry.key) for entry in keys)

    assert (rich.balance(), first.balance(), second.balance()) == (Decimal(7), Decimal("0.12"), Decimal("0.12"))
    assert not first.refused()
    assert not second.refused()

"""What accounts have, and setting it."""

from decimal import Decimal
from typing import Any

import pytest
from server.admin.control_rig import GOOD, Admin, OpenAdmin

from mockreel.engine.accounts.account import KeyEntry


def test_balances_are_listed_by_account(open_admin: OpenAdmin) -> None:
    """In the order of first use."""
    admin = open_admin(keys=[KeyEntry("en_user_one_of_many", "acme", balance=Decimal("5.50"))], accept_any_key=True)
    admin.submit()
    admin.ask("GET", "/v1/jobs", headers={"authorization": "Bearer another"})

    answer = admin.get("balances")
    rows = answer["balances"]

    found = [(row["account"], row["number"], row["limited"], row["jobs"]) for row in rows]
    assert found == [("acme", 1, True, 1), ("account-2", 2, False, 0)]
    assert rows[0]["currency"] == admin.simulator.provider("encore").contract.pricing["currency"]
    assert answer["cost_avoided"] == {
        "sums": {"EUR": "0.2"},
        "least": False,
        "unknown": 0,
        "free": 0,
        "open": 1,
        "assumed": {},
    }


def test_a_balance_is_set(admin: Admin) -> None:
    """From then on the provider refuses what it does not cover; null takes the limit away."""
    admin.submit()

    row = admin.post("balances", {"provider": "encore", "account": "account-1", "balance": "0"})

    assert (row["balance"], row["limited"]) == ("0", True)
    assert admin.ask("POST", "/v1/jobs", GOOD).status_code == 402
    assert admin.post("balances", {"provider": "encore", "account": "account-1", "balance": None})["limited"] is False
    admin.submit()


@pytest.mark.parametrize("balance", ["x", True, [], "NaN", "Infinity", {}, ""])
def test_what_is_no_amount_is_refused(balance: Any, admin: Admin) -> None:
    """With what would be."""
    admin.submit()

    answer = admin.post("balances", {"provider": "encore", "account": "account-1", "balance": balance}, 400)

    assert "an amount" in answer["detail"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"provider": "encor", "account": "account-1", "balance": 1}, 400, "encore"),
        ({"account": "account-1", "balance": 1}, 400, "encore"),
        ({"provider": "encore", "account": "account-9", "balance": 1}, 404, "account-1"),
        ({"provider": "encore", "account": "account-1"}, 400, "an amount"),
        ({"provider": "encore", "account": "account-1", "amount": 1}, 400, "balance"),
    ],
)
def test_the_account_of_a_balance_must_be_named(body: Any, status: int, says: str, admin: Admin) -> None:
    """A provider and an account that there are."""
    admin.submit()

    assert says in admin.post("balances", body, status)["detail"]


def test_an_account_is_there_once_its_key_was_used(admin: Admin) -> None:
    """Before, there is nothing to set."""
    answer = admin.post("balances", {"provider": "encore", "account": "account-1", "balance": 1}, 404)

    assert "once its key was used" in answer["detail"]

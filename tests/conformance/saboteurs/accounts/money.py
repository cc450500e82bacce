"""Saboteurs whose balances follow other rules than the contract's."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.saboteurs.saboteur import Saboteur

from mockreel.contract import Contract


def _rules(**changes: Any) -> Callable[[Contract], Contract]:
    """A contract with other rules about money."""

    def change(contract: Contract) -> Contract:
        return replace(contract, money=replace(contract.money, **changes))

    return change


GALLERY = (
    Saboteur(
        "aimlapi-hides-holds",
        "A held price is gone from the balance at once.",
        "aimlapi",
        contract=_rules(shows_held=False),
    ),
    Saboteur(
        "runninghub-shows-holds",
        "A held price stays in the balance until it is charged.",
        "runninghub",
        contract=_rules(shows_held=True),
    ),
    Saboteur(
        "runflow-charges-at-once",
        "A run is charged when it is created.",
        "runflow",
        contract=_rules(held=True, shows_held=False),
    ),
)

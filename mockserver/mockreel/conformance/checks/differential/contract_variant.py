"""A contract in which everything is otherwise that nobody has stated: so no model says it as the other one does."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from mockreel.contract import Contract, ErrorRow, Failure, Model
from mockreel.contract.evidence.facts import FIRM

Row = TypeVar("Row", ErrorRow, Failure)
# By what a price differs that is an estimate, and what is said behind a text that nobody has documented.
TIMES, BEHIND = Decimal("1.37"), " (in other words)"


def unstated(contract: Contract) -> Contract:
    """The same contract with other prices where none is exact, and other texts where the text is inferred."""
    return replace(
        contract,
        errors={name: _without_text(row) for name, row in contract.errors.items()},
        failures={name: _without_text(row) for name, row in contract.failures.items()},
        models={name: _without_price(model) for name, model in contract.models.items()},
    )


def _without_text(row: Row) -> Row:
    if row.evidence.kind in FIRM:
        return row
    return replace(row, message=f"{row.message}{BEHIND}", fields=_fields(row.fields))


def _fields(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a row with other texts in every dialect."""
    changed = {
        name: {**value, "message": f"{value['message']}{BEHIND}"}
        for name, value in fields.items()
        if isinstance(value, Mapping) and isinstance(value.get("message"), str)
    }
    return {**fields, **changed}


def _without_price(model: Model) -> Model:
    price = model.price
    amount = price.amount if price.amount is None or price.certainty == "exact" else price.amount * TIMES
    rules = tuple(
        rule if rule.certainty == "exact" else replace(rule, amount=rule.amount * TIMES) for rule in price.rules
    )
    return replace(model, price=replace(price, amount=amount, rules=rules))

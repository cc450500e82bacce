"""The cost of a job and its certainty. Money is decimal, per currency, and never guessed."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from mockreel.contract.data.parser import value_text
from mockreel.contract.rows import Certainty, Model, Price, PriceRule

# Larger amounts are mistakes, and writing them out would fill the memory.
_MOST_DIGITS, _MOST_PLACES = 15, 18


@dataclass(frozen=True, slots=True)
class Cost:
    """A sum in one currency; `amount` is None if the price is unknown."""

    amount: Decimal | None
    currency: str
    certainty: Certainty


def cost(model: Model, fields: Mapping[str, Any], *, seconds: float | None = None, default: float = 1.0) -> Cost:
    """The cost of one job of a model.

    Args:
        model: the model with its price.
        fields: the job's input; missing fields have the model's defaults.
        seconds: the length of the clip, for prices per second.
        default: the number of charged units if the unit is not the second.
    """
    price = model.price
    if price.certainty == "unknown":
        return Cost(None, price.currency, "unknown")
    rule = _rule(price, {**model.defaults, **fields})
    amount, certainty = (rule.amount, rule.certainty) if rule else (price.amount, price.certainty)
    if amount is None:
        return Cost(None, price.currency, "unknown")
    if price.unit != "second":
        return Cost(amount * Decimal(str(default)), price.currency, certainty)
    if seconds is None:
        return Cost(None, price.currency, "unknown")
    return Cost(amount * Decimal(str(seconds)), price.currency, certainty)


def _rule(price: Price, fields: Mapping[str, Any]) -> PriceRule | None:
    """The first rule whose conditions are all met."""
    texts = {name: value_text(value) for name, value in fields.items()}
    for rule in price.rules:
        if all(texts.get(name) == value for name, value in rule.when.items()):
            return rule
    return None


def total(costs: Mapping[str, Decimal], cost: Cost) -> dict[str, Decimal]:
    """Sums per currency with one cost added; an unknown amount adds nothing."""
    if cost.amount is None:
        return dict(costs)
    return {**costs, cost.currency: costs.get(cost.currency, Decimal(0)) + cost.amount}


def read_amount(value: object) -> Decimal | None:
    """The amount of a number or a text; None if it is invalid or unrealistic."""
    if isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    if not amount.is_finite() or (amount and not -_MOST_PLACES <= amount.adjusted() < _MOST_DIGITS):
        return None
    exponent = amount.as_tuple().exponent
    return amount if isinstance(exponent, int) and -2 * _MOST_PLACES <= exponent <= _MOST_DIGITS else None

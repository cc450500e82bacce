"""Amounts of money as somebody gives them: decimals that can be added up and written out."""

from decimal import Decimal, InvalidOperation

# Beyond these an amount is a slip, and to write it out would fill the memory.
_MOST_DIGITS, _MOST_PLACES = 15, 18


def read_amount(value: object) -> Decimal | None:
    """The amount that a number or a text means; None where it is none, or none that anybody has."""
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

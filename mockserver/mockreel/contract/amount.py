"""Read amounts of money as decimals."""

from decimal import Decimal, InvalidOperation

# Larger amounts are mistakes, and writing them out would fill the memory.
_MOST_DIGITS, _MOST_PLACES = 15, 18


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

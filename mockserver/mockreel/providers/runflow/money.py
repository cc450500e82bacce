"""How Runflow writes money."""

from decimal import Decimal

from mockreel.engine.billing import plain


def amount(value: Decimal | None) -> str | None:
    """An amount as it is written: decimal, without an exponent or zeros at its end; null where it is not known."""
    return None if value is None else plain(value)

"""An amount of money is a realistic decimal."""

from decimal import Decimal

import pytest

from mockreel.contract.pricing import read_amount


@pytest.mark.parametrize("value", ["0", "0.50", 5, 0.1, "-3", "1e3", 10**14, "0.000000000000000001"])
def test_it_is_read_exactly(value: object) -> None:
    """A number as it is written."""
    assert read_amount(value) == Decimal(str(value))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "NaN",
        "Infinity",
        "1e999999999",
        "1e-999999999",
        "9" * 400,
        "0e999999999",
        True,
        None,
        [],
        1e300,
        "0." + "1" * 99,
    ],
)
def test_an_unrealistic_amount_is_none(value: object) -> None:
    """It would fill the memory to write it out."""
    assert read_amount(value) is None

"""The price of an added model: an amount for a unit, and the length of a result in seconds."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract.data.data_files import Document
from mockreel.contract.pricing import read_amount
from mockreel.contract.rows import Evidence, Model, Price
from mockreel.errors import OptionError

UNITS = ("request", "second", "image")
# The evidence of facts that the user states and no source has.
OWN = Evidence("inferred", ())


def unknown_price(pricing: Mapping[str, Any]) -> Price:
    """The price of a model for which none is stated."""
    return Price("unknown", str(pricing.get("currency", "")), "request", None, (), OWN)


def read_price(id_: str, text: str, pricing: Mapping[str, Any]) -> Price:
    """`0.05/second`, in the provider's currency.

    Raises:
        OptionError: it is no amount, or for no unit.
    """
    amount, _, unit = text.partition("/")
    found = read_amount(amount.strip())
    if unit not in UNITS or found is None or found < 0:
        raise OptionError(f"price of {id_}", text, [f"0.05/{name}" for name in UNITS])
    return Price("exact", str(pricing.get("currency", "")), unit, found, (), OWN)


def read_seconds(id_: str, value: Any) -> float:
    """How many seconds a result has where the input does not say it.

    Raises:
        OptionError: it is no such number.
    """
    found = read_amount(str(value).strip())
    if found is None or found <= 0:
        raise OptionError(f"seconds of {id_}", value, ["a number above 0"])
    return float(found)


def check_length(model: Model, schema: Document, media: Mapping[str, Any]) -> None:
    """See that the seconds of a result are known wherever they are paid for: nothing is assumed.

    Args:
        media: the names of the provider's fields, by what they mean.

    Raises:
        OptionError: the price is per second, and neither the input nor a default says how many there are.
    """
    names = [name for what in ("duration", "frames") for name in media.get(what, ())]
    named_fields = {*model.defaults, *schema.get("required", ())}
    if model.price.unit != "second" or model.price.certainty == "unknown" or named_fields & set(names):
        return
    then = (
        "Its price is per second, and nothing says how many a result has: add seconds=5; "
        f"or give the schema a {' or '.join(names)} that is required or has a default; or state a price per request."
    )
    raise OptionError(f"seconds of {model.id}", None, then=then)

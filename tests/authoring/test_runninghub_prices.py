"""The price list: units, conditions, and what it does not say."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import PageError, PagePrice, Rule
from mockreel.authoring.runninghub.price_list import read_prices

SCHEMA: dict[str, Any] = {
    "properties": {
        "size": {"type": "string", "enum": ["720P", "1080P"]},
        "sound": {"type": "boolean"},
        "count": {"type": "integer"},
    }
}


def price(**entry: Any) -> PagePrice:
    """The price of one entry."""
    whole = {"endpoint": "lens", "currency": "CNY", "unit": "/次", "pricing_type": "fixed", **entry}
    document = json.loads(json.dumps({"pricing": [whole]}), parse_float=Decimal)
    return read_prices(document, "prices.json", "prices", Docs(Path()))["lens"](SCHEMA)


def rules(*rows: tuple[dict[str, str], float]) -> dict[str, Any]:
    """An entry with rules."""
    return {"pricing_type": "parameter_based", "rules": [{"when": when, "price": amount} for when, amount in rows]}


@pytest.mark.parametrize(
    ("unit", "meant", "amount", "certainty"),
    [
        ("/次", "request", "0.35", "exact"),
        ("/秒", "second", "0.35", "exact"),
        ("/second", "second", "0.35", "exact"),
        ("/张", "image", "0.35", "exact"),
        ("/秒起", "second", "0.35", "at least"),
        ("/5秒", "second", "0.07", "at least"),
        ("/1000字符", "character", "0.00035", "at least"),
    ],
)
def test_units_are_distinguished(unit: str, meant: str, amount: str, certainty: str) -> None:
    """A price for a group of units is a share of it for one, and how a part is rounded is not known."""
    found = price(unit=unit, price=0.35)

    assert (found.unit, found.amount, found.certainty) == (meant, Decimal(amount), certainty)


def test_conditions_have_the_type_and_case_of_the_options() -> None:
    """The list writes every value as text, and sometimes in another case."""
    found = price(
        **rules(
            ({"size": "720p", "sound": "true"}, 1.5),
            ({"size": "720p", "sound": "false"}, 1.0),
            ({"size": "1080p", "sound": "true"}, 3),
            ({"size": "1080p", "sound": "false"}, 2),
        )
    )

    assert found.rules[0] == Rule({"size": "720P", "sound": True}, Decimal("1.5"), "exact")
    assert (found.certainty, found.amount, found.note) == ("exact", None, "")


def test_what_the_rules_leave_out_or_add_is_noted() -> None:
    """A choice without a rule, and a rule for a choice that the model does not offer."""
    found = price(**rules(({"size": "720p"}, 1), ({"size": "4k"}, 2)))

    assert found.note == "the model does not offer size=4k; no rule for 1 of the choices of size"


def test_numbers_are_not_listed_as_choices() -> None:
    """An integer has no list of values, so no missing choices are reported."""
    found = price(**rules(({"count": "2"}, 1)))

    assert found.rules[0].when == {"count": 2}
    assert found.note == ""


def test_a_price_that_the_list_cannot_say_is_unknown() -> None:
    """Such an entry has another unit, which is ignored."""
    assert price(pricing_type="unparsed", unit="/参考").certainty == "unknown"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"unit": "/hour", "price": 1}, "prices.json /pricing/0 /unit: '/hour' is not known"),
        ({"price": "1"}, "/price: '1' is not an amount"),
        ({"price": True}, "/price: True is not an amount"),
        ({"pricing_type": "auction"}, "/pricing_type: 'auction' is not known"),
        ({"pricing_type": "parameter_based"}, "/rules: no rules"),
        ({"pricing_type": "parameter_based", "rules": [{"when": {"size": 1}, "price": 1}]}, "is not a rule"),
        ({"currency": None}, "/currency: None is not a text"),
    ],
)
def test_an_entry_that_is_not_understood_names_the_place(entry: dict[str, Any], message: str) -> None:
    """One thing broken in an entry that fits."""
    with pytest.raises(PageError, match=message):
        price(**entry)


def test_a_document_that_is_no_list_is_rejected() -> None:
    """The list must be under `pricing`."""
    with pytest.raises(PageError, match="no list under 'pricing'"):
        read_prices([], "prices.json", "prices", Docs(Path()))

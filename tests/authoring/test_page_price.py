"""What a base price and its note make certain."""

from decimal import Decimal
from typing import Any

import pytest

from mockreel.authoring.documented_model import PagePrice, Rule
from mockreel.authoring.runflow.page_price import priced

PLAIN: dict[str, Any] = {"properties": {"prompt": {"type": "string"}}}
SIZED: dict[str, Any] = {
    "properties": {
        "resolution": {"type": "string", "enum": ["720p", "1080p"]},
        "generate_audio": {"type": "boolean"},
        "length": {"type": "string", "enum": ["4s", "8s"]},
        "tolerance": {"type": "string", "enum": ["1", "2"]},
    }
}


def price(note: str, schema: dict[str, Any], unit: str = "second") -> PagePrice:
    """A price of 0.03 with that note."""
    return priced(Decimal("0.03"), unit, note, schema, currency="USD", source="page")


def test_a_price_is_exact_where_nothing_changes_it() -> None:
    """No size, sound or length to choose: what the page says is what a job costs."""
    assert price("", PLAIN, "requests") == PagePrice("exact", "USD", "request", ("page",), amount=Decimal("0.03"))


def test_a_note_that_pins_every_choice_makes_that_choice_exact() -> None:
    """Everywhere else the price is the least that a job costs."""
    found = price("720p without audio (base)", SIZED)

    assert found.certainty == "at least"
    assert found.rules == (Rule({"resolution": "720p", "generate_audio": False}, Decimal("0.03"), "exact"),)


@pytest.mark.parametrize("note", ["", "Without audio", "1080p", "by use"])
def test_a_note_that_leaves_a_choice_open_makes_nothing_exact(note: str) -> None:
    """Money is never guessed: the size may change the price, and the page does not say."""
    found = price(note, SIZED)

    assert (found.certainty, found.rules) == ("at least", ())
    assert "not said what" in found.note


def test_length_is_a_choice_where_the_price_is_by_the_piece() -> None:
    """By the second it is counted; by the request it may change the price."""
    found = price("720p with audio", SIZED, "request")

    assert (found.certainty, found.rules) == ("at least", ())
    assert "length" in found.note

"""Reading data files with a cursor that knows its place."""

from collections.abc import Callable
from typing import Any

import pytest

from mockreel.contract.data.parser import Cursor, evidence, value_text
from mockreel.contract.rows import Evidence
from mockreel.errors import DataError

ROW = Cursor("a.yaml", {"text": "x", "texts": ["x", "y"], "number": 1, "half": 0.5, "none": None, "flag": True})


def test_a_value_is_reached_by_its_keys() -> None:
    """And the cursor knows the path."""
    found = Cursor("a.yaml", {"a": {"b": [1]}}).at("a").at("b")

    assert (found.value, found.where) == ([1], "a.yaml /a /b")


def test_a_value_has_the_type_of_its_default() -> None:
    """An integer is a valid number; a missing value has the default."""
    assert ROW.get("number", 5) == 1
    assert ROW.get("gone", 5) == 5
    assert ROW.get("none", "default") == "default"
    assert (ROW.get("number", 2.0), type(ROW.get("number", 2.0))) == (1.0, float)
    assert ROW.get("flag", False) is True


def test_one_text_is_a_list_of_one() -> None:
    """Where a list of texts is required."""
    assert ROW.at("text").texts() == ("x",)
    assert ROW.at("texts").texts() == ("x", "y")


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: ROW.at("gone"), r"^a\.yaml: 'gone' is missing\. Expected a value under 'gone'\.$"),
        (lambda: ROW.at("none"), "'none' is missing"),
        (lambda: ROW.get("text", 5), r"^a\.yaml /text: 'x' has the wrong type\. Expected int\.$"),
        (lambda: ROW.get("half", 5), "0.5 has the wrong type"),
        (lambda: ROW.at("number").text(), r"1 is not a text\. Expected a text \(in quotes, perhaps\)"),
        (lambda: ROW.at("number").texts(), "1 is not a list of texts"),
        (lambda: Cursor("a", [1]).texts(), "not a list of texts"),
        (lambda: ROW.at("text").at("b"), "'x' is not a mapping"),
        (lambda: ROW.at("text").choice(("a", "b")), "'x' is not known. Expected one of a, b"),
    ],
)
def test_what_does_not_fit_is_an_error_that_says_what_would(ask: Callable[[], Any], says: str) -> None:
    """With the place and the value."""
    with pytest.raises(DataError, match=says):
        ask()


def test_rows_keep_the_order_of_their_file() -> None:
    """Each is built with its key and its place."""
    built = Cursor("a.yaml", {"z": 1, "a": 2}).each(lambda key, row: (key, row.where, row.value))

    assert list(built.values()) == [("z", "a.yaml /z", 1), ("a", "a.yaml /a", 2)]


def test_evidence_is_a_kind_and_its_sources() -> None:
    """Both must be there."""
    assert evidence(Cursor("a", {"evidence": "client", "source": "js"})) == Evidence("client", ("js",))


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), (8, "8"), ("8", "8"), (0.5, "0.5")])
def test_a_value_is_compared_as_price_rules_write_it(value: Any, text: str) -> None:
    """Numbers and texts alike, booleans as JSON writes them."""
    assert value_text(value) == text

"""Ids, files, amounts and documents."""

from decimal import Decimal
from pathlib import Path

import pytest

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import PageError, number, plain, schema_file


@pytest.mark.parametrize(
    ("model", "file"),
    [("lens/wide", "models/lens/wide.json"), ("lens-1.5/edit-[Old]", "models/lens-1.5/edit-Old.json")],
)
def test_a_models_file_follows_its_id(model: str, file: str) -> None:
    """Signs that a URI would have to escape are left out."""
    assert schema_file(model, where="page") == file


@pytest.mark.parametrize("model", ["../secret", "a//b", "/a", "a/", "a b", "a/.git", "", "a\\b"])
def test_an_id_that_leads_elsewhere_is_rejected(model: str) -> None:
    """A page cannot name a file outside its folder."""
    with pytest.raises(PageError, match="is not a model id"):
        schema_file(model, where="page")


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0.030", "0.03"), ("1.0", "1"), ("10", "10"), ("100", "100"), ("0.0", "0"), ("0.00031", "0.00031")],
)
def test_amounts_are_plain_decimal_texts(amount: str, text: str) -> None:
    """No exponent, no trailing zeros, never a float."""
    assert plain(Decimal(amount)) == text


def test_numbers_are_integers_where_they_are_whole() -> None:
    """So that 1 and 1.0 are written alike; a boolean is no number."""
    assert [repr(number(value)) for value in (Decimal("1.0"), 2.0, Decimal("0.1"), True, "3")] == [
        "1",
        "2",
        "0.1",
        "True",
        "'3'",
    ]


@pytest.mark.parametrize("name", ["missing.txt", "../outside.txt"])
def test_a_document_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    """Neither a missing document nor one outside the folder is read."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "outside.txt").write_text("x", encoding="utf-8")

    with pytest.raises(PageError, match=name):
        Docs(tmp_path / "docs").text(name)


def test_a_document_that_is_no_json_is_named(tmp_path: Path) -> None:
    """The error says where in the text."""
    (tmp_path / "a.json").write_text("{", encoding="utf-8")

    with pytest.raises(PageError, match=r"a\.json: not readable as JSON .*line 1"):
        Docs(tmp_path).json("a.json")

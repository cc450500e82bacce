"""From OpenAPI 3.0 schema objects to JSON Schema 2020-12."""

from typing import Any

import pytest

from mockreel.authoring.documented_model import Correction, PageError
from mockreel.authoring.documents.openapi3 import translate


def field(**schema: Any) -> tuple[dict[str, Any], tuple[Correction, ...]]:
    """One field of an object, translated."""
    whole, changes = translate({"type": "object", "properties": {"x": schema}}, "file")
    return whole["properties"]["x"], changes


@pytest.mark.parametrize(
    ("given", "expected", "change"),
    [
        (
            {"type": "integer", "enum": [4, 8], "default": "8"},
            {"type": "integer", "enum": [4, 8], "default": 8},
            Correction("/properties/x/default", "8", 8, "cast to the declared type"),
        ),
        (
            {"type": "integer", "enum": [4, 8], "default": "5"},
            {"type": "integer", "enum": [4, 8]},
            Correction("/properties/x/default", "5", None, "the field's own schema refuses it"),
        ),
        (
            {"type": "string", "enum": ["a"], "nullable": True},
            {"type": ["string", "null"], "enum": ["a", None]},
            Correction(
                "/properties/x/type", "string", ["string", "null"], "nullable, in the words of the newer dialect"
            ),
        ),
        (
            {"nullable": True},
            {"type": "null"},
            Correction("/properties/x/type", None, "null", "nullable, in the words of the newer dialect"),
        ),
        (
            {"type": "string", "required": True},
            {"type": "string"},
            Correction("/properties/x/required", True, None, "a list of names belongs there, in the object around it"),
        ),
        (
            {"type": "string", "format": "uri", "description": "An address, or Base64."},
            {"type": "string"},
            Correction("/properties/x/format", "uri", None, "the page also allows Base64, which is no URI"),
        ),
        (
            {"type": "string", "default": "many words of somebody"},
            {"type": "string"},
            Correction(
                "/properties/x/default", "a text of 22 characters", None, "a sample text is no fact of the schema"
            ),
        ),
    ],
)
def test_each_correction_is_made_and_recorded(given: Any, expected: Any, change: Correction) -> None:
    """What the file has is stored apart from what was changed."""
    found, changes = field(**given)

    assert found == expected
    assert type(found.get("default")) is type(expected.get("default"))
    assert changes == (change,)


def test_what_needs_no_correction_is_stored_without_prose_and_examples() -> None:
    """Limits, formats and names stay; descriptions and examples do not."""
    given = {
        "type": "string",
        "format": "uri",
        "maxLength": 9,
        "deprecated": True,
        "description": "An address.",
        "example": "https://example.com",
    }

    assert field(**given) == ({"type": "string", "format": "uri", "maxLength": 9, "deprecated": True}, ())


def test_branches_and_items_are_translated_with_the_words_around_them() -> None:
    """The description of a list also describes its items."""
    found, changes = field(
        description="Addresses or base64.",
        anyOf=[{"type": "array", "items": {"type": "string", "format": "uri"}}, {"nullable": True}],
    )

    assert found == {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]}
    assert [change.at for change in changes] == ["/properties/x/anyOf/0/items/format", "/properties/x/anyOf/1/type"]


@pytest.mark.parametrize(
    ("schema", "message"),
    [({"enumeration": []}, "file /properties/x: the keyword 'enumeration' is not known"), ("text", "is not a schema")],
)
def test_what_is_not_known_is_rejected(schema: Any, message: str) -> None:
    """An unknown keyword may mean anything."""
    with pytest.raises(PageError, match=message):
        translate({"type": "object", "properties": {"x": schema}}, "file")

"""The three forms of a page's input table."""

import pytest

from mockreel.authoring.documented_model import PageError
from mockreel.authoring.runflow.field_row import read_fields

GLUED = """\
Input schema

FieldTypeRequiredAllowed valuesDescription
image_urlimagerequiredAnyWhere it is.
stringstringoptionala, b
linksstring[]optionalAny
notestring | nulloptionalAny

FieldTypeDescription
outputsjsonOne entry for each file.
"""
TABLE = """\
## Input schema

| Field | Type | Required | Default | Allowed values | Description |
| :--- | --- | --- | --- | --- | --- |
| `image_url` | image | required | | Any | Where it is. |
| `string` | string | optional | `b` | `a`, `b` | |
| `links` | string[] | no | - | Any | |
| `note` | string \\| null | optional | | Any | |

| Other | Table |
"""
HEADINGS = """\
## Input Schema
### `image_url` (image, required) Where it is.
### `string` (string, optional)
- **Default**: `b`
- **Options**: `a`, `b`
### `links` (string[], optional)
### `note` (string | null, optional)
## Usage
- **Default**: `not a field's`
"""


@pytest.mark.parametrize(("text", "default"), [(GLUED, None), (TABLE, "b"), (HEADINGS, "b")])
def test_all_forms_give_the_same_fields(text: str, default: str | None) -> None:
    """Name, type, need and values are the same; only two forms can state a default."""
    rows = read_fields(text.splitlines(), "page")

    assert [(row.name, row.kind, row.required, row.allowed) for row in rows] == [
        ("image_url", "image", True, ()),
        ("string", "string", False, ("a", "b")),
        ("links", "string[]", False, ()),
        ("note", "string | null", False, ()),
    ]
    assert [row.default for row in rows] == [None, default, None, None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing here", "page: no input fields found"),
        (GLUED.replace("imagerequired", "pictureneeded"), "page line 4: 'image_urlpictureneeded.* is not a row"),
        (GLUED.replace("notestring", "stringstring"), "page line 7: duplicate field 'string'"),
        (TABLE.replace("| required |", "| perhaps |"), "page line 5: .*'perhaps'.* is not a row"),
    ],
)
def test_a_page_that_is_not_understood_names_page_and_place(text: str, message: str) -> None:
    """A row that does not fit is an error, never a row less."""
    with pytest.raises(PageError, match=message):
        read_fields(text.splitlines(), "page")

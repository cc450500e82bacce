"""Model pages in text, in one line of Markdown, and as Markdown tables."""

from decimal import Decimal
from pathlib import Path

import pytest

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import Correction, ModelPage, PageError, Rule
from mockreel.authoring.readers import read_models
from mockreel.authoring.runflow.model_pages import read_page, reading

PATHS = ["/acme/models/{model}/runs", "/acme/run/{model}"]
TABLE_PAGE = """\
# Lens Wide

**Endpoint**: `POST /acme/models/lens/wide/runs`

* **Base price**: $0.02/image

| Field | Type | Required | Allowed values | Default |
| --- | --- | --- | --- | --- |
| `prompt` | string | required | Any | |
| `steps` | integer | optional | 10, 20 | 10 |
| `ratio` | number \\| null | optional | 0.5, 1.0 | |
| `links` | image[] | optional | Any | |
| `more` | json | optional | Any | |
"""


def page(text: str) -> ModelPage:
    """The page, read."""
    return read_page(text, "page", "page", reading(PATHS))


def test_a_text_page_gives_the_model(docs: Path) -> None:
    """Id, endpoint, typed values, needs and price are read from the glued rows."""
    model = page((docs / "new.txt").read_text(encoding="utf-8"))

    assert (model.id, model.endpoints) == ("lens/wide", ("POST /acme/models/lens/wide/runs",))
    assert model.schema["required"] == ["prompt", "first_frame"]
    assert model.schema["properties"]["steps"] == {"type": "integer", "enum": [10, 20]}
    assert model.schema["properties"]["size"]["enum"] == ["720p", "1080p", "4k"]
    assert model.schema["properties"]["first_frame"]["x-mockreel"] == {"media": "image"}
    assert model.price.amount == Decimal("0.02")
    assert model.price.rules == (Rule({"size": "720p", "audio_on": False}, Decimal("0.02"), "exact"),)


def test_a_page_in_one_line_gives_the_model_with_defaults(docs: Path) -> None:
    """The older form states the id, the options and the defaults, which are cast to their type."""
    model = page((docs / "old.txt").read_text(encoding="utf-8"))

    assert (model.id, model.endpoints) == ("lens/wide", ("POST /acme/run/lens/wide",))
    assert model.schema["properties"]["steps"] == {"type": "integer", "enum": [10, 20, 30], "default": 20}
    assert model.schema["properties"]["grain"] == {"type": "number", "default": 0.5}


def test_a_page_with_tables_gives_the_model() -> None:
    """Lists, values that may be null and objects are typed; a price by the piece is stored as such."""
    fields = page(TABLE_PAGE).schema["properties"]

    assert fields["steps"] == {"type": "integer", "enum": [10, 20], "default": 10}
    assert fields["ratio"] == {"type": ["number", "null"], "enum": [0.5, 1, None]}
    assert (fields["links"]["type"], fields["links"]["items"]["format"]) == ("array", "uri")
    assert fields["more"] == {"type": "object"}
    assert page(TABLE_PAGE).price.unit == "image"


def test_no_prose_is_copied(docs: Path) -> None:
    """What the docs say about a field stays in the docs."""
    written = str(page((docs / "new.txt").read_text(encoding="utf-8")))

    assert "What is to be seen" not in written
    assert "How large" not in written


def test_two_pages_of_one_model_are_one_model(checkout: Path, docs: Path) -> None:
    """The newer page wins; defaults of the older alone are added, and the other price is noted."""
    (model,) = read_models(checkout / "schemas/acme/sources.yaml", Docs(docs)).values()

    assert model.source == ("page", "old")
    assert model.endpoints == ("POST /acme/models/lens/wide/runs", "POST /acme/run/lens/wide")
    assert model.schema["properties"]["size"]["default"] == "1080p"
    assert "grain" not in model.schema["properties"]
    assert Correction("/properties/size/default", None, "1080p", "only old states it") in model.corrections
    assert model.price.amount == Decimal("0.02")
    assert model.price.note.endswith("old says 0.05 USD a second")


def test_a_default_that_the_newer_page_rejects_is_not_added(checkout: Path, docs: Path) -> None:
    """An older default is added only if it is still valid."""
    older = docs / "old.txt"
    older.write_text(
        older.read_text(encoding="utf-8").replace("**Default**: `20`", "**Default**: `30`"), encoding="utf-8"
    )

    (model,) = read_models(checkout / "schemas/acme/sources.yaml", Docs(docs)).values()

    assert "default" not in model.schema["properties"]["steps"]


def test_a_default_outside_its_values_is_left_out_and_recorded() -> None:
    """A schema accepts its own defaults; what the page had is in the corrections."""
    model = page(TABLE_PAGE.replace("10, 20 | 10 |", "10, 20 | 30 |"))

    assert "default" not in model.schema["properties"]["steps"]
    assert Correction("/properties/steps/default", 30, None, "the field's own schema refuses it") in model.corrections


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("**Endpoint**: `POST /acme/models/lens/wide/runs`", "", "page: None is not an endpoint"),
        ("/acme/models/lens/wide/runs", "/other/lens", "page Endpoint: '/other/lens' does not name the model"),
        ("$0.02/image", "free", "page Base price: 'free' is not a price"),
        ("| string |", "| picture |", "page line 9: the type 'picture' is not known"),
        ("10, 20 | 10", "ten, 20 | 10", "page line 10: the allowed value 'ten' is not of type integer"),
    ],
)
def test_what_is_missing_or_unknown_is_named(old: str, new: str, message: str) -> None:
    """One thing broken in a valid page: the error names the page and the place."""
    with pytest.raises(PageError, match=message):
        page(TABLE_PAGE.replace(old, new))


def test_a_page_whose_id_and_endpoint_differ_is_rejected(docs: Path) -> None:
    """The id that the page states must be the one in its endpoint."""
    text = (docs / "old.txt").read_text(encoding="utf-8").replace("`lens/wide`", "`lens/other`")

    with pytest.raises(PageError, match="does not name the model lens/other"):
        page(text)

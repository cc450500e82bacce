"""The registry's parameters as schemas, with the price list and the pages beside it."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import Correction, ModelPage, PageError
from mockreel.authoring.runninghub.registry import read_runninghub
from mockreel.contract.data.parser import Cursor

REGISTRY: dict[str, Any] = {
    "models": [
        {
            "name_en": "lens/wide",
            "endpoint": "lens-v1/wide",
            "output_type": "video",
            "params": [
                {"fieldKey": "prompt", "type": "STRING", "required": True, "maxLength": 20, "defaultValue": "a boat"},
                {"fieldKey": "voice", "type": "STRING", "required": False, "defaultValue": "Calm_Man"},
                {
                    "fieldKey": "words",
                    "type": "STRING",
                    "required": False,
                    "multipleInputs": True,
                    "maxInputNum": 3,
                },
                {
                    "fieldKey": "size",
                    "type": "LIST",
                    "required": True,
                    "defaultValue": "720p",
                    "options": [{"value": "720p"}, {"value": "4k"}],
                },
                {"fieldKey": "sound", "type": "BOOLEAN", "required": False, "defaultValue": False},
                {
                    "fieldKey": "seed",
                    "type": "INT",
                    "required": False,
                    "min": -1,
                    "max": 9.0,
                    "step": 1,
                    "defaultValue": 4.0,
                },
                {"fieldKey": "grain", "type": "FLOAT", "required": False, "min": 0.1, "max": 1},
                {
                    "fieldKey": "imageUrl",
                    "type": "IMAGE",
                    "required": True,
                    "accept": '["JPG","PNG"]',
                    "maxSize": 20,
                    "defaultValue": "https://files.acme.test/a.png?token=1",
                },
                {
                    "fieldKey": "others",
                    "type": "VIDEO",
                    "required": True,
                    "multipleInputs": True,
                    "maxInputNum": 2,
                },
                {
                    "fieldKey": "audioUrls",
                    "type": "AUDIO",
                    "required": False,
                    "multipleInputs": False,
                    "maxInputNum": 1,
                },
            ],
        },
        {"name_en": "two words", "endpoint": "lens-v1/none-[Deprecated]", "output_type": "string", "params": []},
    ]
}
PRICES: dict[str, Any] = {
    "pricing": [
        {"endpoint": "lens-v1/wide", "currency": "CNY", "unit": "/次", "pricing_type": "fixed", "price": 0.5},
    ]
}
PAGE = """\
lens/narrow
  1. lens

lens/wide

POST
/api/lens-v1/wide
Pictures that move.

Example
{
    "prompt": "a paper boat",
    "size": "720p",
    "imageUrl": "https://example.com/a.png",
    "others": ["https://example.com/b.mp4"]
}

Examples
{
    "taskId": "1",
    "status": "RUNNING"
}
"""
ROW: dict[str, Any] = {
    "registry": {"file": "registry.json", "source": "registry"},
    "prices": {"file": "prices.json", "source": "prices"},
    "path": "/api/{model}",
    "currency": "CNY",
    "include": ["*"],
    "pages": [{"file": "page.txt", "source": "page"}],
    "media": {"lens-v1/wide": {"duration": 8, "why": "said elsewhere"}},
}

Read = Callable[..., list[ModelPage]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a registry, changed or not."""

    def reader(
        change: Callable[[dict[str, Any]], None] = lambda _: None, page: str = PAGE, **row: Any
    ) -> list[ModelPage]:
        registry = copy.deepcopy(REGISTRY)
        change(registry)
        (tmp_path / "registry.json").write_text(json.dumps(registry), encoding="utf-8")
        (tmp_path / "prices.json").write_text(json.dumps(PRICES), encoding="utf-8")
        (tmp_path / "page.txt").write_text(page, encoding="utf-8")
        return list(read_runninghub(Cursor("row", {**ROW, **row}), Docs(tmp_path)))

    return reader


def test_every_kind_of_parameter_has_its_schema(read: Read) -> None:
    """Types, limits, options, files and lists of files."""
    fields = read()[0].schema["properties"]

    assert fields["prompt"] == {"type": "string", "minLength": 1, "maxLength": 20}
    assert fields["voice"] == {"type": "string", "default": "Calm_Man"}
    assert fields["words"] == {"type": ["string", "array"], "items": {"type": "string"}, "maxItems": 3}
    assert fields["size"] == {"type": "string", "enum": ["720p", "4k"], "default": "720p"}
    assert fields["sound"] == {"type": "boolean", "default": False}
    assert json.dumps(fields["seed"]) == json.dumps(
        {"type": "integer", "minimum": -1, "maximum": 9, "x-mockreel": {"step": 1}, "default": 4}
    )
    assert fields["grain"] == {"type": "number", "minimum": 0.1, "maximum": 1}
    assert fields["imageUrl"]["x-mockreel"] == {"media": "image", "accept": ["JPG", "PNG"], "max_mb": 20}
    assert (fields["others"]["type"], fields["others"]["minItems"], fields["others"]["maxItems"]) == ("array", 1, 2)
    assert fields["audioUrls"]["type"] == ["string", "array"]
    assert read()[0].schema["required"] == ["prompt", "size", "imageUrl", "others"]


def test_samples_are_left_out_and_recorded_without_their_text(read: Read) -> None:
    """A sample text is prose and a sample address has a token: neither is written."""
    model = read()[0]

    assert "a boat" not in str(model)
    assert "token" not in str(model)
    assert Correction(
        "/properties/prompt/default", "a text of 6 characters", None, "a sample text is no fact of the schema"
    ) in (model.corrections)


def test_output_title_media_and_place_are_stored(read: Read) -> None:
    """A name with spaces is no title; a text model gives text; deprecation is stored."""
    wide, none = read()

    assert (wide.id, wide.output, wide.endpoints) == ("lens-v1/wide", "video", ("POST /api/lens-v1/wide",))
    assert (wide.schema["title"], wide.media) == ("lens/wide", {"duration": 8})
    assert (none.output, none.schema["deprecated"], none.schema["properties"]) == ("text", True, {})
    assert "title" not in none.schema
    assert none.file() == "models/lens-v1/none-Deprecated.json"


def test_include_chooses_and_a_model_without_a_row_has_no_known_price(read: Read) -> None:
    """The price list leaves some endpoints out."""
    (only,) = read(include=["*Deprecated*"])

    assert (only.price.certainty, only.price.currency, only.price.source) == ("unknown", "CNY", ("prices",))


def test_a_page_that_agrees_is_a_source_too(read: Read) -> None:
    """Its name, path and example fit the registry."""
    assert [model.source for model in read()] == [("registry", "page"), ("registry",)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("/api/lens-v1/wide", "/api/lens-v9/wide", "page.txt: '/api/lens-v9/wide' is not in the registry"),
        ("lens/wide\n\nPOST", "lens/tall\n\nPOST", "title is 'lens/tall', the registry's 'lens/wide'"),
        ('"720p"', '"1080p"', r"page.txt Example /size: the registry's schema rejects it"),
        ('"size"', '"scale"', "page.txt Example: the registry does not have scale"),
        ("\nPOST\n", "\nGET\n", "page.txt: no endpoint"),
        ("Examples\n", "Reply\n", "page.txt: no JSON below a line 'Examples'"),
        ('"RUNNING"\n}', '"RUNNING"', "page.txt Examples: not readable as JSON"),
    ],
)
def test_a_page_that_disagrees_is_rejected(read: Read, old: str, new: str, message: str) -> None:
    """One thing changed in a page that fits."""
    with pytest.raises(PageError, match=message):
        read(page=PAGE.replace(old, new))


def _set(place: int, **values: Any) -> Callable[[dict[str, Any]], None]:
    def change(registry: dict[str, Any]) -> None:
        registry["models"][0]["params"][place].update(values)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set(0, type="MESH"), r"/models/0 \(lens-v1/wide\) /params/0 /type: 'MESH' is not known"),
        (_set(0, required="yes"), "/params/0: not a parameter with a boolean"),
        (_set(3, options=[]), r"/params/3 /options: \[\] lists no values"),
        (_set(7, accept="JPG"), "/params/7 /accept: 'JPG' is not a list"),
        (_set(1, fieldKey="prompt"), "two params share a fieldKey"),
        (lambda r: r["models"][0].update(output_type="smell"), "the output type 'smell' is not known"),
        (lambda r: r["models"][0].pop("endpoint"), "registry.json /models/0: 'endpoint' is None"),
        (lambda r: r.pop("models"), "registry.json: no list of endpoints"),
    ],
)
def test_a_registry_that_is_not_understood_names_the_place(
    read: Read, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    """One thing broken in a registry that fits."""
    with pytest.raises(PageError, match=message):
        read(change)

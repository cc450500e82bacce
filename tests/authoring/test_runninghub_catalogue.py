"""RunningHub's newer list of endpoints beside the older: what each says, and what only the older one does."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import Correction, ModelPage, PageError
from mockreel.authoring.runninghub.registry import read_runninghub, read_runninghub_list
from mockreel.contract.data.parser import Cursor

OLDER = {
    "version": "public-2026-04-29",
    "models": [
        {
            "name_en": "lens/wide",
            "endpoint": "lens/wide",
            "output_type": "video",
            "params": [
                {"fieldKey": "size", "type": "LIST", "required": True, "options": [{"value": "720p"}]},
                {"fieldKey": "seed", "type": "INT", "required": False, "min": 0, "step": 2, "label": "The seed"},
                {"fieldKey": "imageUrl", "type": "IMAGE", "required": True, "accept": '["JPG"]', "defaultValue": "u"},
                {"fieldKey": "search", "type": "BOOLEAN", "required": True, "defaultValue": False},
            ],
        },
        {"name_en": "lens/gone", "endpoint": "lens/gone", "output_type": "image", "params": []},
    ],
}
NEWER = {
    "version": "2026-08-01",
    "endpoints": [
        {
            "name_en": "lens/wide",
            "endpoint": "lens/wide",
            "output_type": "video",
            "params": [
                {"key": "size", "type": "LIST", "required": False, "options": ["720p", "4k"], "default": "4k"},
                {"key": "seed", "type": "INT", "required": False, "max": 9},
                {"key": "imageUrl", "type": "IMAGE", "required": True, "maxSizeMB": 5},
                {"key": "slots", "type": "LIST", "required": False, "options": ["all", "first"], "default": "all"},
                {"key": "count", "type": "LIST", "required": False, "options": [1, 2], "default": 1},
            ],
        },
        {"name_en": "lens/new", "endpoint": "lens/new", "output_type": "audio", "params": []},
    ],
}
LISTS = {"fields": {"lens/older": {"slots": {"payload_as_list": True}, "size": {"payload_as_list": False}}}}
ROW = {
    "registry": {"file": "older.json", "source": "older"},
    "catalogue": {"file": "newer.json", "source": "newer"},
    "lists": {"file": "lists.json", "source": "lists"},
    "prices": {"file": "prices.json", "source": "prices"},
    "currency": "CNY",
    "path": "/v2/{model}",
    "include": ["*"],
}


def read(folder: Path, **changed: Any) -> dict[str, ModelPage]:
    files = {"older": OLDER, "newer": NEWER, "lists": LISTS, "prices": {"pricing": []}, **changed}
    for name, document in files.items():
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    return {model.id: model for model in read_runninghub(Cursor("row", ROW), Docs(folder))}


def test_both_lists_are_read_and_each_model_says_which_have_it(tmp_path: Path) -> None:
    """One that the newer list leaves out stays, with a note."""
    models = read(tmp_path)

    assert {id_: model.source for id_, model in models.items()} == {
        "lens/wide": ("newer", "older", "lists"),
        "lens/new": ("newer",),
        "lens/gone": ("older",),
    }
    assert [id_ for id_, model in models.items() if model.note] == ["lens/gone"]


def test_the_newer_list_wins_and_facts_of_the_older_alone_are_stored_with_their_reason(tmp_path: Path) -> None:
    """Options and needs are the newer one's; a bound, a step, a kind of file and a field are the older one's."""
    wide = read(tmp_path)["lens/wide"]
    fields = wide.schema["properties"]

    assert wide.schema["required"] == ["imageUrl"]
    assert fields["size"] == {"type": "string", "enum": ["720p", "4k"], "default": "4k"}
    assert fields["seed"] == {"type": "integer", "minimum": 0, "maximum": 9, "x-mockreel": {"step": 2}}
    assert fields["imageUrl"]["x-mockreel"] == {"media": "image", "accept": ["JPG"], "max_mb": 5}
    assert fields["search"] == {"type": "boolean", "default": False}
    why = "only older states it"
    assert [change for change in wide.corrections if change.why == why] == [
        Correction("/properties/*/accept", None, ["imageUrl"], why),
        Correction("/properties/*/min", None, ["seed"], why),
        Correction("/properties/*/step", None, ["seed"], why),
        Correction("/properties/search", None, "a field", why),
    ]


@pytest.mark.parametrize(
    ("value", "fits"),
    [("all", True), (["all"], True), (["all", "first"], True), ([], True), ("last", False), (["last"], False)],
)
def test_a_field_that_is_sent_as_a_list_accepts_a_list_of_its_options(
    tmp_path: Path, value: Any, *, fits: bool
) -> None:
    """At every endpoint with a field of that name; a single value is still accepted."""
    schema = read(tmp_path)["lens/wide"].schema

    assert jsonschema_rs.is_valid(dict(schema), {"imageUrl": "https://e.test/a.png", "slots": value}) is fits


def test_options_that_are_numbers_are_numbers(tmp_path: Path) -> None:
    """As the newer list has two of them."""
    assert read(tmp_path)["lens/wide"].schema["properties"]["count"] == {
        "type": "integer",
        "enum": [1, 2],
        "default": 1,
    }


@pytest.mark.parametrize(
    ("name", "document", "says"),
    [
        ("newer", {"models": 3}, "newer.json: no list of endpoints"),
        ("newer", {"endpoints": [{}]}, "newer.json /endpoints/0: 'endpoint' is None"),
        ("newer", {"endpoints": [{"endpoint": "a", "params": [{}]}]}, r"\(a\) /params/0: 'fieldKey' is None"),
        ("lists", {}, "lists.json: no object under 'fields'"),
    ],
)
def test_a_list_that_is_not_understood_names_the_place(tmp_path: Path, name: str, document: Any, says: str) -> None:
    """And nothing is read."""
    with pytest.raises(PageError, match=says):
        read(tmp_path, **{name: document})


def test_a_list_is_read_by_itself(tmp_path: Path) -> None:
    """So that two of them can be compared."""
    read(tmp_path)

    older, newer = (
        {model.id for model in read_runninghub_list(Cursor("row", ROW), tmp_path / f"{name}.json")}
        for name in ("older", "newer")
    )
    assert (older, newer) == ({"lens/wide", "lens/gone"}, {"lens/wide", "lens/new"})

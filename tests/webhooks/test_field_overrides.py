"""Fields that are set by hand."""

from typing import Any

import pytest

from mockreel.errors import OptionError
from mockreel.webhooks.field_overrides import with_field


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("event", "other", {"event": "other", "output": {"urls": ["a"]}, "note": None}),
        ("output.size", "7", {"event": "e", "output": {"urls": ["a"], "size": 7}, "note": None}),
        ("output.urls.0", "b", {"event": "e", "output": {"urls": ["b"]}, "note": None}),
        ("output.urls.1", '"17"', {"event": "e", "output": {"urls": ["a", "17"]}, "note": None}),
        ("/output/a~1b", "true", {"event": "e", "output": {"urls": ["a"], "a/b": True}, "note": None}),
        ("note.deep.er", '{"x": 1}', {"event": "e", "output": {"urls": ["a"]}, "note": {"deep": {"er": {"x": 1}}}}),
        ("output", "null", {"event": "e", "output": None, "note": None}),
    ],
)
def test_a_field_is_set_at_any_place(name: str, text: str, expected: Any) -> None:
    """Missing parents are created; a value is JSON where it can be."""
    assert with_field({"event": "e", "output": {"urls": ["a"]}, "note": None}, name, text) == expected


def test_a_field_inside_a_text_that_holds_json_is_set_there() -> None:
    """One provider's older API sends its data so."""
    assert with_field({"data": '{"code":0}'}, "data.code", "805") == {"data": '{"code":805}'}


@pytest.mark.parametrize("name", ["event.x", "output.urls.x", "output.urls.2"])
def test_a_missing_field_is_an_error(name: str) -> None:
    """With the value there."""
    with pytest.raises(OptionError, match=r"would be a field of .*, which has no such field"):
        with_field({"event": "e", "output": {"urls": ["a"]}}, name, "1")

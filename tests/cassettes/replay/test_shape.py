"""Shapes of JSON, and in what two of them differ."""

from typing import Any

import pytest

from mockreel.cassettes.replay.json_shape import Difference, differences, kind


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("a", "string"),
        (1, "number"),
        (1.5, "number"),
        (True, "boolean"),
        (None, "null"),
        ({}, "object"),
        ([], "array"),
    ],
)
def test_a_value_has_the_type_that_json_calls_it(value: Any, name: str) -> None:
    """True is no number."""
    assert kind(value) == name


@pytest.mark.parametrize(
    ("recorded", "played", "found"),
    [
        ({"a": 1}, {"a": 2.5}, []),
        ({"a": "x"}, {"a": ""}, []),
        ({"a": 1}, {}, [("/a", "missing")]),
        ({}, {"a": 1}, [("/a", "more")]),
        ({"a": 1}, {"a": "1"}, [("/a", "type")]),
        ({"a": None}, {"a": "1"}, [("/a", "null")]),
        ({"a": "1"}, {"a": None}, [("/a", "null")]),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, [("/a/b", "missing"), ("/a/c", "more")]),
        ([{"a": 1}], [{"a": "x"}, {"a": 1}], [("/*/a", "type")]),
        ([], [{"a": 1}], []),
        ({"a": []}, {"a": {}}, [("/a", "type")]),
        (None, {"a": 1}, [("", "null")]),
    ],
)
def test_shapes_differ_in_keys_and_types_and_not_in_values(
    recorded: Any, played: Any, found: list[tuple[str, str]]
) -> None:
    """The first item of a list stands for all."""
    assert [(one.at, one.what) for one in differences(recorded, played)] == found


@pytest.mark.parametrize(
    ("at", "pattern", "means"),
    [
        ("/a/b", "/a/b", True),
        ("/a/b", "/a/*", True),
        ("/a/b", "/*", False),
        ("/a", "/*", True),
        ("/a", "/b", False),
        ("/outputs/*/width", "/outputs/*/*", True),
        ("", "", True),
    ],
)
def test_a_star_stands_for_one_step(at: str, pattern: str, *, means: bool) -> None:
    """Never for several."""
    assert Difference(at, "more", "nothing", "string").is_at(pattern) is means

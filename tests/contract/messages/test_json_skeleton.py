"""Whatever a JSON text is, its skeleton has the same brackets and commas outside of texts."""

import json
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from mockreel.contract.messages.json_skeleton import LONG_TEXT, MOST_QUOTES, skeleton

long_texts = st.builds(
    lambda piece, times: piece * times, st.text('a"\\/,[{é\n', min_size=1, max_size=5), st.integers(0, LONG_TEXT)
)
values = st.recursive(
    st.none() | st.integers() | st.text(max_size=9) | long_texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9) | long_texts, inner, max_size=4),
    max_leaves=12,
)


def shape(value: Any) -> Any:
    """A value without what its texts say."""
    if isinstance(value, dict):
        return [[shape(key), shape(inner)] for key, inner in value.items()]
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return "" if isinstance(value, str) else value


def pairs(raw: bytes) -> Any:
    return shape(json.loads(raw, object_pairs_hook=lambda found: [[key, inner] for key, inner in found]))


@given(values, st.booleans())
def test_a_skeleton_has_the_shape_of_its_text(value: Any, is_ascii: bool) -> None:
    """Long texts are empty in it, all else is as it was."""
    raw = json.dumps(value, ensure_ascii=is_ascii).encode()
    assert pairs(skeleton(raw)) == pairs(raw)


def test_long_texts_are_left_out_and_nothing_else_is() -> None:
    """Wherever they stand, and however their quotes are escaped."""
    long = "a\\,[" * LONG_TEXT + '"'
    raw = orjson.dumps([long, {"b": long, long: "c"}, "short"])
    assert skeleton(raw) == b'["",{"b":"","":"c"},"short"]'


def test_a_short_text_is_its_own_skeleton() -> None:
    """Nothing is copied."""
    raw = b'{"a": "b"}'
    assert skeleton(raw) is raw


def test_behind_many_quotes_a_text_is_kept_whole() -> None:
    """The work is bounded by its quotes, not by what it claims to be."""
    raw = b'["",' * MOST_QUOTES + b'"' + b"," * 2 * LONG_TEXT + b'"'
    assert skeleton(raw) == raw

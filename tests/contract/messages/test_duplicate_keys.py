"""Repeated keys of an object are found at any place, and nothing else is."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.contract.messages.duplicate_keys import LONGEST, MOST, duplicates


@pytest.mark.parametrize(
    ("raw", "pointers"),
    [
        (b'{"a":1,"a":2}', ["/a"]),
        (b'{"a":1,"a":2,"a":3}', ["/a"]),
        (b'{"a" :1,"a" :2}', ["/a"]),
        (b'{"a" : 1, "a": 2}', ["/a"]),
        (b'{"a"\n:1,"a":2}', ["/a"]),
        (b'{"a":{"b":1,"b":2},"c":[{"d":1,"d":1}]}', ["/a/b", "/c/0/d"]),
        (b'[{"a":1,"a":1}]', ["/0/a"]),
        (b'{"a":1,"\\u0061":2}', ["/a"]),
        (b'{"a":"\\":","a":1}', ["/a"]),
        (b'{"a":{"x":1},"a":{"y":1}}', ["/a"]),
        (b'{"a":1,"b":1}', []),
        (b'{"a":{"a":1}}', []),
        (b'[{"a":1},{"a":1}]', []),
        (b'{"a":"\\":\\":"}', []),
        (b'{"a" : 1}', []),
        (b'"a"', []),
        (b"[]", []),
        (b"", []),
        (b"x", []),
    ],
)
def test_repeated_keys_are_found(raw: bytes, pointers: list[str]) -> None:
    """With their place."""
    try:
        parsed = orjson.loads(raw)
    except orjson.JSONDecodeError:
        parsed = None

    assert [one.pointer for one in duplicates(raw, parsed)] == pointers


def test_the_violation_has_the_count_and_the_value_that_counts() -> None:
    """In words, as every violation."""
    (found,) = duplicates(b'{"a":1,"a":2}', {"a": 2})

    assert found.row() == {
        "path": ["a"],
        "keyword": "duplicate",
        "message": "the key stands 2 times in one object; the last one counts",
    }


def test_reported_violations_are_limited() -> None:
    """By the body, and by the number of keys."""
    many = b"{" + b",".join(b'"%d":1,"%d":1' % (n, n) for n in range(100)) + b"}"
    long = b'{"a":1,"a":"' + b"x" * LONGEST + b'"}'

    assert len(duplicates(many, orjson.loads(many))) == MOST
    assert duplicates(long, orjson.loads(long)) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(JSON, st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : "), ("\n,", "\n:")]), st.booleans())
def test_what_has_none_is_left_alone(value: Any, separators: tuple[str, str], ascii_only: bool) -> None:
    """However it is written."""
    raw = json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        parsed = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return

    assert duplicates(raw, parsed) == ()

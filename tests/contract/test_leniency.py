"""What is enforced of a model's schema: looser or stricter than it is written."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.contract.leniency import in_any_case, loosen, rewriting

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "seconds": {"type": "integer", "minimum": 4, "maximum": 8, "default": 4, "title": "Length"},
        "scale": {"type": "number"},
        "steps": {"enum": ["4", "8"]},
        "level": {"enum": [1, 2.5, None]},
        "prompt": {"type": "string"},
        "size": {"type": "string", "enum": ["720P", "1080p"]},
        "any": True,
    },
}


def takes(schema: dict[str, Any], **fields: Any) -> bool:
    return jsonschema_rs.Draft202012Validator(schema).is_valid(fields)


@pytest.mark.parametrize(
    ("field", "strict", "lenient", "never"),
    [
        ("seconds", [4, 8], ["4", "8", "-3"], [3, 9, "4.5", "four", "", None, 4.5, True]),
        ("scale", [1, 1.5], ["1", "1.5"], ["1.", "x", None]),
        ("steps", ["4", "8"], [4, 8], [5, "5", 4.5]),
        ("level", [1, 2.5, None], ["1", "2.5"], ["2", "None", 3]),
        ("prompt", ["x", "4"], [], [4]),
    ],
)
def test_a_loosened_schema_accepts_numbers_as_text_and_the_reverse(
    field: str, strict: list[Any], lenient: list[Any], never: list[Any]
) -> None:
    """And no more; it accepts all that the strict one accepts."""
    loose = loosen(SCHEMA)

    assert all(takes(SCHEMA, **{field: value}) and takes(loose, **{field: value}) for value in strict)
    assert all(not takes(SCHEMA, **{field: value}) and takes(loose, **{field: value}) for value in lenient)
    assert not any(takes(loose, **{field: value}) for value in never)


@given(
    st.dictionaries(
        st.sampled_from(sorted(SCHEMA["properties"])),
        st.one_of(
            st.integers(0, 10), st.floats(0, 10, width=16), st.sampled_from(["4", "2.5", "x", "720P"]), st.none()
        ),
    )
)
def test_what_the_strict_schema_accepts_the_loose_one_accepts(fields: dict[str, Any]) -> None:
    """Loosening never rejects."""
    assert not takes(SCHEMA, **fields) or takes(loosen(SCHEMA), **fields)


def test_what_a_field_says_of_itself_stays_with_it() -> None:
    """The default and the title do not move into a branch; the schema that was given is not changed."""
    before = repr(SCHEMA)
    seconds = loosen(SCHEMA)["properties"]["seconds"]

    assert (seconds["default"], seconds["title"]) == (4, "Length")
    assert repr(SCHEMA) == before


def test_options_are_accepted_in_any_case_if_a_reading_says_so() -> None:
    """Only those of the named fields, and only where all are texts."""
    free = in_any_case(SCHEMA, ["size", "level", "gone"])

    assert all(takes(free, size=size) for size in ("720P", "720p", "1080P", "1080p"))
    assert not takes(free, size="4k")
    assert free["properties"]["level"] == SCHEMA["properties"]["level"]
    assert not takes(SCHEMA, size="720p")


def test_the_wire_facts_say_what_becomes_of_the_schemas() -> None:
    """Nothing where they are silent; each by itself, or together."""
    assert rewriting({}) is None
    every = rewriting({"any_case": ["size"], "closed_models": True, "lenient_numbers": True})
    closed = rewriting({"closed_models": True})
    assert every is not None
    assert closed is not None

    assert takes(every(SCHEMA), size="720p", seconds="8")
    assert not takes(every(SCHEMA), other=1)
    assert not takes(closed(SCHEMA), seconds="8")
    assert loosen({"type": "object"}) == {"type": "object"}

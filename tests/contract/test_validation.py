"""Violations: each with its path, its rule and its limit, all of them, and bounded."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.contract import Contract, load_contract, providers
from mockreel.contract.validation import KEPT_TEXT, MOST_VALUES, QUOTED_TEXT, Violation, violations

SCHEMA = {
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "prompt": {"type": "string", "minLength": 1, "maxLength": 10},
        "seconds": {"enum": [4, 6, 8]},
        "takes": {"type": "integer", "minimum": 1},
        "scenes": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["a/b"]}},
        "size": {"anyOf": [{"type": "integer", "maximum": 9}, {"type": "string", "pattern": "^[0-9]$"}]},
    },
    "additionalProperties": False,
}
LONG = "a" * 2 * QUOTED_TEXT
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)


@pytest.mark.parametrize(
    ("change", "path", "keyword", "limit"),
    [
        ({"prompt": ""}, ("prompt",), "minLength", 1),
        ({"prompt": "x" * 11}, ("prompt",), "maxLength", 10),
        ({"prompt": 5}, ("prompt",), "type", None),
        ({"seconds": 5}, ("seconds",), "enum", None),
        ({"takes": 0}, ("takes",), "minimum", 1),
        ({"takes": 1.5}, ("takes",), "type", None),
        ({"scenes": []}, ("scenes",), "minItems", None),
        ({"scenes": [{"a/b": 1}, {}]}, ("scenes", 1, "a/b"), "required", "a/b"),
        ({"size": 10}, ("size",), "maximum", 9),
        ({"what": 1}, (), "additionalProperties", None),
    ],
)
def test_one_broken_rule_is_one_violation(
    change: dict[str, Any], path: tuple[str | int, ...], keyword: str, limit: object
) -> None:
    """It leads to the field, names the rule as JSON Schema does, and carries its value."""
    (found,) = violations(VALIDATOR, {"prompt": "x", **change})

    assert (found.path, found.keyword) == (path, keyword)
    assert limit is None or found.limit == limit
    assert found.message


def test_a_missing_field_is_a_violation_at_the_field() -> None:
    """Its path is the place of the field, and its value is None."""
    (found,) = violations(VALIDATOR, {})

    assert (found.path, found.keyword, found.value) == (("prompt",), "required", None)


def test_all_violations_are_found_and_a_prefix_is_the_path_of_the_instance() -> None:
    """Not only the first."""
    found = violations(VALIDATOR, {"seconds": 1, "takes": 0}, prefix=("input",))

    assert {violation.path for violation in found} == {("input", "prompt"), ("input", "seconds"), ("input", "takes")}


def test_the_pointer_escapes_what_a_pointer_must() -> None:
    """RFC 6901: `~` and `/` in a name are written `~0` and `~1`."""
    assert Violation(("a/b", 0, "c~d"), "type", "", None, None).pointer == "/a~1b/0/c~0d"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-20, 20) | st.text(max_size=12) | st.floats(-5, 15, width=16),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a/b", "x"]), inner, max_size=2),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["prompt", "seconds", "takes", "scenes", "size", "other"]), json_values))
def test_a_second_engine_finds_the_same_fields_at_fault(instance: dict[str, Any]) -> None:
    """`jsonschema` rejects the same messages, and points at the same places."""
    ours = violations(VALIDATOR, instance)
    theirs = list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(instance))

    assert {_place(violation) for violation in ours} == {tuple(error.absolute_path) for error in theirs}


def _place(violation: Violation) -> tuple[str | int, ...]:
    return violation.path[:-1] if violation.keyword == "required" else violation.path


def test_a_message_with_countless_mistakes_gets_only_the_first() -> None:
    """A million wrong items would fill the memory with their violations."""
    (found,) = violations(VALIDATOR, {"prompt": "x", "scenes": [1] * 1_000_000})

    assert (found.path, found.keyword) == (("scenes", 0), "type")


def test_a_message_within_the_limit_gets_all_violations() -> None:
    """The limit is far above accidental mistakes."""
    assert len(violations(VALIDATOR, {"prompt": "x", "scenes": [1] * (MOST_VALUES - 10)})) == MOST_VALUES - 10


@pytest.mark.parametrize("name", ["prompt", "size", "takes", "other"])
def test_a_message_quotes_only_the_beginning_of_a_very_long_text(name: str) -> None:
    """The same rules are broken at the same places as by a shorter one."""
    long, short = (violations(VALIDATOR, {"prompt": "x", name: [{"a": text}, text]}) for text in (LONG, "aaaaaaaaaaaa"))

    assert [(one.path, one.keyword) for one in long] == [(one.path, one.keyword) for one in short]
    assert all(len(one.message) < 3 * QUOTED_TEXT for one in long)


def test_a_rule_about_the_end_of_a_very_long_text_is_found() -> None:
    """Where its beginning would be valid."""
    validator = jsonschema_rs.Draft202012Validator({"type": "string", "pattern": "^a+$"})
    (found,) = violations(validator, "a" * 2 * QUOTED_TEXT + "b")

    assert found.keyword == "pattern"


def test_no_rule_of_a_contract_is_about_more_of_a_text_than_is_validated() -> None:
    """No length that a provider documents is."""
    lengths = [*_lengths([_schemas(load_contract(name)) for name in providers()])]

    assert lengths
    assert max(lengths) < QUOTED_TEXT


def _schemas(contract: Contract) -> list[Any]:
    return [contract.document, *(model.schema for model in contract.models.values())]


def _lengths(node: Any) -> Iterator[int]:
    if isinstance(node, Mapping):
        yield from (node[name] for name in ("minLength", "maxLength") if isinstance(node.get(name), int))
        node = node.values()
    if isinstance(node, Iterable) and not isinstance(node, str | bytes):
        for inner in node:
            yield from _lengths(inner)


def test_what_is_stored_of_a_violation_is_bounded() -> None:
    """The value is dropped, the text shortened, and path and message redacted."""
    (found,) = violations(VALIDATOR, {"prompt": "secret-key" + "x" * 100_000})

    stored, redacted = found.for_storage(), found.for_storage(path=("…",), message="…")

    assert found.message.startswith(stored.message[:KEPT_TEXT])
    assert (redacted.path, redacted.message) == (("…",), "…")
    assert len(stored.message) <= KEPT_TEXT + 1
    assert stored.value is None
    assert (stored.path, stored.keyword, stored.limit) == (found.path, found.keyword, found.limit)


# Models of which nothing is known but that they exist: their rows say so.
NOTHING_KNOWN = {"bytedance/seedance/2.0/fast/text-to-video", "openai/gpt-image-1.5"}


@pytest.mark.parametrize("provider", providers())
def test_an_input_of_which_nothing_is_known_is_rejected(provider: str) -> None:
    """But where the provider says that nothing is required, or where the row of the model says that it is not known."""
    contract = load_contract(provider)
    for model in contract.models.values():
        schema = contract.schemas.patched_document(model.schema)
        known = violations(contract.schemas.validator(model.schema), {"zz": 1})
        listed = provider == "runninghub" and schema["required"] == []
        assert known or listed or model.id in NOTHING_KNOWN, model.id
        if model.id in NOTHING_KNOWN:
            assert schema["x-mockreel"]["note"].endswith(("any are taken", "any input is taken"))

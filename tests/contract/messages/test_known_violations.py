"""Violations that were found before are what is found anew, and nothing secret is cached for it."""

from typing import Any

import jsonschema_rs
import pytest

from mockreel.contract.messages.known_violations import LONGEST, MOST, KnownViolations
from mockreel.contract.validation import violations

VALIDATOR, OTHER = (
    jsonschema_rs.Draft202012Validator({"properties": {"a": {"type": kind}, "b": {"enum": ["x"]}}, "required": ["c"]})
    for kind in ("string", "boolean")
)


@pytest.mark.parametrize(
    "instance", [{}, {"a": 1}, {"a": 1.0}, {"b": {}, "a": 1}, {"a": 1, "b": {}}, {"a": "x" * LONGEST}]
)
def test_what_is_known_is_what_is_found(instance: dict[str, Any]) -> None:
    """By another schema, or at another place, it is another finding."""
    known = KnownViolations(lambda _: False)
    for _ in range(2):
        for validator in (VALIDATOR, OTHER):
            for prefix in ((), ("input",)):
                expected = violations(validator, instance, prefix=prefix)
                assert known.find(validator, instance, prefix=prefix) == expected


def test_the_same_finding_is_known_again_until_it_is_forgotten() -> None:
    """What was made of it, too."""
    known = KnownViolations(lambda _: False)
    first = known.find(VALIDATOR, {"a": 1})

    assert known.find(VALIDATOR, {"a": 1}) is first
    known.forget()
    assert known.find(VALIDATOR, {"a": 1}) is not first


@pytest.mark.parametrize("instance", [{"key": 1}, {"a": "x" * LONGEST}, {"a": 2**70}])
def test_what_is_secret_long_or_too_large_a_number_is_found_anew(instance: dict[str, Any]) -> None:
    """And not cached."""
    known = KnownViolations(lambda value: "key" in value)

    assert known.find(VALIDATOR, instance) is not known.find(VALIDATOR, instance)


def test_findings_are_bounded() -> None:
    """The first is found anew after many others."""
    known = KnownViolations(lambda _: False)
    first = known.find(VALIDATOR, {"a": 0})
    for number in range(1, MOST + 1):
        known.find(VALIDATOR, {"a": number})

    assert known.find(VALIDATOR, {"a": 0}) is not first

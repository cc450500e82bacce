"""A fault as it is written: read from text and from JSON, checked, and written again."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.engine.faults import Fault, Faults, Kind, catalogue, read_fault, read_faults
from mockreel.engine.scenarios.preferences import preferred_faults
from mockreel.errors import FaultError

every_kind = pytest.mark.parametrize("kind", catalogue(), ids=lambda kind: kind.name)


@every_kind
def test_its_name_alone_is_enough(kind: Kind) -> None:
    """Every parameter has a default, or may be left out."""
    fault = Fault.of(kind.name)

    assert set(fault.values) == {parameter.name for parameter in kind.parameters}
    assert str(fault) == kind.name


@every_kind
def test_text_and_json_say_the_same(kind: Kind) -> None:
    """With every parameter off its default; and both are read again as what was written."""
    others: dict[str, Any] = {}
    for parameter in kind.parameters:
        match parameter.kind:
            case "number" | "whole":
                others[parameter.name] = parameter.most
            case "choice":
                others[parameter.name] = parameter.options[-1]
            case "flag":
                others[parameter.name] = not parameter.default
            case _:
                others[parameter.name] = "text/plain"
    fault = read_fault({"name": kind.name, **others})

    assert read_fault(str(fault)) == fault
    assert read_fault(fault.row()) == fault
    assert read_fault(fault) is fault


@pytest.mark.parametrize(
    "text", ["delay;seconds=2", " Delay ; Seconds=2.0 ", 'delay; seconds="2"', "delay; seconds=2; spread=FIXED"]
)
def test_text_is_read_as_headers_write_it(text: str) -> None:
    """In any case, with or without blanks and quotes."""
    assert read_fault(text) == Fault.of("delay", {"seconds": 2})


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("rest", r"fault: 'rest' is not valid\. Nearest of \d+: reset, "),
        ("", r"fault: '' is not valid"),
        ({}, r"fault: '' is not valid"),
        (7, r"fault: 7 is not valid\. Valid: a text"),
        (None, r"fault is missing"),
        ("delay; second=2", r"parameter of the fault delay: 'second' is not valid\. Valid: seconds, spread"),
        ("close; now=yes", r"parameter of the fault close: 'now' is not valid\. It takes none\."),
        ("delay; seconds=soon", r"seconds of the fault delay: 'soon' is not valid\. Valid: 0 to 300 s\."),
        ("delay; seconds=-1", r"0 to 300 s"),
        ("delay; seconds=301", r"0 to 300 s"),
        ("delay; seconds=nan", r"0 to 300 s"),
        ({"name": "delay", "seconds": True}, r"0 to 300 s"),
        ({"name": "delay", "seconds": [1]}, r"0 to 300 s"),
        ("reset; at=end", r"at of the fault reset: 'end' is not valid\. Valid: before, middle\."),
        ("gateway; accepted=perhaps", r"Valid: yes, no\."),
        ("gateway; status=500", r"Valid: 502, 503, 504, 524\."),
        ("callback-lost; attempts=1.5", r"a whole number from 1 to 100"),
        ("wrong-length; by=0", r"0 is the right length"),
        ("wrong-content-type; type=a/b\r\nx: y", r"a text that matches"),
    ],
)
def test_a_mistake_is_rejected_with_what_is_valid(given: Any, says: str) -> None:
    """By name, by parameter, by value."""
    with pytest.raises(FaultError, match=says):
        read_fault(given)


def test_dashes_and_underscores_are_the_same_in_a_parameter() -> None:
    """A header writes the one, Python the other."""
    assert read_fault("throttled; retry-after=3") == read_fault("throttled; retry_after=3")


def test_a_response_fault_and_a_callback_fault_may_be_combined() -> None:
    """In a text with a comma, in a list, in a header; but not two of a sort."""
    both = Faults(Fault.of("delay", {"seconds": 2}), Fault.of("callback-lost"))

    assert read_faults("delay; seconds=2, callback-lost") == both
    assert read_faults(["callback-lost", {"name": "delay", "seconds": 2}]) == both
    assert read_faults(both) is both
    assert preferred_faults(b"fault=callback-lost, fault=delay; seconds=2") == both
    assert str(both) == "delay; seconds=2, callback-lost"
    with pytest.raises(FaultError, match=r"'drip' is not valid\. One request has one reply fault: it has delay"):
        read_faults("delay, drip")


@pytest.mark.parametrize(
    ("header", "faults"),
    [
        (b"fault=reset", "reset"),
        (b"Fault=RESET;At=middle", "reset; at=middle"),
        (b"scenario=fail; code=X, fault=reset; at=middle", "reset; at=middle"),
        (b"scenario=fail; code=X; fault=reset; at=middle", "reset; at=middle"),
        (b"fault=reset; at=middle; scenario=fail; code=X", "reset; at=middle"),
        (b"respond-async, wait=5, fault=reset", "reset"),
        (b"wait=5; fault=reset", "reset"),
        (b"scenario=default", ""),
        (b"", ""),
        (None, ""),
    ],
)
def test_faults_are_read_from_the_prefer_header(header: bytes | None, faults: str) -> None:
    """Beside scenarios and other preferences."""
    assert str(preferred_faults(header)) == faults


@given(st.binary(max_size=60))
def test_no_header_breaks_the_reading(header: bytes) -> None:
    """It is a preference, none, or an error."""
    for prefix in (b"", b"fault="):
        with suppress(FaultError):
            assert isinstance(preferred_faults(prefix + header), Faults)

"""The one test for a catalogue checks all of it."""

import pytest
from support.every import every


def _is_even(number: int) -> None:
    assert number % 2 == 0, f"{number} is odd"


def test_all_cases_that_do_not_hold_are_named() -> None:
    """Those behind the first one, too, and what each says."""
    requested = []

    def holds(number: int) -> None:
        requested.append(number)
        _is_even(number)

    with pytest.raises(AssertionError, match=r"(?s)2 of 4 do not hold:\n1: AssertionError: 1 is odd.*3: .*3 is odd"):
        every([0, 1, 2, 3], holds)
    assert requested == [0, 1, 2, 3]


def test_an_error_is_no_pass() -> None:
    """Whatever a case raises."""
    with pytest.raises(AssertionError, match="0: ZeroDivisionError"):
        every([0], lambda number: _is_even(1 // number))


def test_a_catalogue_without_a_case_does_not_pass() -> None:
    with pytest.raises(AssertionError, match="there is no case"):
        every([], _is_even)

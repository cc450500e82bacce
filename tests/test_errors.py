"""What is raised on purpose: one tree, and messages that say what to do next."""

import inspect

import pytest

from mockreel import errors
from mockreel.errors import DataError, MockreelError, OptionError, PortTaken

TAKEN = (
    "Cannot listen on 127.0.0.1:8700: Address already in use. Choose other ports with --port N (0 takes free ones), "
    "or end the process that holds this one."
)


def test_everything_comes_from_one_root_and_stands_in_the_tree_that_is_drawn() -> None:
    """Catching the root catches all; the docstring draws them."""
    found = [one for _, one in inspect.getmembers(errors, inspect.isclass) if one.__module__ == errors.__name__]

    assert all(issubclass(one, MockreelError) for one in found)
    assert [one.__name__ for one in found if one.__name__ not in str(errors.__doc__)] == []


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (DataError("a.yaml /b", "5 is not a text"), "a.yaml /b: 5 is not a text."),
        (
            DataError("a.yaml", "5 is not a text", expected="a text", then="Put it in quotes."),
            "a.yaml: 5 is not a text. Expected a text. Put it in quotes.",
        ),
        (OptionError("pace", "lento"), "pace: 'lento' is not valid."),
        (
            OptionError("pace", "lento", ["quick", "documented"], then="Choose one."),
            "pace: 'lento' is not valid. Valid: quick, documented. Choose one.",
        ),
        (
            PortTaken("127.0.0.1", 8700, "Address already in use"),
            TAKEN,
        ),
    ],
)
def test_a_message_says_what_happened_what_is_valid_and_what_to_do(error: MockreelError, text: str) -> None:
    """With the value, in sentences."""
    assert str(error) == text


def test_an_error_carries_what_its_message_says() -> None:
    """For programs."""
    assert (DataError("a", "b").where, DataError("a", "b").what) == ("a", "b")
    assert (OptionError("a", 5, iter(["x"])).value, OptionError("a", 5, iter(["x"])).valid) == (5, ("x",))
    assert (PortTaken("h", 1, "w").host, PortTaken("h", 1, "w").port) == ("h", 1)

"""What the client of the control API cannot send, or the server not read, is an error of ours, never another."""

from collections.abc import Callable
from typing import Any

import pytest

from mockreel import serving
from mockreel.client.admin import ControlClient
from mockreel.errors import ControlError, OptionError

HALF = "\ud800"


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda one: one.add_rule(fault="reset", nth=10**30), ControlError, "a whole number from 1 to 9999"),
        (lambda one: one.add_rule(fault="reset", nth=2**63), ControlError, "a whole number from 1 to 9999"),
        (lambda one: one.add_rule(fault="reset", model=HALF), OptionError, "half of a character"),
        (lambda one: one.add_rule(fault="reset", model=object()), OptionError, "not JSON serializable"),
        (lambda one: one.jobs(provider=HALF), OptionError, "half of a character"),
        (lambda one: one.get_job("runflow", HALF), OptionError, "half of a character"),
        (lambda one: one.journal(operation=HALF), OptionError, "half of a character"),
        (lambda one: one.get_exchange(10**30), ControlError, "from 0 to 999999999999"),
        (lambda one: one.journal(status=10**30), ControlError, "from 0 to 999999999999"),
    ],
)
def test_an_impossible_value_is_an_error_of_ours(
    call: Callable[[ControlClient], Any], error: type[Exception], says: str
) -> None:
    """It says what is valid, and nothing was changed."""
    with serving("runflow") as server, ControlClient(server.control.url) as control:
        with pytest.raises(error, match=says):
            call(control)
        assert list(control.rules()) == []

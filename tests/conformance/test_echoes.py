"""An error that repeats the path of its request: as it was sent or decoded, with or without a query."""

import pytest

from mockreel.conformance.checks.consistency.error_details import is_echo


@pytest.mark.parametrize(
    "shown", ["/model/%C3%9Cz%3F", "/model/Üz?", "/model/%C3%9Cz%3F?", "/model/Üz??", "/model/Üz??limit=1"]
)
def test_a_path_is_repeated_in_any_form(shown: str) -> None:
    assert is_echo(shown, "/model/%C3%9Cz%3F")


@pytest.mark.parametrize(
    "shown", ["", "/model", "/model/other", "/model/Üz/more", "/model/Üz?more", "http://host/model/Üz?"]
)
def test_another_path_is_no_repetition(shown: str) -> None:
    assert not is_echo(shown, "/model/%C3%9Cz%3F")

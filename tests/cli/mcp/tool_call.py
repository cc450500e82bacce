"""A call of a tool, and its result."""

from collections.abc import Callable
from typing import Any

Ask = Callable[..., Any]


def result_of(result: Any) -> Any:
    """The result of a call; AssertionError with its error, if it has one."""
    assert not result.is_error, result.content[0].text
    return result.structured_content

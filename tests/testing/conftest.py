"""A folder for a user's tests."""

import pytest
from testing.suites import INI


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder for a user's tests."""
    pytester.makefile(".ini", pytest=INI)
    return pytester

"""A folder for a user's tests."""

import httpcore2  # noqa: F401  (first here: what a run in this process imports is forgotten after it, and httpx2 is not)
import pytest
from staging import LEAN
from testing.suites import INI


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder for a user's tests."""
    monkeypatch.setenv("PYTEST_ADDOPTS", LEAN["PYTEST_ADDOPTS"])
    pytester.makefile(".ini", pytest=INI)
    return pytester

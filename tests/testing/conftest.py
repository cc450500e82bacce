"""A folder for a user's tests."""

from collections.abc import Iterator

import httpcore2  # noqa: F401  (first here: what a run in this process imports is forgotten after it, and httpx2 is not)
import pytest
from support.caller import LEAN
from support.garbage import collect, settle
from testing.suites import INI


@pytest.fixture(scope="session", autouse=True)
def _settled() -> None:
    """Each test here collects; what earlier tests keep is not looked at."""
    settle()


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.Pytester]:
    """A folder for a user's tests.

    What a run in this process has imported is forgotten after it, with the sockets that it holds: they are collected
    here, and not in a test that has nothing to do with them.
    """
    monkeypatch.setenv("PYTEST_ADDOPTS", LEAN["PYTEST_ADDOPTS"])
    pytester.makefile(".ini", pytest=INI)
    yield pytester
    collect()

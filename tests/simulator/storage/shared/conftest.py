"""A Redis for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from simulator.storage.redis_server import RedisServer, redis_for_a_test
from support.garbage import settle


@pytest.fixture(scope="session", autouse=True)
def _settled() -> None:
    """Each test here collects; what earlier tests keep is not looked at."""
    settle()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """One that keeps what it has."""
    with redis_for_a_test(tmp_path) as server:
        yield server

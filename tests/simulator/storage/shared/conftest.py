"""A Redis for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from simulator.storage.redis_server import RedisServer, redis_for_a_test


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """One that keeps what it has."""
    with redis_for_a_test(tmp_path) as server:
        yield server

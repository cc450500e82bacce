"""A Redis for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from simulator.storage.redis_server import PROGRAM, RedisServer


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """One that keeps what it has."""
    if PROGRAM is None:
        pytest.skip("there is no redis-server and no valkey-server here")
    server = RedisServer(tmp_path)
    try:
        yield server
    finally:
        server.stop()

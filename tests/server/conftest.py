"""A served stage for the tests of this folder."""

from collections.abc import Iterator

import pytest
from staging import FOURTH, START

from mockreel.server.mock_server import RunningStage
from mockreel.server.socket_server import serving


@pytest.fixture(scope="module")
def served() -> Iterator[RunningStage]:
    """Two providers on a held clock."""
    with serving("encore", "aimlapi", data=FOURTH, held=True, start=START) as running:
        yield running

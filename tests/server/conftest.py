"""A running mock server for the tests of this folder."""

from collections.abc import Iterator

import pytest
from support.caller import FOURTH, START

from mockreel.server.mock_server import MockServer
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server, hosted


@pytest.fixture(scope="module", params=[True, False], ids=["short", "long"])
def served(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    """Two providers on a paused clock, on either path of a request."""
    options = Options(("encore", "aimlapi"), data=FOURTH, held=True, start=START)
    with hosted(Server(options, short=request.param)) as running:
        yield running

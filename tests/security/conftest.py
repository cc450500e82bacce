"""A running mock server for the tests of what a client can do to it."""

from collections.abc import Iterator

import pytest
from security.wires import Receiver, Wires, receiving

from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server, hosted


@pytest.fixture(scope="module", params=[True, False], ids=["short", "long"])
def wires(request: pytest.FixtureRequest) -> Iterator[Wires]:
    """All providers on a paused clock, over bare sockets, on either path of a request."""
    with hosted(Server(Options(held=True, start=1_767_225_600.0), short=request.param)) as server:
        yield Wires(server)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of callbacks on this machine."""
    with receiving() as found:
        yield found

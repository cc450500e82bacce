"""A served stage for the tests of what a client can do to it."""

from collections.abc import Iterator

import pytest
from security.wires import Receiver, Wires, receiving

from mockreel.server.socket_server import serving


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    """All providers on a held clock, asked by bare sockets."""
    with serving(held=True, start=1_767_225_600.0) as stage:
        yield Wires(stage)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of callbacks on this machine."""
    with receiving() as found:
        yield found

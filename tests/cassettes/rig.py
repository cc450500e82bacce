"""What tests of recordings share: the forms of their fixtures, and a way from a callback's address to its receiver."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cassettes.imitation import Imitation
from click.testing import Result

VARIABLES = {"runflow": "RUNFLOW_API_KEY", "aimlapi": "AIMLAPI_API_KEY", "runninghub": "RUNNINGHUB_API_KEY"}
Imitate = Callable[..., Imitation]
Record = Callable[..., Result]


@contextmanager
def led_to_the_receiver(imitation: Imitation) -> Iterator[int]:
    """A port that is free, to which the public address of the callback leads."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    imitation.callback_to = lambda: f"http://127.0.0.1:{port}/in"
    yield port

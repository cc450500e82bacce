"""A row of the control API: a method, a path below the mock server's own, and who answers."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from starlette.requests import Request

from mockreel.simulator.simulator import Simulator

# Gives JSON values or a Response of its own, and raises our errors. Its name is the id of the operation.
Handler = Callable[[Simulator, Request], Awaitable[Any]]


class Row(NamedTuple):
    """One operation. The path has no slash before it, and parameters as texts, in Starlette's way (`rules/{id}`)."""

    method: str
    path: str
    handler: Handler

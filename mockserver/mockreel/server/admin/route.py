"""A row of the control API: a method, a path below the mock server's own, and who answers."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request

from mockreel.simulator.simulator import Simulator

# Returns JSON values or a Response, and raises our errors. Its name is the id of the operation.
Handler = Callable[[Simulator, Request], Awaitable[Any]]


class Digits(Convertor[str]):
    """Digits in a path, however many: Starlette's own convertor breaks at more than Python reads as a number."""

    regex = "[0-9]+"

    def convert(self, value: str) -> str:
        """The digits of the path."""
        return value

    def to_string(self, value: str) -> str:
        """The same."""
        return value


register_url_convertor("digits", Digits())


class Row(NamedTuple):
    """One operation. The path has no slash before it, and parameters in Starlette's way (`rules/{id:digits}`).

    `query` names the parameters that its query may have, None where the handler itself looks after them; `repeatable`
    those that it may have more than once.
    """

    method: str
    path: str
    handler: Handler
    query: tuple[str, ...] | None = ()
    repeatable: tuple[str, ...] = ()
    waits: bool = False  # it waits for what every server does, where several share a run

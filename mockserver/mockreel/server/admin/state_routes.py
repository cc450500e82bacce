"""The stage as a whole: cleared, kept as a document, and put back."""

from typing import Any

from starlette.requests import Request

from mockreel.server.admin.clock_routes import about
from mockreel.server.admin.request_reader import json_object, no_form
from mockreel.server.admin.route import Row
from mockreel.simulator.simulator import Simulator

# Of a snapshot that is put back: uploads and bodies are in it.
MOST_SNAPSHOT = 1024 * 1024 * 1024


async def reset_simulator(simulator: Simulator, request: Request) -> Any:
    """A clean stage: no job, account, delivery or journal; the rules and the clock as at the start."""
    no_form(request)
    simulator.reset()
    return await about(simulator, request)


async def take_snapshot(simulator: Simulator, _: Request) -> Any:
    """Everything that has come to be, as a document that `restore` takes."""
    from mockreel.simulator.snapshots import take  # noqa: PLC0415  (`serve` starts without it)

    return take(simulator)


async def restore_snapshot(simulator: Simulator, request: Request) -> Any:
    """Put a snapshot back in place of everything that has come to be; all of it, or nothing."""
    from mockreel.simulator.snapshots import restore  # noqa: PLC0415

    restore(simulator, await json_object(request, most=MOST_SNAPSHOT))
    return await about(simulator, request)


ROWS = (
    Row("POST", "reset", reset_simulator),
    Row("GET", "snapshot", take_snapshot),
    Row("POST", "restore", restore_snapshot),
)

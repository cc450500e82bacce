"""The simulator as a whole: reset, saved as a document, restored, and read as it was at a moment."""

import asyncio
import gc
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from mockreel.engine.moment import Moment, Stretch, read_moment
from mockreel.errors import Conflict, OptionError
from mockreel.server.admin.clock_routes import about
from mockreel.server.admin.request_reader import check_query, no_body
from mockreel.server.admin.route import Row
from mockreel.server.cooperative_loop import yielding
from mockreel.simulator.pipeline import OWN_PATHS
from mockreel.simulator.run_recorder import History
from mockreel.simulator.simulator import Simulator


async def reset_simulator(simulator: Simulator, request: Request) -> Any:
    """A clean server: no job, account, delivery or journal; the rules and the clock as at the start."""
    await no_body(request)
    await _release(simulator.reset())
    return await about(simulator, request)


async def _release(containers: list[Any]) -> None:
    """Release what was dropped, one after the other: releasing a million at once takes its time."""
    async for _ in yielding(_emptied(containers)):
        pass
    if gc.get_freeze_count():  # `serve`, whose collector looks at what is old very rarely: now there is little of it
        gc.collect()


def _emptied(containers: list[Any]) -> Iterator[None]:
    for one in containers:
        take = one.popitem if isinstance(one, dict) else one.pop
        while one:
            take()
            yield


async def take_snapshot(simulator: Simulator, _: Request) -> Any:
    """Everything that has come to be, as a document that `restore` takes."""
    from mockreel.server.admin.state.snapshot_file import snapshot  # noqa: PLC0415  (`serve` starts without it)

    return await snapshot(simulator)


async def restore_snapshot(simulator: Simulator, request: Request) -> Any:
    """Restore a snapshot in place of all state; all of it, or nothing."""
    from mockreel.server.admin.state import snapshot_body  # noqa: PLC0415
    from mockreel.simulator.snapshots import replace_state  # noqa: PLC0415

    await _release(replace_state(simulator, await snapshot_body.read(simulator, request)))
    return await about(simulator, request)


async def list_resets(simulator: Simulator, _: Request) -> Any:
    """Where the clock was put back, by a reset or a restored snapshot, and how to look at what was before."""
    every = await asyncio.to_thread(history_of(simulator).stretches)
    return {"resets": [_reset_row(before, after) for before, after in pairwise(every)]}


def _reset_row(before: Stretch, after: Stretch) -> dict[str, Any]:
    return {
        "entry": after.first,
        "by": before.by,
        "from": before.ended,
        "to": after.begun,
        "before": str(Moment(before.ended, before.last)),
    }


ROWS = (
    Row("POST", "reset", reset_simulator),
    Row("GET", "resets", list_resets),
    Row("GET", "snapshot", take_snapshot),
    Row("POST", "restore", restore_snapshot),
)


def past_row(rows: tuple[Row, ...]) -> Row:
    """The row under which everything readable can be read as it was at a moment.

    Args:
        rows: the routes of the simulator as it is.
    """
    readable = [row for row in rows if row.method == "GET" and row.handler is not list_resets]
    routes = [(Route(OWN_PATHS + row.path, _unused), row) for row in readable]

    async def look_back(simulator: Simulator, request: Request) -> Any:
        scope = {**request.scope, "path": OWN_PATHS + request.path_params["rest"], "root_path": ""}
        for route, row in routes:
            fit, child = route.matches(scope)
            if fit is Match.FULL:
                check_query(request, row)
                past = await _at_moment(simulator, request.path_params["moment"])
                return await row.handler(past, Request({**scope, **child}, request.receive))
        raise OptionError("path", request.path_params["rest"], [row.path for row in readable])

    return Row("GET", "at/{moment}/{rest:path}", look_back, None)


def _unused(_: Request) -> Response:
    raise AssertionError("a route that is only matched")


async def _at_moment(simulator: Simulator, text: str) -> Simulator:
    moment = read_moment(text, now=simulator.clock.now())
    return (await asyncio.to_thread(history_of(simulator).view, moment)).simulator


def history_of(simulator: Simulator) -> History:
    """What can be looked back on.

    Raises:
        Conflict: no log is kept.
    """
    if simulator.history is None:
        raise Conflict(
            "This server keeps no log, so it cannot look back. Start it with --state FILE or --record-run DIR."
        )
    return simulator.history

"""Every operation of the control API, and the application that they make."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from mockreel.contract.messages.message import problem
from mockreel.errors import Conflict, MockreelError, StateError
from mockreel.server.admin import (
    balance_routes,
    clock_routes,
    control_document,
    delivery_routes,
    job_routes,
    journal_routes,
    reading_routes,
    rule_routes,
)
from mockreel.server.admin.request_reader import NotThere, check_query
from mockreel.server.admin.route import Row
from mockreel.server.admin.shared_request import as_row, request_of
from mockreel.server.admin.state import state_routes
from mockreel.server.admin.state.state_routes import past_row
from mockreel.simulator.pipeline import OWN_PATHS
from mockreel.simulator.run_recorder import SharedRun
from mockreel.simulator.simulator import Simulator

# A further noun is a module with its rows, and its name here.
NOUNS = (
    clock_routes,
    reading_routes,
    job_routes,
    delivery_routes,
    journal_routes,
    balance_routes,
    rule_routes,
    state_routes,
    control_document,
)
_NOW: tuple[Row, ...] = tuple(row for noun in NOUNS for row in noun.ROWS)
ROWS: tuple[Row, ...] = (*_NOW, past_row(_NOW))


class Control:
    """The control API over one mock server."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def routes(self) -> list[Route]:
        """Every route, below the mock server's own path."""
        return [Route(OWN_PATHS + row.path, self._endpoint(row), methods=[row.method]) for row in ROWS]

    def app(self) -> Starlette:
        """The routes as an application; an unknown path or method is answered with the known ones."""
        routes = self.routes()
        there = [f"{method} {route.path}" for route in routes for method in sorted(route.methods or ())]

        async def missing(request: Request, lack: Exception) -> Response:
            status = lack.status_code if isinstance(lack, HTTPException) else 404
            detail = f"There is no {request.method} {request.url.path}."
            response = problem(status, "Not found", detail, more={"valid": there})
            allowed = [method for route in routes if _fits(route, request) for method in route.methods or ()]
            headers = {"allow": ", ".join(sorted(allowed))} if status == 405 else None
            return Response(response.body, status, headers, media_type="application/problem+json")

        return Starlette(routes=routes, exception_handlers={404: missing, 405: missing})

    def _endpoint(self, row: Row) -> Callable[[Request], Awaitable[Response]]:
        """A handler that returns JSON values and raises our errors, as a Starlette endpoint."""
        shared = self._simulator.shared
        if shared is None:
            return partial(_answer, self._simulator, row)
        return partial(_shared, self._simulator, shared, row)


async def _answer(simulator: Simulator, row: Row, request: Request) -> Response:
    try:
        if row.query is not None:
            check_query(request, row)
        body: Any = await row.handler(simulator, request)
        if simulator.recorder is not None and request.method != "GET":
            await simulator.recorder.settled()
    except MockreelError as wrong:
        return _error_response(wrong)
    if isinstance(body, Response):
        return body
    return Response(orjson.dumps(body), media_type="application/json")


async def _shared(simulator: Simulator, shared: SharedRun, row: Row, request: Request) -> Response:
    """The same where several servers share a run: what changes something is done by all of them."""
    try:
        await shared.caught_up()
        if request.method != "GET" and not row.waits:
            found: Response = await shared.by_hand(await as_row(request))
            return found
    except MockreelError as wrong:
        return _error_response(wrong)
    return await _answer(simulator, row, request)


async def perform(simulator: Simulator, fields: Mapping[str, Any]) -> Response:
    """Perform a control request of any server, in the form that `as_row` gives it."""
    for name, url in fields["u"].items():
        simulator.provider(name).base_url = url
    request = request_of(fields)
    for row in _NOW:
        fit, child = Route(OWN_PATHS + row.path, _unused, methods=[row.method]).matches(request.scope)
        if fit is Match.FULL:
            return await _answer(simulator, row, Request({**request.scope, **child}, request.receive))
    raise LookupError(request.scope["path"])


def _unused(_: Request) -> Response:
    raise AssertionError("a route that is only matched")


def _fits(route: Route, request: Request) -> bool:
    """Whether a route has the path of a request."""
    return route.path_regex.match(request.url.path) is not None


def _error_response(wrong: MockreelError) -> Response:
    """What went wrong on purpose, as a response."""
    status, title = 400, "Not understood"
    if isinstance(wrong, NotThere):
        status, title = 404, "Not found"
    elif isinstance(wrong, Conflict):
        status, title = 409, "Conflict"
    elif isinstance(wrong, StateError):
        status, title = 503, "Not stored"
    valid = list(getattr(wrong, "nearest", ()) or getattr(wrong, "valid", ()))
    response = problem(status, title, str(wrong), more={"valid": valid} if valid else None)
    return Response(response.body, response.status, media_type="application/problem+json")

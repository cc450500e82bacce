"""Every operation of the control API, and the application that they make."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from understudy.errors import Conflict, UnderstudyError
from understudy.messages import problem
from understudy.server.control import (
    balances,
    clock,
    deliveries,
    describing,
    jobs,
    journal,
    readings,
    rules,
    scenarios,
    stage,
)
from understudy.server.control.asking import NotThere
from understudy.server.control.row import Handler, Row
from understudy.stage import Stage
from understudy.way import OWN_PATHS

# A further noun is a module with its rows, and its name here.
NOUNS = (clock, scenarios, readings, jobs, deliveries, journal, balances, rules, stage, describing)
ROWS: tuple[Row, ...] = tuple(row for noun in NOUNS for row in noun.ROWS)


class Control:
    """The control API over one stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def routes(self) -> list[Route]:
        """Every route, below the stand-in's own path."""
        return [Route(OWN_PATHS + row.path, self._endpoint(row.handler), methods=[row.method]) for row in ROWS]

    def app(self) -> Starlette:
        """The routes as an application; a path or method that it does not have is told what there is."""
        routes = self.routes()
        there = [f"{method} {route.path}" for route in routes for method in sorted(route.methods or ())]

        async def missing(request: Request, lack: Exception) -> Response:
            status = lack.status_code if isinstance(lack, HTTPException) else 404
            detail = f"There is no {request.method} {request.url.path}."
            reply = problem(status, "Not found", detail, more={"valid": there})
            allowed = [method for route in routes if _fits(route, request) for method in route.methods or ()]
            headers = {"allow": ", ".join(sorted(allowed))} if status == 405 else None
            return Response(reply.body, status, headers, media_type="application/problem+json")

        return Starlette(routes=routes, exception_handlers={404: missing, 405: missing})

    def _endpoint(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """A handler that returns JSON values and raises our errors, as a Starlette endpoint."""

        async def endpoint(request: Request) -> Response:
            try:
                body: Any = await handler(self._stage, request)
            except UnderstudyError as wrong:
                return _refusal(wrong)
            if isinstance(body, Response):
                return body
            return Response(orjson.dumps(body), media_type="application/json")

        return endpoint


def _fits(route: Route, request: Request) -> bool:
    """Whether a route has the path of a request."""
    return route.path_regex.match(request.url.path) is not None


def _refusal(wrong: UnderstudyError) -> Response:
    """What went wrong on purpose, as a reply."""
    status, title = 400, "Not understood"
    if isinstance(wrong, NotThere):
        status, title = 404, "Not there"
    elif isinstance(wrong, Conflict):
        status, title = 409, "Conflict"
    valid = list(getattr(wrong, "valid", ()))
    reply = problem(status, title, str(wrong), more={"valid": valid} if valid else None)
    return Response(reply.body, reply.status, media_type="application/problem+json")

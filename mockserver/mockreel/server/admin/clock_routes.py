"""The clock: pause, run, speed, advance; and the overview at the control API's root."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mockreel import __version__
from mockreel.contract.messages.message import problem
from mockreel.server.admin.request_reader import check_names, json_object, no_body, number
from mockreel.server.admin.route import Row
from mockreel.simulator.simulator import Simulator


async def about(simulator: Simulator, _: Request) -> Any:
    """The providers, their addresses, and the time."""
    providers = simulator.providers.values()
    return {
        "mockreel": __version__,
        "providers": {
            provider.name: {"title": provider.contract.title, "url": provider.base_url or None}
            for provider in providers
        },
        "clock": clock_row(simulator),
    }


def clock_row(simulator: Simulator) -> Mapping[str, Any]:
    clock, scheduler = simulator.clock, simulator.scheduler
    return {
        "now": clock.now(),
        "held": clock.held,
        "speed": clock.speed,
        "due": len(scheduler),
        "next_due": scheduler.next_due,
    }


async def get_clock(simulator: Simulator, _: Request) -> Any:
    return clock_row(simulator)


async def hold_clock(simulator: Simulator, request: Request) -> Any:
    await no_body(request)
    simulator.clock.hold()
    return clock_row(simulator)


async def resume_clock(simulator: Simulator, request: Request) -> Any:
    await no_body(request)
    simulator.clock.resume()
    return clock_row(simulator)


async def set_speed(simulator: Simulator, request: Request) -> Any:
    simulator.clock.set_speed(await _only_number(request, "speed"))
    return clock_row(simulator)


async def _only_number(request: Request, name: str) -> float:
    body = await json_object(request)
    check_names(body, [name])
    return number(body, name)


async def advance_clock(simulator: Simulator, request: Request) -> Any:
    """Move the clock and run everything that is due, in order; responds when all of it has ended."""
    seconds = await _only_number(request, "seconds")
    try:
        ran = await simulator.advance(seconds)
    except asyncio.CancelledError:
        if not simulator.scheduler.closing:
            raise
        response = problem(503, "Stopping", "The server was stopped before everything that fell due had ended.")
        return Response(response.body, response.status, media_type="application/problem+json")
    return {**clock_row(simulator), "ran": ran}


ROWS = (
    Row("GET", "", about),
    Row("GET", "clock", get_clock),
    Row("POST", "clock/hold", hold_clock),
    Row("POST", "clock/resume", resume_clock),
    Row("POST", "clock/speed", set_speed),
    Row("POST", "clock/advance", advance_clock, waits=True),
)

"""The clock: held, run, sped up, advanced; and what the control API is asked at its root."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mockreel import __version__
from mockreel.contract.messages.message import problem
from mockreel.server.admin.request_reader import json_object, no_form, number
from mockreel.server.admin.route import Row
from mockreel.simulator.simulator import Stage


async def about(stage: Stage, _: Request) -> Any:
    """What is played, where, and what time it is."""
    parts = stage.parts.values()
    return {
        "mockreel": __version__,
        "providers": {part.name: {"title": part.contract.title, "url": part.base_url or None} for part in parts},
        "clock": clock_row(stage),
    }


def clock_row(stage: Stage) -> Mapping[str, Any]:
    """The clock as it is."""
    clock, agenda = stage.clock, stage.agenda
    return {
        "now": clock.now(),
        "held": clock.held,
        "speed": clock.speed,
        "due": len(agenda),
        "next_due": agenda.next_due,
    }


async def get_clock(stage: Stage, _: Request) -> Any:
    return clock_row(stage)


async def hold_clock(stage: Stage, request: Request) -> Any:
    no_form(request)
    stage.clock.hold()
    return clock_row(stage)


async def resume_clock(stage: Stage, request: Request) -> Any:
    no_form(request)
    stage.clock.resume()
    return clock_row(stage)


async def set_speed(stage: Stage, request: Request) -> Any:
    stage.clock.set_speed(number(await json_object(request), "speed"))
    return clock_row(stage)


async def advance_clock(stage: Stage, request: Request) -> Any:
    """Move the clock and run everything that falls due, in order; answers when it is settled."""
    seconds = number(await json_object(request), "seconds")
    try:
        ran = await stage.advance(seconds)
    except asyncio.CancelledError:
        if not stage.agenda.closing:
            raise
        reply = problem(503, "Stopping", "The server was stopped before everything that fell due had ended.")
        return Response(reply.body, reply.status, media_type="application/problem+json")
    return {**clock_row(stage), "ran": ran}


ROWS = (
    Row("GET", "", about),
    Row("GET", "clock", get_clock),
    Row("POST", "clock/hold", hold_clock),
    Row("POST", "clock/resume", resume_clock),
    Row("POST", "clock/speed", set_speed),
    Row("POST", "clock/advance", advance_clock),
)

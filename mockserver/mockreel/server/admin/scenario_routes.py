"""Scenarios: what each provider can play."""

from typing import Any

from starlette.requests import Request

from mockreel.server.admin.route import Row
from mockreel.server.admin.views import scenarios_row
from mockreel.simulator.simulator import Stage


async def list_scenarios(stage: Stage, _: Request) -> Any:
    return {part.name: scenarios_row(part) for part in stage.parts.values()}


ROWS = (Row("GET", "scenarios", list_scenarios),)

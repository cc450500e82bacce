"""Scenarios: what each provider can play."""

from typing import Any

from starlette.requests import Request

from mockreel.server.admin.route import Row
from mockreel.server.admin.views import scenarios_row
from mockreel.simulator.simulator import Simulator


async def list_scenarios(simulator: Simulator, _: Request) -> Any:
    return {provider.name: scenarios_row(provider) for provider in simulator.providers.values()}


ROWS = (Row("GET", "scenarios", list_scenarios),)

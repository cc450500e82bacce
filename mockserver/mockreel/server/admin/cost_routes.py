"""The estimated cost avoided, as the end of `serve` says it."""

from typing import Any

from starlette.requests import Request

from mockreel.engine.billing import cost_avoided
from mockreel.server.admin.route import Row
from mockreel.simulator.simulator import Simulator


async def get_cost(simulator: Simulator, _: Request) -> Any:
    """What the jobs so far would have cost, per currency."""
    return cost_avoided(simulator).row()


ROWS = (Row("GET", "cost", get_cost),)

"""The estimated cost avoided, as the end of `serve` says it."""

from typing import Any

from starlette.requests import Request

from mockreel.engine import billing
from mockreel.server.admin.route import Row
from mockreel.simulator.simulator import Simulator


async def cost_avoided(simulator: Simulator, _: Request) -> Any:
    """What the jobs so far would have cost, per currency."""
    return billing.cost_avoided(simulator).row()


ROWS = (Row("GET", "cost", cost_avoided),)

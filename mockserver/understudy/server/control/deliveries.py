"""Deliveries: listed, with every attempt."""

from typing import Any

from starlette.requests import Request

from understudy.server.control.asking import limit, parts
from understudy.server.control.row import Row
from understudy.server.views import delivery_row
from understudy.stage import Stage


async def list_deliveries(stage: Stage, request: Request) -> Any:
    """The newest deliveries first, with every attempt."""
    most = limit(request)
    found = [(part, one) for part in parts(stage, request) for one in list(part.deliveries)[-most:]]
    found.sort(key=lambda pair: -pair[1].created)
    return {"deliveries": [delivery_row(part, one) for part, one in found[:most]]}


ROWS = (Row("GET", "deliveries", list_deliveries),)

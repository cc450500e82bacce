"""Jobs: listed, with every state that they have passed."""

from typing import Any

from starlette.requests import Request

from understudy.server.control.asking import limit, parts
from understudy.server.control.row import Row
from understudy.server.views import job_row
from understudy.stage import Stage


async def list_jobs(stage: Stage, request: Request) -> Any:
    """The newest jobs first; `limit` (100 unless told) and `provider` narrow them."""
    most = limit(request)
    found = [(part, job) for part in parts(stage, request) for job in list(part.jobs)[-most:]]
    found.sort(key=lambda pair: -pair[1].created)
    return {"jobs": [job_row(part, job) for part, job in found[:most]]}


ROWS = (Row("GET", "jobs", list_jobs),)

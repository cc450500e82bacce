"""The journal: what was asked and answered."""

from typing import Any

from starlette.requests import Request

from understudy.server.control.asking import limit, parts
from understudy.server.control.row import Row
from understudy.stage import Stage


async def list_entries(stage: Stage, request: Request) -> Any:
    """The newest exchanges first, each with every violation."""
    names = {part.name for part in parts(stage, request)}
    entries = [entry.shown() for entry in stage.journal if entry.provider in names]
    return {"count": stage.journal.count, "entries": entries[::-1][: limit(request)]}


ROWS = (Row("GET", "journal", list_entries),)

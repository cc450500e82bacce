"""Rows of a list, written in turns: a long list is JSON before the response is put together."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from orjson import Fragment

from mockreel.server.loop_turns import in_turns


async def written_rows(rows: Iterable[Mapping[str, Any]]) -> list[Fragment]:
    """Each row as JSON; others have their turn meanwhile."""
    return [Fragment(orjson.dumps(row)) async for row in in_turns(rows)]

"""Turns on the event loop: long work gives others theirs, so that no request waits for an export."""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterable, Mapping
from typing import Any, TypeVar

import orjson
from orjson import Fragment

from mockreel.engine.clock import real_seconds

T = TypeVar("T")
# As long may one turn take, in real seconds.
LONGEST_TURN = 0.01


async def in_turns(items: Iterable[T]) -> AsyncIterator[T]:
    """The items, of an iterator that works for each, with the others' turns in between."""
    began = real_seconds()
    for item in items:
        yield item
        if real_seconds() - began > LONGEST_TURN:
            await asyncio.sleep(0)
            began = real_seconds()


async def written_rows(rows: Iterable[Mapping[str, Any]]) -> list[Fragment]:
    """Each row of a list as JSON: a long list is written before the response is put together."""
    return [Fragment(orjson.dumps(row)) async for row in in_turns(rows)]


async def worked(work: Generator[None, None, T]) -> T:
    """What work returns that yields where others may have their turn; they have it as often as is needed."""
    began = real_seconds()
    while True:
        try:
            next(work)
        except StopIteration as done:
            found: T = done.value
            return found
        if real_seconds() - began > LONGEST_TURN:
            await asyncio.sleep(0)
            began = real_seconds()

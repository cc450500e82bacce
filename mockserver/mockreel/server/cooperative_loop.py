"""Share the event loop: long work yields to other requests, so that none of them waits for an export."""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterable, Mapping
from itertools import chain
from typing import Any, TypeVar

import orjson
from orjson import Fragment

from mockreel.engine.clock import real_seconds
from mockreel.simulator.provider import Provider

T = TypeVar("T")
# The longest step, in real seconds.
LONGEST_STEP = 0.01


async def yielding(items: Iterable[T]) -> AsyncIterator[T]:
    """The items of an iterator that works for each one; other tasks run between two steps."""
    began = real_seconds()
    for item in items:
        yield item
        if real_seconds() - began > LONGEST_STEP:
            await asyncio.sleep(0)
            began = real_seconds()


async def settle_jobs(providers: Iterable[Provider]) -> None:
    """Charge what the jobs of all accounts cost so far, so that a sum takes no time; other tasks run meanwhile."""
    settling = (
        provider.ledger.settling(account, provider.clock.now())
        for provider in providers
        for account in [*provider.keyring.accounts.values()]
    )
    async for _ in yielding(chain.from_iterable(settling)):
        pass


async def write_rows(rows: Iterable[Mapping[str, Any]]) -> list[Fragment]:
    """Each row as JSON; a long list is written before the response is built."""
    return [Fragment(orjson.dumps(row)) async for row in yielding(rows)]


async def finish_work(work: Generator[None, None, T]) -> T:
    """The result of a generator that yields where other tasks may run; they run as often as needed."""
    began = real_seconds()
    while True:
        try:
            next(work)
        except StopIteration as done:
            found: T = done.value
            return found
        if real_seconds() - began > LONGEST_STEP:
            await asyncio.sleep(0)
            began = real_seconds()

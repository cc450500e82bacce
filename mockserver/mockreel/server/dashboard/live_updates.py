"""Changes of a page since it was last sent: as server-sent events, for as long as it is open."""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping
from typing import Any

import orjson

from mockreel.server.cooperative_loop import finish_work, settle_jobs, yielding
from mockreel.server.dashboard.renderer import Region
from mockreel.simulator.simulator import Simulator

# The longest wait in real seconds, so that a stopping server is not kept waiting.
WAIT_SECONDS = 0.25
# Real seconds of rest after a change was sent; where looking takes long, a page rests so many times as long.
REST = 0.05
REST_BY_WORK = 4
# A stream ends after so many real seconds; the browser opens the next one by itself.
LIFETIME = 20.0
# The most streams at once; other pages try again later.
MOST_STREAMS = 24

# Returns the regions of a page as they are now, in steps.
Look = Callable[[], Generator[None, None, Iterable[Region]]]


class Changes:
    """What a page has been sent: the order and the versions of its blocks, not the blocks."""

    def __init__(self) -> None:
        self._sent: dict[str, dict[str, str]] = {}

    def since(self, regions: Iterable[Region]) -> dict[str, Any]:
        """What must be sent: by region, the new order if it has one, and the blocks that are new or changed."""
        found = {}
        for region in regions:
            versions = {block.key: block.version for block in region.blocks}
            before = self._sent.get(region.name)
            if before == versions and before is not None and list(before) == list(versions):
                continue
            known = before or {}
            changed = {b.key: [b.version, b.html] for b in region.blocks if known.get(b.key) != b.version}
            found[region.name] = {"order": list(versions), "blocks": changed}
            self._sent[region.name] = versions
        return found


class Streams:
    """The streams of one mock server."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._open = 0

    @property
    def full(self) -> bool:
        return self._open >= MOST_STREAMS

    async def follow(self, look: Look, news: Callable[[Iterable[Any]], Mapping[str, Any]]) -> AsyncIterator[bytes]:
        """The events of one stream; the first brings the whole page, so that nothing is missed before it."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + LIFETIME
        changes, events = Changes(), self._simulator.events
        self._open += 1
        try:
            async for _ in yielding(events.starting()):
                pass
            cursor = events.cursor
            await settle_jobs(self._simulator.providers.values())
            yield b"retry: 400\n" + _event({"regions": changes.since(await finish_work(look()))})
            while loop.time() < ends and not self._simulator.scheduler.closing:
                update = await events.wait(cursor, timeout=WAIT_SECONDS)
                if update.cursor == cursor:
                    continue
                cursor = update.cursor
                await settle_jobs(self._simulator.providers.values())
                began = loop.time()
                yield _event({"regions": changes.since(await finish_work(look())), **news(update.events)})
                await asyncio.sleep(max(REST, REST_BY_WORK * (loop.time() - began)))
        finally:
            self._open -= 1


def _event(data: Mapping[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(data) + b"\n\n"

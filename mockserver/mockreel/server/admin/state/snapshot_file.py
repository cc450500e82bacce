"""A snapshot of many jobs, taken by a fork of this process: it is of one moment, and no request waits for it."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import BinaryIO

import orjson
from starlette.responses import Response, StreamingResponse

from mockreel.simulator.simulator import Simulator
from mockreel.simulator.snapshots import take
from mockreel.simulator.storage.checkpoints.process_fork import CAN_FORK, beside

# Of jobs, deliveries and uploads together so many, and of uploads so many bytes, are written at once, in a few
# milliseconds.
FEW, FEW_BYTES = 100, 500_000
_PIECE = 256 * 1024
_JSON = "application/json"


async def snapshot(simulator: Simulator) -> Response:
    """The snapshot as a response."""
    if not CAN_FORK or _is_small(simulator):
        return Response(orjson.dumps(take(simulator)), media_type=_JSON)
    file = os.fdopen(os.memfd_create("mockreel-snapshot"), "r+b", buffering=0)
    try:
        if not await _written(simulator, file):
            raise MemoryError("the process that took the snapshot has ended without it")
    except BaseException:
        file.close()
        raise
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return StreamingResponse(_pieces(file), media_type=_JSON, headers={"content-length": str(size)})


def _is_small(simulator: Simulator) -> bool:
    count, size = 0, 0
    for provider in simulator.providers.values():
        uploads = [*provider.uploads]
        count += len(provider.jobs) + len(provider.deliveries) + len(uploads)
        size += sum(len(upload.data or b"") for upload in uploads)  # what is only announced has none
    return count <= FEW and size <= FEW_BYTES


async def _written(simulator: Simulator, file: BinaryIO) -> bool:
    """Have it written by a child; whether that succeeded."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[bool] = loop.create_future()

    def end(succeeded: bool) -> None:
        if not ended.done():
            ended.set_result(succeeded)

    def on_end(succeeded: bool) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(end, succeeded)

    def write() -> None:
        data = memoryview(orjson.dumps(take(simulator)))
        while data:
            data = data[file.write(data) :]

    beside(write, on_end, into=file.fileno())
    return await ended


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
            await asyncio.sleep(0)

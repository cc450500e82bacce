"""A snapshot of many jobs, taken by a fork of this process: it is of one moment, and no request waits for it."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import BinaryIO

import orjson
from starlette.responses import Response, StreamingResponse

from mockreel.simulator.simulator import Simulator
from mockreel.simulator.snapshots import take
from mockreel.simulator.storage.checkpoints.process_fork import CAN_FORK, made_beside

# Of jobs, deliveries and uploads together so many, and of uploads so many bytes, are written at once, in a few
# milliseconds.
FEW, FEW_BYTES = 100, 500_000
_PIECE = 256 * 1024
_JSON = "application/json"


async def snapshot(simulator: Simulator) -> Response:
    if not CAN_FORK or _is_small(simulator):
        return Response(orjson.dumps(take(simulator)), media_type=_JSON)
    file = await made_beside(lambda: orjson.dumps(take(simulator)))
    size = os.fstat(file.fileno()).st_size
    return StreamingResponse(_pieces(file), media_type=_JSON, headers={"content-length": str(size)})


def _is_small(simulator: Simulator) -> bool:
    count, size = 0, 0
    for provider in simulator.providers.values():
        uploads = [*provider.uploads]
        count += len(provider.jobs) + len(provider.deliveries) + len(uploads)
        size += sum(len(upload.data or b"") for upload in uploads)  # what is only announced has none
    return count <= FEW and size <= FEW_BYTES


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
            await asyncio.sleep(0)

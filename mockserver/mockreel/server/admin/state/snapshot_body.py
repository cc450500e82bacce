"""The snapshot that a request brings, read and checked while other requests are answered."""

import asyncio
from tempfile import SpooledTemporaryFile

import orjson
from starlette.requests import Request

from mockreel.server.admin.request_reader import check_json, object_of
from mockreel.server.admin.state import snapshot_process
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.snapshots import ReadSnapshot, read_snapshot, read_snapshot_lines


async def read(simulator: Simulator, request: Request) -> ReadSnapshot:
    """The snapshot of a request; nothing on the simulator is changed.

    Raises:
        MockreelError: it cannot be restored here.
    """
    check_json(request)
    with await snapshot_process.body_file(request) as body:
        if body.tell() > snapshot_process.FEW_BYTES and snapshot_process.can_spawn():
            return await _from_lines(simulator, body)
        body.seek(0)
        return await asyncio.to_thread(lambda: read_snapshot(simulator, object_of(body.read())))


async def _from_lines(simulator: Simulator, body: "SpooledTemporaryFile[bytes]") -> ReadSnapshot:
    with snapshot_process.LinesOf(body) as file:
        lines = await file.written()
        written = None
        if simulator.recorder is not None:
            body.seek(0)
            written = orjson.Fragment(body.read())
        return await asyncio.to_thread(read_snapshot_lines, simulator, lines, written=written)

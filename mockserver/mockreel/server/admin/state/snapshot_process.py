"""A long snapshot is parsed and checked by another process, as a parser of JSON lets nobody run beside it."""

import asyncio
import os
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO

from starlette.requests import Request

import mockreel
from mockreel.errors import OptionError, StateError
from mockreel.server.admin.request_reader import MOST_SNAPSHOT
from mockreel.simulator.snapshots import FORM
from mockreel.simulator.snapshots.snapshot_lines import SnapshotLines

# A snapshot of more bytes is read by another process: one of so many is parsed and checked in a few milliseconds.
FEW_BYTES = 128 * 1024
_PROGRAM = "from mockreel.simulator.snapshots.snapshot_lines import main; main()"


async def body_file(request: Request) -> "SpooledTemporaryFile[bytes]":
    """The body of a request in a file, which is in memory if it is short.

    Raises:
        OptionError: it is longer than a snapshot may be.
    """
    file = SpooledTemporaryFile(max_size=FEW_BYTES)  # noqa: SIM115  (its reader closes it)
    try:
        async for chunk in request.stream():
            file.write(chunk)
            if file.tell() > MOST_SNAPSHOT:
                raise OptionError("body", f"more than {MOST_SNAPSHOT} bytes", ["a smaller JSON object"])
    except BaseException:
        file.close()
        raise
    return file


def can_spawn() -> bool:
    """Whether this Python can be started again."""
    return bool(sys.executable)


class LinesOf(AbstractContextManager["LinesOf"]):
    """The lines of a snapshot that another process writes; they are in an unnamed file until the block ends."""

    def __init__(self, body: IO[bytes]) -> None:
        self._body = body
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115

    async def written(self) -> SnapshotLines:
        """Have them written.

        Raises:
            OptionError: the body is no JSON.
            DataError: it is no snapshot.
            StateError: the process has ended without them.
        """
        self._body.seek(0)
        words = (sys.executable, "-P", "-c", _PROGRAM, str(FORM))  # -P: no module of the folder that it is started in
        child = await asyncio.create_subprocess_exec(
            *words, stdin=self._body.fileno(), stdout=self._file, env=_environment()
        )
        try:
            status = await child.wait()
        except BaseException:
            child.kill()
            raise
        if status:
            raise StateError(
                f"The snapshot was not restored: the process that reads it has ended with status {status}. Its "
                "standard error is the server's. Is there memory for ten times the file?"
            )
        self._file.seek(0)
        return await asyncio.to_thread(SnapshotLines.of, self._file)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _environment() -> dict[str, str]:
    """The environment in which the process finds the same package."""
    home = str(Path(mockreel.__file__).parent.parent)
    before = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([home, before] if before else [home])}

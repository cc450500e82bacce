"""Work that is done in a copy of this process, so that requests do not wait for it."""

import asyncio
import contextlib
import gc
import os
import sys
import warnings
from collections.abc import Callable
from threading import Thread
from typing import BinaryIO

# Elsewhere a copy of a process with threads is not safe.
CAN_FORK = sys.platform == "linux"
_FIRST_FILE, _MOST_FILES = 3, 65_536


def beside(work: Callable[[], object], done: Callable[[bool], None], *, into: int | None = None) -> Thread:
    """Do some work in a child that sees everything as it is now.

    Args:
        work: changes nothing here: what it leaves behind is what it writes.
        done: is called by another thread when it has ended, with whether it succeeded.
        into: an open file that it writes into.

    Returns:
        The thread that waits for the child.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child calls nothing that another thread may hold
        child = os.fork()
    if child == 0:
        _work(work, into)

    def wait() -> None:
        _, status = os.waitpid(child, 0)
        done(status == 0)

    thread = Thread(target=wait, name="mockreel-child", daemon=True)
    thread.start()
    return thread


async def made_beside(make: Callable[[], bytes]) -> BinaryIO:
    """A file in memory with what a child makes of everything as it is now; nobody waits but who asks.

    Raises:
        MemoryError: the child has ended without it.
    """
    file = os.fdopen(os.memfd_create("mockreel"), "r+b", buffering=0)
    try:
        if not await _written(make, file):
            raise MemoryError("the process that was to make it has ended without it")
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


async def _written(make: Callable[[], bytes], file: BinaryIO) -> bool:
    """Have a child write what it makes; whether that succeeded."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[bool] = loop.create_future()

    def end(succeeded: bool) -> None:
        if not ended.done():
            ended.set_result(succeeded)

    def told(succeeded: bool) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(end, succeeded)

    def write() -> None:
        data = memoryview(make())
        while data:
            data = data[file.write(data) :]

    beside(write, told, into=file.fileno())
    return await ended


def _work(work: Callable[[], object], into: int | None) -> None:
    """The child process: it closes every socket first, as they belong to the parent."""
    code = 1
    try:
        gc.disable()
        own = _MOST_FILES if into is None else into
        os.closerange(_FIRST_FILE, own)
        os.closerange(own + 1, _MOST_FILES)
        work()
        code = 0
    finally:
        os._exit(code)

"""Work that is done in a copy of this process, so that requests do not wait for it."""

import gc
import os
import sys
import warnings
from collections.abc import Callable
from threading import Thread

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

"""Stdin that Ctrl-C ends: the SDK waits for it in a thread that no signal wakes."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

_STDIN, _MOST_BYTES = 0, 65536


@contextmanager
def endable_input() -> Iterator[None]:
    """Within the block the first Ctrl-C is the end of stdin; a second one interrupts as usual.

    Stdin becomes a pipe, which a thread fills from the real one. Use it in the main thread.

    Raises:
        OSError: there is no stdin.
    """
    real, (reader, writer) = os.dup(_STDIN), os.pipe()
    os.dup2(reader, _STDIN)
    os.close(reader)
    before = signal.getsignal(signal.SIGINT)

    def end(*_: Any) -> None:
        signal.signal(signal.SIGINT, before)
        _end(writer)

    signal.signal(signal.SIGINT, end)
    Thread(target=_copy, args=(real, writer), daemon=True).start()  # it waits for the client, and must not keep us
    try:
        yield
    finally:
        end()
        os.dup2(real, _STDIN)


def _copy(source: int, writer: int) -> None:
    with suppress(OSError):  # the terminal or the pipe is closed
        while data := os.read(source, _MOST_BYTES):
            os.write(writer, data)
    _end(writer)


def _end(writer: int) -> None:
    """Close the pipe; its number stays in use, so that the thread never writes to another file."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, writer)
    os.close(nowhere)

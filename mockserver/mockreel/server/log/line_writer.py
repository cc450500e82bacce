"""Writes lines in a thread, so that a blocked reader stops nothing but itself."""

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import TextIO

# How long the last lines may take at the end, in real seconds.
CLOSE_TIMEOUT = 2.0

OnWritten = Callable[[], None]


class Outlet:
    """Writes lines in order. When the reader has gone, it discards them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._queue: queue.SimpleQueue[tuple[str, OnWritten | None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="mockreel log", daemon=True)
        self._thread.start()

    def write_line(self, text: str, *, done: OnWritten | None = None) -> None:
        """Write a text, some time; `done` is called when it is written, in another thread."""
        self._queue.put((text, done))

    def close(self, *, timeout: float = CLOSE_TIMEOUT) -> bool:
        """Write the rest, but wait for no reader longer than `timeout` real seconds; whether all was written."""
        self._queue.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            text, done = item
            with contextlib.suppress(OSError, ValueError):  # the reader has gone, or the stream is closed
                _write(self._stream, text)
            if done is not None:
                done()


class Nowhere:
    """Writes nothing."""

    def write_line(self, text: str, *, done: OnWritten | None = None) -> None:
        """It is as if it were written."""
        if done is not None:
            done()

    def close(self) -> bool:
        """There is nothing left to write."""
        return True


def _write(stream: TextIO, text: str) -> None:
    """Bypass the stream's own buffer, whose lock would block the end of the process while the reader is blocked."""
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    if raw is None:
        stream.write(text)
        stream.flush()
        return
    remaining = memoryview(text.encode(stream.encoding or "utf-8", "backslashreplace"))
    while remaining:
        remaining = remaining[raw.write(remaining) or 0 :]

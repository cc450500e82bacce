"""A waiting task on an event loop that can be woken from any thread."""

import asyncio
import contextlib


class Waiter:
    """A waiting task on an event loop."""

    __slots__ = ("_loop", "event")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.event = asyncio.Event()

    def wake(self) -> None:
        """Wake from any thread; cheap on the loop's own."""
        if self.event.is_set():
            return
        try:
            here: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if here is self._loop:
            self.event.set()
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended in the meantime
            self._loop.call_soon_threadsafe(self.event.set)

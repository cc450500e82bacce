"""The live log: follows the event stream and writes each event. A slow reader delays nothing."""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

from mockreel.server.log.line_writer import CLOSE_TIMEOUT, OnWritten
from mockreel.simulator.events import Event, EventStream, News

# The most lines in one write, and the longest wait for more of them, in seconds.
AT_ONCE = 500
PAUSE = 0.05


class Form(Protocol):
    """The form of lines: text, or JSON."""

    def line(self, event: Event) -> str: ...
    def skipped(self, count: int) -> str: ...
    def sentence(self, kind: str, text: str, fields: Mapping[str, Any]) -> str: ...


class Writer(Protocol):
    """Where texts go; `done` is called when one is written."""

    def write_line(self, text: str, *, done: OnWritten | None = None) -> None: ...
    def close(self) -> bool: ...


class Log:
    """A form and its output.

    While the output is blocked, events stay in the stream, which is limited; those that it drops are counted, and the
    number is written instead.
    """

    def __init__(self, form: Form, outlet: Writer, *, pause: float = PAUSE) -> None:
        self._form = form
        self._outlet = outlet
        self._pause = pause
        self._unwritten: deque[Event] = deque()
        self._skipped = 0
        self._cursor = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._outlet.close()

    def write_line(self, kind: str, text: str, **fields: Any) -> None:
        """A sentence of the mock server itself; `fields` are the same for machines."""
        self._outlet.write_line(f"{self._form.sentence(kind, text, fields)}\n")

    async def follow(self, events: EventStream) -> None:
        """Write what happens until this is cancelled; what has happened by then is still written, if anybody reads."""
        self._cursor = events.cursor
        try:
            while True:
                self._collect(await events.wait(self._cursor))
                await self._write()
                await asyncio.sleep(self._pause)
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    self._collect(events.since(self._cursor))
                    await self._write()
            raise

    def _collect(self, news: News) -> None:
        self._cursor = news.cursor
        self._unwritten.extend(news.events)
        self._skipped += news.skipped

    async def _write(self) -> None:
        """Write all collected events, some lines at once."""
        while self._unwritten or self._skipped:
            lines = [self._form.skipped(self._skipped)] if self._skipped else []
            self._skipped = 0
            lines += [self._line(self._unwritten.popleft()) for _ in range(min(AT_ONCE, len(self._unwritten)))]
            await self._write_through("".join([f"{line}\n" for line in lines]))

    def _line(self, event: Event) -> str:
        """One event; anybody may note one, and what its fields lack must not end the log."""
        try:
            return self._form.line(event)
        except (KeyError, TypeError, ValueError) as lack:
            what = f"an event of the kind {event.kind!r} cannot be written: {type(lack).__name__} {lack}"
            return self._form.sentence("broken", what, {})

    async def _write_through(self, text: str) -> None:
        loop, written = asyncio.get_running_loop(), asyncio.Event()

        def done() -> None:
            with suppress(RuntimeError):  # the loop has ended in the meantime
                loop.call_soon_threadsafe(written.set)

        self._outlet.write_line(text, done=done)
        await written.wait()

"""Whether a server answers somebody else while it is busy: polled again and again, measured in its processor time."""

import http.client
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

# Real seconds between two questions.
PAUSE = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")


class Pulse:
    """Reads the clock in a thread of its own, and records how long the server worked for others before it answered.

    Processor time is what counts: on a busy machine an idle server waits for its turn, too.
    """

    def __init__(self, url: str, process: int) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=600)
        self._stat = Path(f"/proc/{process}/stat")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._longest = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def longest(self) -> float:
        """The longest since the last call, in seconds."""
        found, self._longest = self._longest, 0.0
        return found

    def _run(self) -> None:
        while not self._over.wait(PAUSE):
            try:
                self._ask()
            except (OSError, http.client.HTTPException):
                self._connection.close()
        self._connection.close()

    def _ask(self) -> None:
        before = self._spent()
        self._connection.request("GET", "/_mockreel/clock")
        self._connection.getresponse().read()
        self._longest = max(self._longest, self._spent() - before)

    def _spent(self) -> float:
        """The processor time of the server so far."""
        fields = self._stat.read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

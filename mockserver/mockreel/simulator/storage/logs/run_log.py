"""The log of a run: what every kind of it can do, and the one that is in memory."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from hashlib import sha256
from typing import Any, Protocol

from mockreel.simulator.storage.logs.log_entry import Entry, decode

# What names the log of a run that is kept.
PLACES = ("a file", "redis://HOST:PORT/DB", "redis://HOST:PORT/DB?run=NAME")
# What to do where a disk is full.
ROOM = "Make room on that disk, or name a place on another one."


class RunLog(Protocol):
    """An ordered log that is only appended to. Entries are numbered from 1.

    `where` names it in messages; `head` describes the start of the run, None before it.
    """

    @property
    def where(self) -> str: ...

    @property
    def head(self) -> Mapping[str, Any] | None: ...

    @property
    def last(self) -> int:
        """The number of the newest entry; 0 where there is none."""
        ...

    def begin(self, head: Mapping[str, Any]) -> None:
        """Begin the run.

        Raises:
            StateError: it cannot be written.
        """
        ...

    def append(self, entries: Iterable[Entry]) -> "Future[None] | None":
        """Append entries, all or none. Returns what to wait for until they are stored, if anything.

        Raises:
            StateError: they cannot be written; the log is unchanged.
        """
        ...

    def entries(self, *, after: int = 0) -> Iterator[tuple[int, Entry]]:
        """The entries behind a number, in order.

        Raises:
            StateError: one cannot be read.
        """
        ...

    def keep_file(self, data: bytes) -> str:
        """Store a body beside the log; returns the name by which `file` finds it."""
        ...

    def file(self, name: str) -> bytes:
        """A body that was stored.

        Raises:
            StateError: there is none of that name.
        """
        ...

    def close(self) -> None:
        """Give back what it holds; nothing is appended afterwards."""
        ...


class MemoryLog:
    """A log that ends with the process."""

    def __init__(self) -> None:
        self.where = "the log in memory"
        self.head: Mapping[str, Any] | None = None
        self._lines: list[bytes] = []
        self._files: dict[str, bytes] = {}

    @property
    def last(self) -> int:
        return len(self._lines)

    def begin(self, head: Mapping[str, Any]) -> None:
        self.head = head

    def append(self, entries: Iterable[Entry]) -> None:
        self._lines += [entry.encode() for entry in entries]

    def entries(self, *, after: int = 0) -> Iterator[tuple[int, Entry]]:
        for number, line in enumerate(self._lines[after:], after + 1):
            yield number, decode(line, where=self.where, number=number)

    def keep_file(self, data: bytes) -> str:
        name = file_name(data)
        self._files[name] = data
        return name

    def file(self, name: str) -> bytes:
        return self._files[name]

    def close(self) -> None:
        pass


def file_name(data: bytes) -> str:
    """The name of a body beside a log: its hash."""
    return sha256(data).hexdigest()

"""A log in a file: one SQLite database, one connection.

An entry is in the operating system's hands before its request is answered, so a process may be killed at any moment;
with `sync` it is on the disk. Without `sync` it is written to a file beside the database, its tail, and many are
committed at once, as each commit costs several times what an entry does.
"""

import contextlib
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from mockreel.errors import StateError
from mockreel.simulator.storage.logs.log_database import LogDatabase, begun_only, foreign, run_in
from mockreel.simulator.storage.logs.log_entry import Entry, decode
from mockreel.simulator.storage.logs.log_tail import LogTail, Row
from mockreel.simulator.storage.logs.log_writer import LogWriter
from mockreel.simulator.storage.logs.sqlite_errors import WHOLE, WRITABLE, as_state_error, unopened, unwritable

# So many entries are in the tail, if they have room there, before they are committed.
_MOST_ROWS = 64


class SqliteLog:
    """The log in a file. Only one process may have it open.

    `unended` is a sentence where the server that wrote it last did not end it, else empty. The database itself has how
    many entries there were when it was ended; while a server writes, the newest ones are in the WAL beside it.

    Args:
        path: the file; it is made where there is none.
        sync: have every entry on the disk before its request is answered.

    Raises:
        StateError: the file is no log, is another version's, is damaged, or is in use.
    """

    def __init__(self, path: Path, *, sync: bool = False) -> None:
        self.where = str(path)
        self._path = path
        self._sync = sync
        self._wal = path.with_name(f"{path.name}-wal")
        self._tail_path = path.with_name(f"{path.name}-tail")
        self._rows: list[Row] = []  # what the tail has, and the database has not
        new = not path.exists()
        self._keeps_wal = self._wal.exists()  # there is a WAL that belongs to a run which nobody has ended
        missing = [file.name for file in (self._wal, self._tail_path) if not file.exists()]
        self._written = False  # something was written since it was opened
        self._check_files(path, new=new)
        run = secrets.token_hex(8) if new else run_in(path, self._wal)
        self._tail = LogTail(self._tail_path, run=run)
        try:
            if run and self._tail.is_foreign():
                raise foreign(path, self._tail_path)
            self._open(run, new=new, missing=missing)
        except OSError as problem:
            raise unopened(path, problem.strerror or problem) from problem
        self._writer = LogWriter(self._database.commit) if sync else None

    def _open(self, run: str, *, new: bool, missing: Sequence[str]) -> None:
        """Open the database, and leave nothing of a new one behind if that fails."""
        with contextlib.ExitStack() as undone:
            for file in (self._path, self._wal, self._tail_path) if new else ():
                undone.callback(file.unlink, missing_ok=True)
            undone.callback(self._let_go)
            self._database = LogDatabase(self._path, run=run, new=new, sync=self._sync)
            undone.callback(self._database.close)
            self.last, self.head = self._database.read()
            self._ended = self._how_it_ended(new=new, missing=missing)
            self._take_tail()
            if new:
                self._first_write()
            undone.pop_all()

    def _check_files(self, path: Path, *, new: bool) -> None:
        if not new and not path.is_file():
            raise StateError(f"{path} is no file. Name a file for the run.")
        if not new and path.stat().st_size == 0:
            raise StateError(
                f"{path} is empty, so it holds no run. Delete it to begin one there, or name another file."
            )
        for file in (self._wal, self._tail_path):
            if new and file.exists():
                raise StateError(
                    f"{path} is missing, and {file.name} is there, which belongs to it. "
                    f"Put it back, or delete {file.name}."
                )

    def _how_it_ended(self, *, new: bool, missing: Sequence[str]) -> int | None:
        """How many entries there were when it was ended; None where it was not, which `unended` tells."""
        self.unended = ""
        if new:
            return None
        ended = self._database.ended()
        if ended not in (None, self.last):
            raise StateError(
                f"{self.where} is damaged: its end has {ended} entries, and {self.last} are there. {WHOLE}"
            )
        if ended is None and missing:
            raise StateError(
                f"{self.where} was not ended, and {missing[0]} is missing, which has its newest entries. Put it "
                f"beside it; an empty file of that name goes on with the {self.last} entries that are there."
            )
        if ended is None and self.head is None:
            raise begun_only(self._path)
        return ended

    def _take_tail(self) -> None:
        """Go on behind the entries of the tail, and tell how many there are if nobody has ended the run."""
        if self._ended is not None:  # then the database has all of it
            return
        try:
            rows = [row for row in self._tail.read(after=self.last) if row[0] > self.last]
        except OSError as problem:
            raise StateError(
                f"{self._tail_path} cannot be read ({problem.strerror or problem}). {WRITABLE}"
            ) from problem
        if self._tail.is_damaged:
            raise StateError(
                f"{self._tail_path} is damaged: entries are missing behind entry {rows[-1][0] if rows else self.last}. "
                f"Take a copy that is whole; to go on with the {self.last} entries of {self.where}, empty it."
            )
        if rows and [number for number, _ in rows] != [*range(self.last + 1, self.last + 1 + len(rows))]:
            raise StateError(
                f"{self.where} has lost entries: it has {self.last}, and {self._tail_path.name} goes on with entry "
                f"{rows[0][0]}. Take a copy that is whole; to go on with those {self.last}, empty "
                f"{self._tail_path.name}."
            )
        self._rows = rows
        self.last += len(rows)
        if self.head is not None:
            self.unended = (
                f"The run in {self.where} was not ended: its server was killed, or the machine failed. "
                f"It goes on behind the {self.last} entries that are there."
            )

    def _first_write(self) -> None:
        """From now on the run is one that was not ended, which the database itself must have."""
        try:
            self._tail.open()
        except OSError as problem:
            raise unwritable(self._path, problem) from problem
        if self._ended is not None:
            self._database.reopen(self._wal)
        self._written = self._keeps_wal = True
        if self._sync and self._rows:  # those of a server that was served without it
            self._settle(self._rows)

    def begin(self, head: Mapping[str, Any]) -> None:
        with as_state_error(self._path):
            if not self._written:
                self._first_write()
        self._database.begin(head)
        self.head = head

    def append(self, entries: Iterable[Entry]) -> "Future[None] | None":
        rows = [(self.last + place, entry.encode()) for place, entry in enumerate(entries, 1)]
        if not rows:
            return None
        if not self._written:
            with as_state_error(self._path):
                self._first_write()
        if self._writer is not None:
            done = self._writer.put(rows)
            self.last = rows[-1][0]
            return done
        self._append(rows)
        self.last = rows[-1][0]
        return None

    def _append(self, rows: list[Row]) -> None:
        """Write rows to the tail; or commit them with what it has, if that is much. All or none."""
        if len(self._rows) + len(rows) < _MOST_ROWS and self._tail.append(rows):
            self._rows += rows
        else:
            self._settle([*self._rows, *rows])

    def _settle(self, rows: list[Row]) -> None:
        """Commit all that is in the tail, and what comes behind it, and empty the tail."""
        self._database.commit(rows)
        self._rows = []  # another list, as the one before may be read
        with contextlib.suppress(OSError):  # without a tail each entry is committed
            self._tail.empty()

    def entries(self, *, after: int = 0) -> Iterator[tuple[int, Entry]]:
        while True:
            rest = self._rows  # before the database is asked: what leaves the tail meanwhile is there
            rows = self._database.rows(after) or [row for row in tuple(rest) if row[0] > after]
            if not rows:
                return
            for number, line in rows:
                yield number, decode(line, where=self.where, number=number)
            after = rows[-1][0]

    def keep_file(self, data: bytes) -> str:
        return self._database.keep_file(data)

    def file(self, name: str) -> bytes:
        return self._database.file(name)

    def move_wal(self) -> None:
        """Move what the WAL has into the database itself, as SQLite does now and then."""
        self._database.move_wal()

    def limit_pages(self, most: int) -> None:
        """Allow the file this many pages, or as many as it has."""
        self._database.limit_pages(most)

    def close(self) -> None:
        is_stored = self._writer is None or self._writer.close()
        with contextlib.suppress(sqlite3.Error, StateError):
            if self._written and is_stored:
                self._end()
        self._database.close()
        self._let_go()

    def _let_go(self) -> None:
        """Close the tail. A run that nobody has ended still is one: it keeps its WAL, though that is empty now."""
        self._tail.close()
        if self._keeps_wal:
            with contextlib.suppress(OSError):
                self._wal.touch(mode=0o600)

    def _end(self) -> None:
        """The database gets all that there is, and how much that is."""
        if self._rows:
            self._settle(self._rows)
        self._database.end()
        self._tail.remove()
        self._keeps_wal = False

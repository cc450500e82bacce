"""A log in a file: one SQLite database, one connection.

An entry is in the operating system's hands before its request is answered, so a process may be killed at any moment;
with `sync` it is on the disk. Without `sync` it is written to a file beside the database, its tail, and many are
committed at once, as each commit costs several times what an entry does.
"""

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from errno import EDQUOT, ENOSPC
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

import orjson

from mockreel.errors import StateError
from mockreel.simulator.storage.logs.log_entry import Entry, decode
from mockreel.simulator.storage.logs.log_tail import LogTail, Row
from mockreel.simulator.storage.logs.run_log import ROOM, file_name

# What SQLite calls a file of ours (`PRAGMA application_id`), and the version of its form.
APPLICATION, FORM = 0x4D52454C, 4
_TABLES = """
CREATE TABLE run (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL);
CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), run TEXT NOT NULL, value BLOB NOT NULL);
CREATE TABLE entries (last INTEGER PRIMARY KEY, count INTEGER NOT NULL, run TEXT NOT NULL, lines BLOB NOT NULL);
CREATE TABLE files (name TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE ended (id INTEGER PRIMARY KEY CHECK (id = 1), entries INTEGER);
INSERT INTO ended (id, entries) VALUES (1, NULL);
"""
# What is committed together is one row: the number of its last entry, how many there are, whose, and their lines.
_INSERT = "INSERT INTO entries (last, count, run, lines) VALUES (?, ?, ?, ?)"
# Rows that another run's WAL has brought; each row names its run, as SQLite takes any WAL that is whole.
_FOREIGN = "SELECT EXISTS (SELECT 1 FROM entries WHERE run != :run) OR EXISTS (SELECT 1 FROM head WHERE run != :run)"
# What to do where a file is damaged, and where it cannot be written though the disk has room.
_WHOLE = "Take a copy that is whole, or name another file."
_WRITABLE = "See that this user may write the file and its folder, and that the disk works; or name another file."
# A commit writes whole pages: small ones cost less (bytes).
_PAGE = 2048
# So many pages are in the WAL before they are moved, for which a commit waits for the disk.
_WAL_PAGES = 8000
# So many entries are committed together at most, and so many such pieces are read at a time.
_PIECE, _PIECES = 1000, 16
# So many entries are in the tail, if they have room there, before they are committed.
_MOST_ROWS = 64


class _Batch(NamedTuple):
    """What the writer thread is to commit, and who waits for it."""

    rows: list[Row]
    done: "Future[None]"


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
        self._queue: SimpleQueue[_Batch | None] = SimpleQueue()
        self._writer: Thread | None = None
        self._wal = path.with_name(f"{path.name}-wal")
        self._tail_path = path.with_name(f"{path.name}-tail")
        self._rows: list[Row] = []  # what the tail has, and the database has not
        self._unwritten: list[Row] = []  # what the writer thread could not commit yet, and why
        self._lost: StateError | None = None
        new = not path.exists()
        self._keeps_wal = self._wal.exists()  # there is a WAL that belongs to a run which nobody has ended
        missing = [file.name for file in (self._wal, self._tail_path) if not file.exists()]
        self._written = False  # something was written since it was opened
        self._check_files(path, new=new)
        self._run = secrets.token_hex(8) if new else self._read_run(path)
        self._tail = LogTail(self._tail_path, run=self._run)
        try:
            if self._run and self._tail.is_foreign():
                raise self._foreign(self._tail_path)
            with self._as_state_error():
                self._connection = self._opened(path, new=new)
        except OSError as problem:
            raise self._unopened(problem.strerror or problem) from problem
        try:
            self._prepare(new=new)
            self._file = path.stat()
            self.last, self.head = self._read()
            self._ended = self._how_it_ended(new=new, missing=missing)
            self._take_tail()
            if new:
                self._first_write()
        except BaseException:
            self._let_go()
            for file in (path, self._wal, self._tail_path) if new else ():
                file.unlink(missing_ok=True)
            raise
        if sync:
            self._writer = Thread(target=self._write_on, name="mockreel-state", daemon=True)
            self._writer.start()

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

    def _opened(self, path: Path, *, new: bool) -> sqlite3.Connection:
        if new:  # it holds request bodies: only the owner may read it
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        return sqlite3.connect(path, timeout=0.2, isolation_level=None, check_same_thread=False)

    def _read_run(self, path: Path) -> str:
        """The identity of the run, which is in the database itself.

        Raises:
            StateError: what is beside the database belongs to another run, or the database is none of ours.
        """
        with self._as_state_error():
            # Without its WAL, and then with it, read only: whoever may write moves the WAL into the database.
            with _reading(path, "immutable=1") as alone:
                if not alone.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'run'").fetchone()[0]:
                    return ""  # another program's, or of another form, as will be said
                run = alone.execute("SELECT max(name) FROM run").fetchone()[0]
            if not isinstance(run, str):
                raise StateError(f"{path} is damaged: the name of the run is missing. {_WHOLE}")
            if self._wal.exists() and self._wal.stat().st_size:
                with _reading(path, "mode=ro") as both:
                    if both.execute(_FOREIGN, {"run": run}).fetchone()[0]:
                        raise self._foreign(self._wal)
        return run

    def _foreign(self, file: Path) -> StateError:
        return StateError(
            f"{file.name} beside {self.where} belongs to another run. Put that of this run there; an empty file of "
            "that name goes on with the entries that are in the others."
        )

    def _prepare(self, *, new: bool) -> None:
        """Take the file for this process, and see that it is one of ours."""
        with self._as_state_error():
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            if new:  # before there is a WAL: the database itself has its tables
                self._make()
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if self._sync else 'NORMAL'}")
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
            self._connection.execute("BEGIN IMMEDIATE")  # takes the file
            self._connection.execute("COMMIT")
            self._check()

    def _make(self) -> None:
        self._connection.execute(f"PRAGMA page_size = {_PAGE}")
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(f"PRAGMA application_id = {APPLICATION}")
        self._connection.execute(f"PRAGMA user_version = {FORM}")
        for statement in _TABLES.strip().split(";\n"):
            self._connection.execute(statement.rstrip(";"))
        self._connection.execute("INSERT INTO run (id, name) VALUES (1, ?)", (self._run,))
        self._connection.execute("COMMIT")

    def _check(self) -> None:
        if not self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            raise self._begun_only()
        application = self._connection.execute("PRAGMA application_id").fetchone()[0]
        if application != APPLICATION:
            raise StateError(f"{self.where} is a SQLite database of another program. Name another file.")
        form = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if form != FORM:
            raise StateError(
                f"{self.where} has form {form} of the log; this version reads form {FORM}. "
                "Serve it with the version that wrote it, or name another file."
            )
        damage = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise StateError(f"{self.where} is damaged ({damage}). {_WHOLE}")

    def _read(self) -> tuple[int, Mapping[str, Any] | None]:
        with self._as_state_error():
            count, last = self._connection.execute("SELECT sum(count), max(last) FROM entries").fetchone()
            found = self._connection.execute("SELECT value FROM head").fetchone()
        if count != last:
            raise StateError(f"{self.where} is damaged: of {last} entries {last - count} are missing. {_WHOLE}")
        if found is None and count:
            raise StateError(f"{self.where} is damaged: the start of the run is missing. {_WHOLE}")
        try:
            return last or 0, None if found is None else orjson.loads(found[0])
        except (ValueError, TypeError) as problem:
            said = f"{self.where} is damaged: the start of the run cannot be read ({problem}). {_WHOLE}"
            raise StateError(said) from problem

    def _begun_only(self) -> StateError:
        return StateError(
            f"{self.where} holds no run: its server was ended while it began it, or what {self._wal.name} had is lost. "
            f"Delete it, {self._wal.name} and {self._tail_path.name} to begin one there, or name another file."
        )

    def _how_it_ended(self, *, new: bool, missing: Sequence[str]) -> int | None:
        """How many entries there were when it was ended; None where it was not, which `unended` tells."""
        self.unended = ""
        with self._as_state_error():
            found = self._connection.execute("SELECT entries FROM ended").fetchone()
        ended: int | None = None if found is None else found[0]
        if new:
            return None
        if found is None or ended not in (None, self.last):
            raise StateError(
                f"{self.where} is damaged: its end has {ended} entries, and {self.last} are there. {_WHOLE}"
            )
        if ended is None and missing:
            raise StateError(
                f"{self.where} was not ended, and {missing[0]} is missing, which has its newest entries. Put it "
                f"beside it; an empty file of that name goes on with the {self.last} entries that are there."
            )
        if ended is None and self.head is None:
            raise self._begun_only()
        return ended

    def _take_tail(self) -> None:
        """Go on behind the entries of the tail, and tell how many there are if nobody has ended the run."""
        if self._ended is not None:  # then the database has all of it
            return
        try:
            rows = [row for row in self._tail.read(after=self.last) if row[0] > self.last]
        except OSError as problem:
            raise StateError(
                f"{self._tail_path} cannot be read ({problem.strerror or problem}). {_WRITABLE}"
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
            raise self._unwritable(problem) from problem
        if self._ended is not None:
            self._connection.execute("PRAGMA journal_mode = DELETE")
            self._wal.touch(mode=0o600)  # whoever finds the run not ended finds a WAL
            self._connection.execute("UPDATE ended SET entries = NULL")
            self._connection.execute("PRAGMA journal_mode = WAL")
        self._written = self._keeps_wal = True
        if self._sync and self._rows:  # those of a server that was served without it
            self._settle(self._rows)

    def begin(self, head: Mapping[str, Any]) -> None:
        with self._as_state_error():
            if not self._written:
                self._first_write()
            self._connection.execute(
                "INSERT INTO head (id, run, value) VALUES (1, ?, ?)", (self._run, orjson.dumps(head))
            )
        self.head = head

    def append(self, entries: Iterable[Entry]) -> "Future[None] | None":
        rows = [(self.last + place, entry.encode()) for place, entry in enumerate(entries, 1)]
        if not rows:
            return None
        if not self._written:
            with self._as_state_error():
                self._first_write()
        if self._writer is not None:
            return self._hand_over(rows)
        self._append(rows)
        self.last = rows[-1][0]
        return None

    def _hand_over(self, rows: list[Row]) -> "Future[None]":
        """Have the writer thread commit rows; none while it could not commit the last ones, which it tries again."""
        done: Future[None] = Future()
        lost = self._lost
        self._queue.put(_Batch([] if lost else rows, done))
        if lost is not None:
            raise lost
        self.last = rows[-1][0]
        return done

    def _append(self, rows: list[Row]) -> None:
        """Write rows to the tail; or commit them with what it has, if that is much. All or none."""
        if len(self._rows) + len(rows) < _MOST_ROWS and self._tail.append(rows):
            self._rows += rows
        else:
            self._settle([*self._rows, *rows])

    def _settle(self, rows: list[Row]) -> None:
        """Commit all that is in the tail, and what comes behind it, and empty the tail."""
        with self._as_state_error():
            self._commit(rows)
        self._rows = []  # another list, as the one before may be read
        with contextlib.suppress(OSError):  # without a tail each entry is committed
            self._tail.empty()

    def _unwritable(self, problem: OSError) -> StateError:
        then = ROOM if problem.errno in (ENOSPC, EDQUOT) else _WRITABLE
        return StateError(f"{self.where} cannot be written ({problem.strerror or problem}). {then}")

    def _commit(self, rows: list[Row]) -> None:
        self._see_the_file()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.execute(
                _INSERT, (rows[-1][0], len(rows), self._run, b"\n".join([line for _, line in rows]))
            )
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:  # a full disk has ended it already
                self._connection.execute("ROLLBACK")
            raise

    def _see_the_file(self) -> None:
        """See that the database is the file that was opened: what is committed to a deleted one is nowhere.

        Raises:
            StateError: it was deleted, replaced or cut meanwhile.
        """
        try:
            now = self._path.stat()
        except OSError:
            what = "is not there any more"
        else:
            what = "was cut" if os.path.samestat(now, self._file) else "is another file now"
            if what == "was cut" and now.st_size >= self._file.st_size:
                self._file = now  # it only grows
                return
        raise StateError(
            f"{self.where} {what}, while it is served: nothing can be kept there. `mockreel control snapshot` saves "
            "the state; then end the server, and put the file back or name another one."
        )

    def _write_on(self) -> None:
        """Commit what comes, as much as is there at a time, until None comes."""
        while (batch := self._queue.get()) is not None:
            batches = [batch]
            while not self._queue.empty() and len(batches) < _PIECE:
                more = self._queue.get()
                if more is None:
                    self._queue.put(None)
                    break
                batches.append(more)
            self._commit_all(batches)

    def _commit_all(self, batches: list[_Batch]) -> None:
        """Commit batches behind what could not be committed before, or keep them until they can be."""
        rows = self._unwritten + [row for one in batches for row in one.rows]
        try:
            with self._as_state_error():
                if rows:
                    self._commit(rows)
        except StateError as problem:
            self._unwritten, self._lost = rows, problem
        else:
            self._unwritten, self._lost = [], None
        for one in batches:
            one.done.set_result(None) if self._lost is None else one.done.set_exception(self._lost)

    def entries(self, *, after: int = 0) -> Iterator[tuple[int, Entry]]:
        while True:
            rest = self._rows  # before the database is asked: what leaves the tail meanwhile is there
            rows = self._committed(after) or [row for row in tuple(rest) if row[0] > after]
            if not rows:
                return
            for number, line in rows:
                yield number, decode(line, where=self.where, number=number)
            after = rows[-1][0]

    def _committed(self, after: int) -> list[Row]:
        """Some of the rows behind a number that the database has, in order; none where there are none."""
        with self._as_state_error():
            pieces = self._connection.execute(
                "SELECT last, count, lines FROM entries WHERE last > ? ORDER BY last LIMIT ?", (after, _PIECES)
            ).fetchall()
        found: list[Row] = []
        for last, count, lines in pieces:
            rows = [*enumerate(lines.split(b"\n"), last - count + 1)]
            if len(rows) != count:
                raise StateError(
                    f"{self.where} is damaged: {len(rows)} entries are there of {count} up to {last}. {_WHOLE}"
                )
            found += rows
        return [row for row in found if row[0] > after]

    def keep_file(self, data: bytes) -> str:
        name = file_name(data)
        with self._as_state_error():
            self._connection.execute("INSERT OR IGNORE INTO files (name, data) VALUES (?, ?)", (name, data))
        return name

    def file(self, name: str) -> bytes:
        with self._as_state_error():
            found = self._connection.execute("SELECT data FROM files WHERE name = ?", (name,)).fetchone()
        if found is None:
            raise StateError(f"{self.where} is damaged: the body {name} is missing. {_WHOLE}")
        return bytes(found[0])

    def limit_pages(self, most: int) -> None:
        """Allow the file this many pages, or as many as it has."""
        self._connection.execute(f"PRAGMA max_page_count = {int(most)}")

    def close(self) -> None:
        if self._writer is not None:
            self._queue.put(None)
            self._writer.join()
            if self._unwritten:
                self._commit_all([])
        with contextlib.suppress(sqlite3.Error, StateError):
            if self._written and not self._unwritten:
                self._end()
        self._let_go()

    def _let_go(self) -> None:
        """Close the files. A run that nobody has ended still is one: it keeps its WAL, though that is empty now."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        self._tail.close()
        if self._keeps_wal:
            with contextlib.suppress(OSError):
                self._wal.touch(mode=0o600)

    def _end(self) -> None:
        """The database gets all that there is, and how much that is."""
        if self._rows:
            self._settle(self._rows)
        self._connection.execute("UPDATE ended SET entries = (SELECT ifnull(max(last), 0) FROM entries)")
        self._tail.remove()
        self._keeps_wal = False

    @contextlib.contextmanager
    def _as_state_error(self) -> Iterator[None]:
        """Report SQLite's error as one of our own."""
        try:
            yield
        except sqlite3.DatabaseError as problem:
            raise self._sentence(problem) from problem

    def _unopened(self, why: object) -> StateError:
        return StateError(
            f"{self.where} cannot be opened ({why}). Name a file in a folder that exists and that this user may write."
        )

    def _sentence(self, problem: sqlite3.DatabaseError) -> StateError:
        code = getattr(problem, "sqlite_errorcode", sqlite3.SQLITE_CANTOPEN) & 0xFF  # the rest is for SQLite's authors
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StateError(f"{self.where} is in use by another process. End that server, or name another file.")
        if code == sqlite3.SQLITE_CANTOPEN:
            return self._unopened(problem)
        if code == sqlite3.SQLITE_FULL:
            return StateError(f"{self.where} cannot be written ({problem}). {ROOM}")
        if code == sqlite3.SQLITE_NOTADB:
            return StateError(f"{self.where} is no run of mockreel, or it is damaged ({problem}). {_WHOLE}")
        if not isinstance(problem, sqlite3.OperationalError):
            return StateError(f"{self.where} is damaged ({problem}). {_WHOLE}")
        return StateError(f"{self.where} cannot be read or written ({problem}). {_WRITABLE}")


@contextlib.contextmanager
def _reading(path: Path, how: str) -> Iterator[sqlite3.Connection]:
    """A database that is only read; what SQLite makes beside it for that is removed again."""
    index = path.with_name(f"{path.name}-shm")
    was_there = index.exists()
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=0.2)
    try:
        yield connection
    finally:
        connection.close()
        if not was_there:
            index.unlink(missing_ok=True)

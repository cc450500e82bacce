"""The SQLite database of a log: the entries of one run, their bodies in files, and how the run began and ended."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from mockreel.errors import StateError
from mockreel.simulator.storage.logs.log_tail import Row
from mockreel.simulator.storage.logs.run_log import file_name
from mockreel.simulator.storage.logs.sqlite_errors import WHOLE, as_state_error

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
# A commit writes whole pages: small ones cost less (bytes).
_PAGE = 2048
# So many pages are in the WAL before they are moved, for which a commit waits for the disk.
_WAL_PAGES = 8000
# So many pieces, each committed at once, are read at a time.
_PIECES = 16


class LogDatabase:
    """The database, opened by one process alone, with one connection.

    Args:
        path: the file.
        run: the identity of the run.
        new: make the file and its tables.
        sync: a commit waits until it is on the disk.

    Raises:
        StateError: it is no log, is another version's, is damaged, or is in use.
    """

    def __init__(self, path: Path, *, run: str, new: bool, sync: bool) -> None:
        self._path = path
        self._run = run
        with as_state_error(path):
            self._connection = self._opened(path, new=new)
        try:
            with as_state_error(path):
                self._prepare(new=new, sync=sync)
        except BaseException:
            self.close()
            raise
        self._file = path.stat()

    @staticmethod
    def _opened(path: Path, *, new: bool) -> sqlite3.Connection:
        if new:  # it holds request bodies: only the owner may read it
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        return sqlite3.connect(path, timeout=0.2, isolation_level=None, check_same_thread=False)

    def _prepare(self, *, new: bool, sync: bool) -> None:
        """Take the file for this process, and see that it is one of ours."""
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        if new:  # before there is a WAL: the database itself has its tables
            self._make()
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if sync else 'NORMAL'}")
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
            raise begun_only(self._path)
        application = self._connection.execute("PRAGMA application_id").fetchone()[0]
        if application != APPLICATION:
            raise StateError(f"{self._path} is a SQLite database of another program. Name another file.")
        form = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if form != FORM:
            raise StateError(
                f"{self._path} has form {form} of the log; this version reads form {FORM}. "
                "Serve it with the version that wrote it, or name another file."
            )
        damage = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise StateError(f"{self._path} is damaged ({damage}). {WHOLE}")

    def read(self) -> tuple[int, Mapping[str, Any] | None]:
        """The number of the newest entry, and the start of the run if it has begun."""
        with as_state_error(self._path):
            count, last = self._connection.execute("SELECT sum(count), max(last) FROM entries").fetchone()
            found = self._connection.execute("SELECT value FROM head").fetchone()
        if count != last:
            raise StateError(f"{self._path} is damaged: of {last} entries {last - count} are missing. {WHOLE}")
        if found is None and count:
            raise StateError(f"{self._path} is damaged: the start of the run is missing. {WHOLE}")
        try:
            return last or 0, None if found is None else orjson.loads(found[0])
        except (ValueError, TypeError) as problem:
            said = f"{self._path} is damaged: the start of the run cannot be read ({problem}). {WHOLE}"
            raise StateError(said) from problem

    def ended(self) -> int | None:
        """How many entries there were when the run was ended; None where it was not.

        Raises:
            StateError: it cannot be told.
        """
        with as_state_error(self._path):
            found = self._connection.execute("SELECT entries FROM ended").fetchone()
        if found is None:
            raise StateError(f"{self._path} is damaged: the end of the run is missing. {WHOLE}")
        ended: int | None = found[0]
        return ended

    def end(self) -> None:
        """Store how many entries there are."""
        self._connection.execute("UPDATE ended SET entries = (SELECT ifnull(max(last), 0) FROM entries)")

    def reopen(self, wal: Path) -> None:
        """The run has not ended any more, which the database itself must have, not only its WAL."""
        self._connection.execute("PRAGMA journal_mode = DELETE")
        wal.touch(mode=0o600)  # whoever finds the run not ended finds a WAL
        self._connection.execute("UPDATE ended SET entries = NULL")
        self._connection.execute("PRAGMA journal_mode = WAL")

    def begin(self, head: Mapping[str, Any]) -> None:
        """Store the start of the run."""
        with as_state_error(self._path):
            self._connection.execute(
                "INSERT INTO head (id, run, value) VALUES (1, ?, ?)", (self._run, orjson.dumps(head))
            )

    def commit(self, rows: list[Row]) -> None:
        """Commit rows, all or none."""
        with as_state_error(self._path):
            self._commit(rows)

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
            f"{self._path} {what}, while it is served: nothing can be kept there. `mockreel control snapshot` saves "
            "the state; then end the server, and put the file back or name another one."
        )

    def rows(self, after: int) -> list[Row]:
        """Some of the rows behind a number that the database has, in order; none where there are none."""
        with as_state_error(self._path):
            pieces = self._connection.execute(
                "SELECT last, count, lines FROM entries WHERE last > ? ORDER BY last LIMIT ?", (after, _PIECES)
            ).fetchall()
        found: list[Row] = []
        for last, count, lines in pieces:
            rows = [*enumerate(lines.split(b"\n"), last - count + 1)]
            if len(rows) != count:
                raise StateError(
                    f"{self._path} is damaged: {len(rows)} entries are there of {count} up to {last}. {WHOLE}"
                )
            found += rows
        return [row for row in found if row[0] > after]

    def keep_file(self, data: bytes) -> str:
        """Store a body; returns the name by which `file` finds it."""
        name = file_name(data)
        with as_state_error(self._path):
            self._connection.execute("INSERT OR IGNORE INTO files (name, data) VALUES (?, ?)", (name, data))
        return name

    def file(self, name: str) -> bytes:
        """A body that was stored."""
        with as_state_error(self._path):
            found = self._connection.execute("SELECT data FROM files WHERE name = ?", (name,)).fetchone()
        if found is None:
            raise StateError(f"{self._path} is damaged: the body {name} is missing. {WHOLE}")
        return bytes(found[0])

    def move_wal(self) -> None:
        """Move what the WAL has into the database itself."""
        self._connection.execute("PRAGMA wal_checkpoint")

    def limit_pages(self, most: int) -> None:
        """Allow the file this many pages, or as many as it has."""
        self._connection.execute(f"PRAGMA max_page_count = {int(most)}")

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()


def run_in(path: Path, wal: Path) -> str:
    """The identity of the run, which is in the database itself.

    Raises:
        StateError: what is beside the database belongs to another run, or the database is none of ours.
    """
    with as_state_error(path):
        # Without its WAL, and then with it, read only: whoever may write moves the WAL into the database.
        with _reading(path, "immutable=1") as alone:
            if not alone.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'run'").fetchone()[0]:
                return ""  # another program's, or of another form, as will be said
            run = alone.execute("SELECT max(name) FROM run").fetchone()[0]
        if not isinstance(run, str):
            raise StateError(f"{path} is damaged: the name of the run is missing. {WHOLE}")
        if wal.exists() and wal.stat().st_size:
            with _reading(path, "mode=ro") as both:
                if both.execute(_FOREIGN, {"run": run}).fetchone()[0]:
                    raise foreign(path, wal)
    return run


def foreign(path: Path, file: Path) -> StateError:
    """The error for a file beside a database that belongs to another run."""
    return StateError(
        f"{file.name} beside {path} belongs to another run. Put that of this run there; an empty file of "
        "that name goes on with the entries that are in the others."
    )


def begun_only(path: Path) -> StateError:
    """The error for a database whose run has no start."""
    return StateError(
        f"{path} holds no run: its server was ended while it began it, or what {path.name}-wal had is lost. "
        f"Delete it, {path.name}-wal and {path.name}-tail to begin one there, or name another file."
    )


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

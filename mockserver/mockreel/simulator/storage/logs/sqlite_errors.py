"""SQLite's errors, in words: what happened to a file, and what to do."""

import contextlib
import sqlite3
from collections.abc import Iterator
from errno import EDQUOT, ENOSPC
from pathlib import Path

from mockreel.errors import StateError
from mockreel.simulator.storage.logs.run_log import ROOM

# What to do where a file is damaged, and where it cannot be written though the disk has room.
WHOLE = "Take a copy that is whole, or name another file."
WRITABLE = "See that this user may write the file and its folder, and that the disk works; or name another file."


@contextlib.contextmanager
def as_state_error(path: Path) -> Iterator[None]:
    """Report SQLite's error as one of our own."""
    try:
        yield
    except sqlite3.DatabaseError as problem:
        raise StateError(_sentence(path, problem)) from problem


def unopened(path: Path, why: object) -> StateError:
    """The error for a file that cannot be opened."""
    return StateError(_unopened(path, why))


def unwritable(path: Path, problem: OSError) -> StateError:
    """The error for a file that the operating system refused to write."""
    then = ROOM if problem.errno in (ENOSPC, EDQUOT) else WRITABLE
    return StateError(f"{path} cannot be written ({problem.strerror or problem}). {then}")


def _unopened(path: Path, why: object) -> str:
    return f"{path} cannot be opened ({why}). Name a file in a folder that exists and that this user may write."


def _sentence(path: Path, problem: sqlite3.DatabaseError) -> str:
    code = getattr(problem, "sqlite_errorcode", sqlite3.SQLITE_CANTOPEN) & 0xFF  # the rest is for SQLite's authors
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"{path} is in use by another process. End that server, or name another file."
    if code == sqlite3.SQLITE_CANTOPEN:
        return _unopened(path, problem)
    if code == sqlite3.SQLITE_FULL:
        return f"{path} cannot be written ({problem}). {ROOM}"
    if code == sqlite3.SQLITE_NOTADB:
        return f"{path} is no run of mockreel, or it is damaged ({problem}). {WHOLE}"
    if not isinstance(problem, sqlite3.OperationalError):
        return f"{path} is damaged ({problem}). {WHOLE}"
    return f"{path} cannot be read or written ({problem}). {WRITABLE}"

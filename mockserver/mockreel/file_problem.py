"""What to say of a file that cannot be read or written: what happened, and what to do next."""

import errno
import os
from pathlib import Path

from mockreel.errors import DataError, OptionError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM}


def unwritable(path: Path, problem: OSError) -> DataError:
    """A file that cannot be written; what stood there before is there still."""
    what = f"it cannot be written ({problem.strerror or problem})"
    return DataError(str(path), what, then=f"Nothing was left half-written. {writable_place(path, problem)}")


def unreadable(path: Path, problem: OSError) -> DataError:
    """A file that cannot be read."""
    what = f"it cannot be read ({problem.strerror or problem})"
    return DataError(str(path), what, then=_readable_place(problem))


def check_place(option: str, path: Path) -> None:
    """See that a file can be written, before there is something to write.

    Raises:
        OptionError: its folder is missing, or not to be written to.
    """
    if path.exists() and not path.is_dir() and os.access(path, os.W_OK):
        return
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
        then = f"Its folder must exist and be writable: create {str(path.parent)!r}, or name another file."
        raise OptionError(option, str(path), then=then)
    if path.is_dir():
        raise OptionError(option, str(path), then="It is a folder: name a file in it.")


def writable_place(path: Path, problem: OSError) -> str:
    """Where it could be written instead."""
    if problem.errno in _FULL:
        return "Make room, or name a file on another disk."
    if problem.errno in _FORBIDDEN:
        return "Name a file that this user may write, in a folder that this user may write to."
    if problem.errno == errno.ENOENT:
        return f"Create the folder {str(path.parent)!r}, or name a file in a folder that exists."
    if problem.errno == errno.EISDIR:
        return "It is a folder: name a file in it."
    return "Name another file."


def _readable_place(problem: OSError) -> str:
    if problem.errno == errno.ENOENT:
        return "Name a file that exists."
    if problem.errno in _FORBIDDEN:
        return "Name a file that this user may read."
    if problem.errno == errno.EISDIR:
        return "It is a folder: name a file in it."
    return "Name another file."

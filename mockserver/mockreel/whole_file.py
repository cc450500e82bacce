"""Files that appear whole or not at all, and are their owner's alone unless they are meant for others."""

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mockreel.file_problem import unwritable

PRIVATE, SHARED = 0o600, 0o644


def write_whole(path: Path, content: bytes | str, *, mode: int = PRIVATE) -> int:
    """Write a file that is at its place only once all of it is there; gives its inode.

    What stood there before stays, and nothing half-written is left, if it cannot be written. A link is followed, so
    that the file it names is written; what is no file (a pipe, /dev/stdout) is written to as it is.

    Raises:
        DataError: it cannot be written: the disk is full, the folder is missing, it is not to be written to.
    """
    raw = content.encode() if isinstance(content, str) else content
    try:
        if (number := _open_already(path)) is not None:  # at its place in the file, if it is one
            with os.fdopen(os.dup(number), "wb") as stream:
                stream.write(raw)
            return os.fstat(number).st_ino
        if path.exists() and not path.is_file():
            path.write_bytes(raw)
            return path.stat().st_ino
        with writing_whole(path, mode=mode) as file:
            file.write(raw)
        return path.stat().st_ino
    except OSError as problem:
        raise unwritable(path, problem) from problem


def write_new(path: Path, content: str, *, mode: int = PRIVATE) -> bool:
    """Write a file that is at its place only once all of it is there, if nothing is there yet; gives whether it did.

    Raises:
        DataError: it cannot be written.
    """
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.new")
    try:
        with writing_whole(part, mode=mode) as file:
            file.write(content.encode())
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError as problem:
        raise unwritable(path, problem) from problem
    finally:
        part.unlink(missing_ok=True)
    return True


def remove_file(path: Path) -> None:
    """Remove a file that was written before, if there is one; what is no file (a pipe, /dev/stdout) stays.

    Of a link the file that it names is removed.
    """
    if _open_already(path) is None and path.is_file():
        path.resolve().unlink(missing_ok=True)


def _open_already(path: Path) -> int | None:
    """The number of what this process has open, where a path names it: `/dev/stdout`, `/dev/fd/3`; None elsewhere."""
    named = {"/dev/stdout": 1, "/dev/stderr": 2}
    found = re.fullmatch(r"/(?:dev|proc/self)/fd/([0-9]{1,6})", str(path))
    return int(found[1]) if found else named.get(str(path))


@contextlib.contextmanager
def writing_whole(path: Path, *, mode: int = PRIVATE) -> Iterator[BinaryIO]:
    """The same for a file that is written piece by piece.

    Raises:
        OSError: it cannot be written; whatever the block raises goes on, and nothing is left either way.
    """
    target = path.resolve() if path.is_symlink() else path
    if target.exists() and not target.is_file():  # a pipe, /dev/null: to put a file in its place would remove it
        with target.open("wb") as stream:
            yield stream
        return
    part = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()

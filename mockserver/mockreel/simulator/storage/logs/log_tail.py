"""The newest entries of a log in a file, until its database has them.

What is written is in the operating system's hands at once, so the process may be killed at any moment. It costs a
microsecond; to map the file into memory would cost less, but who cuts a mapped file ends the process that writes to it.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from errno import ENOSPC
from pathlib import Path
from zlib import crc32

# A number, and the line of its entry.
Row = tuple[int, bytes]
# How many bytes are in it: they are written when it is made, so that the disk has room for them.
SIZE = 256 * 1024
_PRIVATE = 0o600


class LogTail:
    """Whose it is, then lines one behind the other, each with its number and a checksum; what follows is zeros.

    Args:
        path: the file; it is made when it is opened.
        run: the identity of the run that it belongs to.
    """

    def __init__(self, path: Path, *, run: str) -> None:
        self._path = path
        self._handle: int | None = None
        self._size = 0
        self._title = b"run %b\n" % run.encode()
        self._used = len(self._title)
        self.is_damaged = False  # what was read breaks off before its end

    def is_foreign(self) -> bool:
        """Whether it is another run's. One that is empty, or was cut off before its first line, is nobody's.

        Raises:
            OSError: it cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                found = file.read(len(self._title))
        except FileNotFoundError:
            return False
        return not self._title.startswith(found.rstrip(b"\0"))

    def read(self, *, after: int) -> list[Row]:
        """The rows that are there, up to the first one that is not whole.

        Args:
            after: the last entry that the database has.

        Raises:
            OSError: it cannot be read.
        """
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return []
        found = list(_rows(data[len(self._title) :]))
        self._used = len(self._title) + sum(len(_line(row)) for row in found)
        self.is_damaged = _breaks_off(data[self._used :], last=max(after, found[-1][0] if found else 0))
        return found

    def open(self) -> None:
        """Make it, or take it as it was read, to be written to.

        Raises:
            OSError: it cannot be made or written to.
        """
        self.close()
        handle = os.open(self._path, os.O_CREAT | os.O_RDWR, _PRIVATE)
        try:
            size = max(SIZE, self._used)
            _write(handle, 0, self._title)
            _write(handle, self._used, bytes(size - self._used))
            os.ftruncate(handle, size)
        except BaseException:
            os.close(handle)
            raise
        self._handle, self._size = handle, size

    def append(self, rows: Sequence[Row]) -> bool:
        """Write rows; whether they had room, and the file has the size that it should. If not, nothing is written."""
        data = _line(rows[0]) if len(rows) == 1 else b"".join([_line(row) for row in rows])
        end = self._used + len(data)
        if self._handle is None or end > self._size or os.lseek(self._handle, 0, os.SEEK_END) != self._size:
            return False
        try:
            _write(self._handle, self._used, data)
        except OSError:
            return False
        self._used = end
        return True

    def empty(self) -> None:
        """The database has all of it; what is written over it has higher numbers. One that was cut is made anew.

        Raises:
            OSError: it cannot be made.
        """
        self._used = len(self._title)
        if self._handle is not None and not self._is_whole(self._handle):
            self.open()

    def _is_whole(self, handle: int) -> bool:
        """Whether the file is there, and nobody has cut or replaced it."""
        here = os.fstat(handle)
        return here.st_size == self._size and here.st_nlink > 0 and _same(self._path, here)

    def close(self) -> None:
        """Leave it as it is."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def remove(self) -> None:
        """The database has all of it, and no server writes to it any more."""
        self.close()
        with contextlib.suppress(OSError):
            self._path.unlink()


def _write(handle: int, place: int, data: bytes) -> None:
    if os.pwrite(handle, data, place) != len(data):
        raise OSError(ENOSPC, os.strerror(ENOSPC))


def _same(path: Path, here: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), here)
    except OSError:
        return False


def _line(row: Row) -> bytes:
    return b"%d %08x %b\n" % (row[0], crc32(row[1]), row[1])


def _rows(data: bytes) -> Iterator[Row]:
    """Whole rows; what follows them, such as older ones, has no higher number."""
    last = 0
    for line in data.splitlines(keepends=True):
        row = _row(line)
        if row is None or (last and row[0] != last + 1):
            return
        last = row[0]
        yield row


def _row(line: bytes) -> Row | None:
    """The row of a line, None if the line is not whole."""
    number, _, rest = line.partition(b" ")
    text = rest[9:-1]
    if not (line.endswith(b"\n") and number.isdigit() and rest[:9] == b"%08x " % crc32(text)):
        return None
    return int(number), text


def _breaks_off(rest: bytes, *, last: int) -> bool:
    """Whether there is more behind the whole rows than zeros, a row that was half written, and older rows."""
    lines = rest.splitlines(keepends=True)
    numbers = [row[0] for row in map(_row, lines) if row is not None]
    return any(number > last for number in numbers) or (not numbers and len(lines) > 1)

"""A run as a folder: its log as lines of JSON, the long bodies beside it, and its journal as a HAR. No key is in it."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from mockreel.errors import DataError, StateError
from mockreel.simulator.storage.logs.log_entry import Entry, decode
from mockreel.simulator.storage.logs.run_log import ROOM, file_name
from mockreel.whole_file import write_whole

LOG, FILES, JOURNAL = "run.jsonl", "files", "journal.har"
# The salt of key hashes stays with the server, so that keys cannot be guessed from a bundle.
_UNSAID = {"salt": ""}
# What to do where a folder is none, or a file.
_NAME = "Name the folder that `serve --record-run` has made."
_FILE = "What `serve --state` keeps is looked back on with `mockreel control at TIME` while it is served."

# Begins the last line, which has how many entries there are; entries are arrays.
_END = b'{"entries":'


class Bundle:
    """The log in a folder.

    Its last line has how many entries there are; `unended` is a sentence where it lacks that line, else empty.

    Args:
        folder: where it is, or is to be.
        new: begin one; else read the one that is there.

    Raises:
        StateError: a bundle is there already, or none is, or it cannot be read or written.
    """

    def __init__(self, folder: Path, *, new: bool) -> None:
        self.where = str(folder)
        self._folder = folder
        self._file: BinaryIO | None = None
        self.head: Mapping[str, Any] | None = None
        self.last = 0
        self.unended = ""
        self._is_whole = True  # nothing was lost that could not be written
        if new:
            self._make()
        else:
            self._open()

    def _make(self) -> None:
        path = self._folder / LOG
        self._made = not self._folder.exists()
        try:
            if not self._made and not path.exists() and any(one.name != FILES for one in self._folder.iterdir()):
                raise StateError(f"{self.where} holds other files. Name a new folder, or an empty one.")
            (self._folder / FILES).mkdir(parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        except FileExistsError as problem:
            raise StateError(f"{self.where} holds a run already. Name another folder, or delete it.") from problem
        except OSError as problem:
            raise self._unusable(problem) from problem

    def _open(self) -> None:
        try:
            with (self._folder / LOG).open("rb") as file:
                first = file.readline()
                self._count(file)
        except FileNotFoundError as problem:
            raise StateError(f"{self.where} holds no run: {LOG} is not there. {_NAME}") from problem
        except NotADirectoryError as problem:
            raise StateError(f"{self.where} is a file, and a recorded run is a folder. {_NAME} {_FILE}") from problem
        except OSError as problem:
            raise self._unusable(problem) from problem
        try:
            self.head = orjson.loads(first)
        except ValueError as problem:
            raise StateError(f"{self.where}: {LOG} cannot be read ({problem}). It is damaged.") from problem

    def _count(self, lines: Iterable[bytes]) -> None:
        """Count the entries, and compare their number with the one that the end has."""
        line = end = b""
        for line in lines:
            if line.startswith(_END) and line.endswith(b"\n"):
                end = line
            elif line.endswith(b"\n") and not end:
                self.last += 1
            else:
                break
        if end:
            self._check_end(end, is_last=line == end)
            return
        cut = "; the last line is cut off" if not line.endswith(b"\n") and line else ""
        self.unended = (
            f"The run in {self.where} was not ended: its server was killed, or {LOG} has lost its end. "
            f"{self.last} entries were read{cut}."
        )

    def _check_end(self, end: bytes, *, is_last: bool) -> None:
        try:
            entries = orjson.loads(end)["entries"]
        except (ValueError, LookupError):
            entries = None
        if not is_last or entries != self.last:
            raise StateError(
                f"{self.where}: {LOG} is damaged: its end has {entries} entries, and {self.last} are there. "
                "Take a copy that is whole."
            )

    def _unusable(self, problem: OSError) -> StateError:
        then = ROOM if problem.errno in (ENOSPC, EDQUOT) else "See that this user may read and write it."
        return StateError(f"{self.where} cannot be read or written ({problem.strerror or problem}). {then}")

    def begin(self, head: Mapping[str, Any]) -> None:
        self.head = head
        try:
            self._write([orjson.dumps({**head, **_UNSAID})])
        except StateError:
            self._unmake()
            raise

    def _unmake(self) -> None:
        """Leave nothing of a run that could not begin."""
        self._is_whole = False
        self.close()
        with contextlib.suppress(OSError):
            (self._folder / LOG).unlink()
            (self._folder / FILES).rmdir()
            if self._made:
                self._folder.rmdir()

    def append(self, entries: Iterable[Entry]) -> None:
        lines = [entry.encode() for entry in entries]
        self._is_whole = False
        self._write(lines)
        self._is_whole = True
        self.last += len(lines)

    def _write(self, lines: list[bytes]) -> None:
        assert self._file is not None, "a bundle that is read is not appended to"
        before = self._file.tell()
        try:
            self._file.write(b"".join([line + b"\n" for line in lines]))
            self._file.flush()
        except OSError as problem:
            self._cut(before)
            raise self._unusable(problem) from problem

    def _cut(self, size: int) -> None:
        """Take off what was half written, so that the next line is whole."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # what it could not write it tries once more
                self._file.close()
        self._file = (self._folder / LOG).open("r+b")
        self._file.truncate(size)
        self._file.seek(size)

    def entries(self, *, after: int = 0) -> Iterator[tuple[int, Entry]]:
        with (self._folder / LOG).open("rb") as file:
            for number, line in enumerate(file):
                if number > after:
                    if not line.endswith(b"\n") or line.startswith(_END):
                        return  # without a line's end the server was killed while it wrote
                    yield number, decode(line, where=self.where, number=number)

    def keep_file(self, data: bytes) -> str:
        name = file_name(data)
        path = self._folder / FILES / name
        try:
            if not path.exists():
                write_whole(path, data)  # its owner's alone, as the log
        except OSError as problem:
            raise self._unusable(problem) from problem
        except DataError as problem:
            raise StateError(str(problem)) from problem
        return name

    def file(self, name: str) -> bytes:
        try:
            data = (self._folder / FILES / Path(name).name).read_bytes()
        except OSError as problem:
            raise StateError(f"{self.where}: the body {name} is missing.") from problem
        if file_name(data) != name:
            raise StateError(f"{self.where}: the body {name} is not what it was.")
        return data

    def close(self) -> None:
        if self._file is not None:
            if self._is_whole and self.head is not None:
                with contextlib.suppress(StateError):  # without it the run is one that was not ended
                    self._write([orjson.dumps({"entries": self.last})])
            self._file.close()
            self._file = None

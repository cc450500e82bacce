"""The ready file: it is written, as a whole, when the server is ready, with its addresses."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mockreel.file_problem import check_place
from mockreel.whole_file import remove_file, write_whole


@contextmanager
def announcing(path: Path | None) -> Iterator[Any]:
    """Writes the ready file when ready, and removes it at the start, and at the end if it is still the one written.

    Raises:
        OptionError: no file can be written there.
    """
    if path is None:
        yield lambda _content: None
        return
    check_ready_file(path)
    remove_file(path)
    written: list[int] = []
    try:
        yield lambda content: written.append(write_ready_file(path, content))
    finally:
        if path.exists() and path.stat().st_ino in written:
            remove_file(path)


def check_ready_file(path: Path | None) -> None:
    """See that a ready file can be written, before anything is served.

    Raises:
        OptionError: its folder is missing, or not to be written to.
    """
    if path is not None:
        check_place("--ready-file", path)


def write_ready_file(path: Path, content: Mapping[str, Any]) -> int:
    """The file appears whole or not at all, readable by its owner only; gives its inode.

    Raises:
        DataError: it cannot be written.
    """
    return write_whole(path, json.dumps(content))

"""Which of some files have changed since the last look."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

# What is read as data: an editor's own files beside them are none.
_SUFFIXES = (".json", ".yaml")
# Folders below a provider's that are not read while it is served.
_ASIDE = {"cassettes"}

# What shows that a file is another one: when it was written, how large it is, and which one it is.
_Mark = tuple[int, int, int]


class Files:
    """The data files below some folders, and some single files."""

    def __init__(self, folders: Iterable[Path], *, single: Iterable[Path] = ()) -> None:
        self._folders = tuple(folders)
        self._single = tuple(single)
        self._seen = self._marks()

    def changed(self) -> set[Path]:
        """The files that are new, gone or different since the last call."""
        before, self._seen = self._seen, self._marks()
        return {path for path in before.keys() | self._seen.keys() if before.get(path) != self._seen.get(path)}

    def _marks(self) -> dict[Path, _Mark]:
        found = dict(pair for folder in self._folders for pair in _below(folder))
        for path in self._single:
            try:
                found[path] = _mark(path.stat())
            except OSError:
                continue  # it is gone, which is a change
        return found


def _below(folder: Path) -> Iterator[tuple[Path, _Mark]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return  # it is gone
    for entry in entries:
        if entry.is_dir():
            if entry.name not in _ASIDE:
                yield from _below(folder / entry.name)
        elif entry.name.endswith(_SUFFIXES):
            try:
                yield folder / entry.name, _mark(entry.stat())
            except OSError:
                continue  # it went away between the two


def _mark(found: os.stat_result) -> _Mark:
    return found.st_mtime_ns, found.st_size, found.st_ino

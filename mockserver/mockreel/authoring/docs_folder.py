"""The folder of a provider's documents; a missing or unreadable document is an error that names it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from mockreel.authoring.document_references import References
from mockreel.authoring.documented_model import PageError


class Docs:
    """Reads documents by their path below `root`; amounts keep their decimals.

    Args:
        root: the folder.
        strict: raise on the first part that cannot be parsed; else leave it out and add it to `problems`.

    Attributes:
        problems: why parts were left out, in reading order.
        lost: the names of the parts that were left out: files and models.
    """

    def __init__(self, root: Path, *, strict: bool = True) -> None:
        self.root = root.resolve()
        self.strict = strict
        self.problems: list[PageError] = []
        self.lost: set[str] = set()

    @contextmanager
    def part(self, *names: str) -> Iterator[None]:
        """Read one part of the documents; if it cannot be parsed, only this part is left out.

        Raises:
            PageError: it cannot be parsed, and reading is strict.
        """
        try:
            yield
        except PageError as problem:
            if self.strict:
                raise
            if not (any(names) and self.lost.issuperset(names)):
                self.problems.append(problem)
            self.lost.update(names)

    def passes_over(self, name: str, *, served: bool) -> bool:
        """Whether to skip a page: it is no longer served, and no copy was kept."""
        return not (served or self._path(name).is_file())

    def text(self, name: str) -> str:
        """A document as text.

        Raises:
            PageError: it is missing, unreadable, or lies outside the folder.
        """
        path = self._path(name)
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise PageError(name, f"cannot be read from the docs folder ({problem})") from problem

    def json(self, name: str) -> Any:
        """A JSON document; its fractions are decimals."""
        try:
            return json.loads(self.text(name), parse_float=Decimal)
        except (json.JSONDecodeError, RecursionError) as problem:
            raise PageError(name, f"not readable as JSON ({problem})") from problem

    def references(self, name: str) -> References:
        """The resolver of a document's references."""
        return References(name, self.json)

    def names(self, folder: str, ending: str) -> list[str]:
        """The documents in a folder and below it, in the order of their names.

        Raises:
            PageError: there are none.
        """
        found = self._path(folder).rglob(f"*{ending}")
        names = sorted(path.relative_to(self.root).as_posix() for path in found if path.is_file())
        if not names:
            raise PageError(folder, f"no file with the ending {ending}", expected="the provider's documents")
        return names

    def _path(self, name: str) -> Path:
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root):
            raise PageError(name, "leads out of the docs folder")
        return path

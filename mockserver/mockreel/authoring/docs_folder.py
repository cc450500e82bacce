"""The folder of a provider's documents: what is missing or unreadable there is an error that names it."""

import json
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Any

from mockreel.authoring.documented_model import PageError


class Docs:
    """Reads documents by their path below `root`; amounts keep their decimals.

    Args:
        root: the folder.
        skip: pages that are passed over as if no row named them.
    """

    def __init__(self, root: Path, *, skip: Collection[str] = ()) -> None:
        self.root = root.resolve()
        self._skip = skip

    def passes_over(self, name: str, *, served: bool) -> bool:
        """Whether a page is not to be read: it is skipped, or nobody serves it any more and it was not kept."""
        return name in self._skip or not (served or self._path(name).is_file())

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
        except json.JSONDecodeError as problem:
            raise PageError(name, f"not readable as JSON ({problem})") from problem

    def names(self, folder: str, ending: str) -> list[str]:
        """The documents in a folder and below it, in the order of their names.

        Raises:
            PageError: there are none.
        """
        found = self._path(folder).rglob(f"*{ending}")
        names = sorted(path.relative_to(self.root).as_posix() for path in found if path.is_file())
        if not names:
            raise PageError(folder, f"no file that ends in {ending}", expected="the provider's documents")
        return names

    def _path(self, name: str) -> Path:
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root):
            raise PageError(name, "leads out of the docs folder")
        return path

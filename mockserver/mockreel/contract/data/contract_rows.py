"""The rows of a contract as people write them, in YAML, and as `build` has read them.

YAML takes longer to read than all else of a contract, so each text that is still the same is taken from `parsed.json`.
"""

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from mockreel.contract.data.data_files import Document, parse_document, read_bytes, read_document

FILE = "parsed.json"
# What no server reads at its start.
_UNREAD = ("openapi.yaml", "NOT.yaml")


class ContractRows:
    """Reads the files of a contract folder, by their names in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        parsed = folder / FILE
        self._parsed: Document = read_document(parsed) if parsed.is_file() else {}

    def read(self, name: str) -> Document:
        """One file, whose root is a mapping.

        Raises:
            DataError: it is missing, unreadable, or its root is not a mapping.
        """
        raw = read_bytes(self._folder / name)
        known = self._parsed.pop(name, None)  # whoever reads it again has a document of their own
        if known is not None and known["of"] == _fingerprint(raw):
            found: Document = known["value"]
            return found
        return parse_document(raw, self._folder / name)


def parsed_rows(folder: Path) -> dict[str, Any]:
    """The content of `parsed.json`: by name each YAML file that JSON can hold, with a hash of its text."""
    return {name: row for name in _names(folder) if (row := _parsed(folder / name)) is not None}


def _names(folder: Path) -> Iterator[str]:
    for path in sorted((*folder.glob("*.yaml"), *folder.glob("readings/*.yaml"))):
        if path.name not in _UNREAD:
            yield path.relative_to(folder).as_posix()


def _parsed(path: Path) -> dict[str, Any] | None:
    raw = read_bytes(path)
    value = parse_document(raw, path)
    try:
        same = orjson.loads(orjson.dumps(value)) == value
    except TypeError:  # a key that is no text, or a number of more than 64 bits
        return None
    return {"of": _fingerprint(raw), "value": value} if same else None


def _fingerprint(raw: bytes) -> str:
    return blake2b(raw, digest_size=16).hexdigest()

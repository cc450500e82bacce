"""Cassettes for the purpose: a published one with one thing changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import yaml

from mockreel._data import data_root
from mockreel.cassettes import Cassette, read_cassette
from mockreel.contract.data.data_files import read_document

Document = dict[str, Any]
Change = Callable[[Document], None]


def published(provider: str, name: str) -> Path:
    """Where a published cassette lies."""
    return data_root() / "contracts" / provider / "cassettes" / "published" / f"{name}.yaml"


def metadata(document: Document) -> Document:
    """What a cassette says of itself."""
    found: Document = document["metadata"]["mockreel"]
    return found


def answer(document: Document, number: int = -1) -> Document:
    """One recorded response."""
    found: Document = document["interactions"][number]["response"]
    return found


def rewrite(document: Document, change: Callable[[Any], Any], number: int = -1) -> None:
    """Change the JSON of a recorded response: in place, or by what `change` gives."""
    body = answer(document, number)["body"]
    found = orjson.loads(body["string"])
    given = change(found)
    body["string"] = orjson.dumps(found if given is None else given).decode()


def copied(folder: Path, provider: str, name: str, *changes: Change) -> Cassette:
    """A published cassette with changes, in a folder of its own."""
    document: Any = read_document(published(provider, name))
    for change in changes:
        change(document)
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return read_cassette(path)

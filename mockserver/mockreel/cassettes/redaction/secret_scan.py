"""Look for what looks like a secret in cassettes, or in any other files."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mockreel._data import data_root
from mockreel.cassettes.cassette_errors import CassetteUnreadable
from mockreel.cassettes.recording_rules import Rules, looks_of_all, read_rules
from mockreel.cassettes.redaction.secret_patterns import Secrets
from mockreel.cassettes.redaction.text_places import leaves, parsed
from mockreel.contract import load_contract, providers
from mockreel.contract.conversation.section import sections
from mockreel.contract.data.files import parse_yaml
from mockreel.errors import DataError

CASSETTES = (".yaml", ".yml")
MOST_BYTES = 64 * 1024 * 1024
_COMMENT = re.compile(r"(?:^|\s)#(.*)$")
_QUOTED = re.compile(r'"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Found:
    """Something that looks like a secret: in which file, where in it, and what it is called."""

    path: Path
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.place}: {self.what}"


@dataclass(frozen=True, slots=True)
class Scan:
    """What was looked at, and what was found."""

    files: tuple[Path, ...]
    found: tuple[Found, ...]


def scan(paths: Sequence[Path] = (), *, root: Path | None = None) -> Scan:
    """Look through files and folders; without any, through the cassettes of every provider.

    Raises:
        CassetteUnreadable: a file cannot be read, so nobody can say what is in it.
    """
    root = root or data_root()
    given = paths or [folder for name in providers(root=root) for folder in [root / "contracts" / name / "cassettes"]]
    files = tuple(dict.fromkeys(file for path in given for file in _files(path, named=bool(paths))))
    scanner = _Scanner(root)
    return Scan(files, tuple(found for file in files for found in scanner.file(file)))


def _files(path: Path, *, named: bool) -> Iterator[Path]:
    if path.is_dir():
        yield from (one for one in sorted(path.rglob("*")) if one.is_file() and ".git" not in one.parts)
    elif path.is_file():
        yield path
    elif named:
        raise CassetteUnreadable(path, "there is no such file or folder")


class _Scanner:
    """Looks through files with what is known of all providers."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._looks = looks_of_all(root=root)
        self._examples = [load_contract(name, root=root).example_key for name in providers(root=root)]

    def file(self, path: Path) -> list[Found]:
        """What is found in one file, each place once."""
        text = _text(path)
        document = _cassette(path, text)
        found = self._lines(path, text) if document is None else self._cassette(path, text, document)
        return list(dict.fromkeys(found))

    def _lines(self, path: Path, text: str) -> Iterator[Found]:
        yield from _told(path, self._secrets(), ((f"line {at}", line) for at, line in enumerate(text.splitlines(), 1)))

    def _cassette(self, path: Path, text: str, document: Mapping[str, Any]) -> Iterator[Found]:
        secrets = self._secrets(_ids(document, self._rules(document)))
        yield from _told(path, secrets, leaves(document))
        # What no program reads is in the file all the same.
        lines = enumerate(text.splitlines(), 1)
        yield from _told(
            path, secrets, ((f"line {at}", one[1]) for at, line in lines if (one := _COMMENT.search(line)))
        )

    def _secrets(self, ids: Iterable[str] = ()) -> Secrets:
        return Secrets(self._looks, allowed=[*self._examples, *ids])

    def _rules(self, document: Mapping[str, Any]) -> Rules:
        told = (document.get("metadata") or {}).get("mockreel") or {}
        name = str(told.get("provider"))
        known = name in sections("recording", root=self._root)
        return read_rules(name, root=self._root) if known else Rules(name)


def _told(path: Path, secrets: Secrets, texts: Iterable[tuple[str, str]]) -> Iterator[Found]:
    """The first thing that is found in each text."""
    for place, text in texts:
        if found := secrets.found(text):
            yield Found(path, place, found[0].what)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CassetteUnreadable(path, f"it is larger than {MOST_BYTES} bytes")
        return path.read_bytes().decode("utf-8", "replace")
    except OSError as problem:
        raise CassetteUnreadable(path, problem.strerror or str(problem)) from None


def _cassette(path: Path, text: str) -> Mapping[str, Any] | None:
    """The document of a cassette; None where the file is something else."""
    if path.suffix not in CASSETTES or "interactions:" not in text:
        return None
    try:
        document = parse_yaml(text, where=str(path))
    except DataError as problem:
        raise CassetteUnreadable(path, problem.what) from None
    return document if isinstance(document, dict) and "interactions" in document else None


# Hashes of a reply, and the job of a call in a cassette's own metadata.
_OURS = ("etag", "if-none-match", "job")


def _ids(document: Mapping[str, Any], rules: Rules) -> set[str]:
    """The ids of jobs and things that a cassette holds: they may look drawn at random, and open nothing."""
    names = {*rules.ids, *_OURS}
    found = {text for name, text in _named(document) if name in names or name.lower() in _OURS}
    return {one for text in found for one in (text, *_QUOTED.findall(text))}


def _named(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text below a value with the name of its field, or of its parameter in an address."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _named(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, name)
    elif isinstance(value, str):
        inner = parsed(value)
        yield from _named(inner, name) if inner is not None else [(name, value)]
        if name == "uri":
            yield from parse_qsl(urlsplit(value).query)

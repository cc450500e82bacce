"""Look for what looks like a secret in cassettes, or in any other files."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from mockreel._data import data_root
from mockreel.cassettes.cassette import KEY
from mockreel.cassettes.cassette_errors import CassetteUnreadable
from mockreel.cassettes.recorded_body import unpack
from mockreel.cassettes.recording_rules import Rules, looks_of_all, read_rules
from mockreel.cassettes.redaction.secret_patterns import Secrets
from mockreel.cassettes.redaction.text_places import parsed
from mockreel.cassettes.scan.second_detector import second_detector
from mockreel.cassettes.scan.suspicion import is_providers_key, suspicion
from mockreel.cassettes.scan.text_extraction import NamedText, named_texts
from mockreel.contract import load_contract, providers
from mockreel.contract.conversation.section import sections
from mockreel.contract.data.data_files import parse_yaml
from mockreel.contract.messages.version_header import VERSION_HEADER
from mockreel.errors import DataError, OptionError

STRUCTURED = (".yaml", ".yml", ".json", ".har")
_DEEPEST = 100
MOST_BYTES = 64 * 1024 * 1024
_COMMENT = re.compile(r"(?:^|\s)#(.*)$")
_QUOTED = re.compile(r'"([^"]+)"')


@dataclass(frozen=True, slots=True)
class SecretFinding:
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
    found: tuple[SecretFinding, ...]


def scan(paths: Sequence[Path] = (), *, root: Path | None = None) -> Scan:
    """Scan files and folders; without any, the cassettes of every provider.

    Raises:
        CassetteUnreadable: a file cannot be read.
        OptionError: a folder has no file.
    """
    root = root or data_root()
    chosen = paths or [folder for name in providers(root=root) for folder in [root / "contracts" / name / "cassettes"]]
    files = tuple(dict.fromkeys(file for path in chosen for file in _files(path, named=bool(paths))))
    scanner = Scanner(root)
    return Scan(files, tuple(found for file in files for found in scanner.file(file)))


def _files(path: Path, *, named: bool) -> Iterator[Path]:
    if path.is_dir():
        found = [one for one in sorted(path.rglob("*")) if one.is_file() and ".git" not in one.parts]
        if named and not found:
            raise OptionError("PATH", str(path), then="No file is in it to look at: name a file, or another folder.")
        yield from found
    elif path.is_file():
        yield path
    elif named:
        raise CassetteUnreadable(path, "there is no such file or folder")


class Scanner:
    """Looks through files with what is known of all providers."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._looks = looks_of_all(root=root)
        self._recorded = frozenset(sections("recording", root=root))
        self._known: dict[str, Rules] = {}
        self._second = second_detector()
        self._examples = [load_contract(name, root=root).example_key for name in providers(root=root)]

    def file(self, path: Path) -> list[SecretFinding]:
        """What is found in one file, each place once."""
        raw = _raw(path)
        text = unpack(raw).body.decode("utf-8", "replace")
        document = _document(path, raw, text)
        if document is None:
            found = self._found_in(path, Secrets(self._looks, allowed=self._examples, digests=False), _lines(text))
        else:
            found = self._structured(path, text, document)
        return list(dict.fromkeys(found))

    def _structured(self, path: Path, text: str, document: Any) -> Iterator[SecretFinding]:
        cassette = document if isinstance(document, Mapping) and "interactions" in document else {}
        keys = Secrets(self._looks, allowed=self._examples, digests=False)
        ids = {one for one in _ids(document, self._rules(cassette)) if not is_providers_key(one, keys)}
        secrets = Secrets(self._looks, allowed=[*self._examples, *ids], digests=False)
        for number, one in enumerate(cassette.get("interactions") or ()):
            if _is_ours(one):
                what = f"a reply of this mock server ({VERSION_HEADER}), which is never a recording of the provider"
                yield SecretFinding(path, f"/interactions/{number}/response/headers", what)
        yield from self._found_in(path, secrets, named_texts(document))
        # What no program reads is in the file all the same.
        comments = ((at, one[1]) for at, line in enumerate(text.splitlines(), 1) if (one := _COMMENT.search(line)))
        yield from self._found_in(path, secrets, (NamedText(f"line {at}", comment) for at, comment in comments))

    def _found_in(self, path: Path, secrets: Secrets, texts: Iterable[NamedText]) -> Iterator[SecretFinding]:
        """The first finding in each text."""
        for one in texts:
            if one.trouble:
                yield SecretFinding(path, one.place, f"it cannot be looked into: {one.trouble}")
            if what := suspicion(one, secrets) or self._second_opinion(one, secrets):
                yield SecretFinding(path, one.place, what)

    def _second_opinion(self, one: NamedText, secrets: Secrets) -> str:
        opinion = self._second(one.text) if self._second is not None and not secrets.knows(one.text) else ""
        return f"{opinion}, says detect-secrets" if opinion else ""

    def _rules(self, cassette: Mapping[str, Any]) -> Rules:
        metadata = cassette.get("metadata")
        opinion = metadata.get(KEY) if isinstance(metadata, Mapping) else None
        name = str(opinion.get("provider")) if isinstance(opinion, Mapping) else ""
        if name not in self._known:
            self._known[name] = read_rules(name, root=self._root) if name in self._recorded else Rules(name)
        return self._known[name]


def _is_ours(interaction: Any) -> bool:
    response = interaction.get("response") if isinstance(interaction, Mapping) else None
    headers = response.get("headers") if isinstance(response, Mapping) else None
    return isinstance(headers, Mapping) and any(str(name).lower() == VERSION_HEADER.lower() for name in headers)


def _lines(text: str) -> Iterator[NamedText]:
    yield from (NamedText(f"line {at}", line) for at, line in enumerate(text.splitlines(), 1))


def _raw(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CassetteUnreadable(path, f"it is larger than {MOST_BYTES} bytes")
        return path.read_bytes()
    except OSError as problem:
        raise CassetteUnreadable(path, problem.strerror or str(problem)) from None


def _document(path: Path, raw: bytes, text: str) -> Any:
    """What a file of YAML or JSON holds; None where it is something else, or no cassette and not to be parsed."""
    if path.suffix not in STRUCTURED:
        return None
    try:
        found = parse_yaml(raw, where=str(path), untrusted=True)
    except DataError as problem:
        if "interactions" in text:
            raise CassetteUnreadable(path, problem.what) from None
        return None
    return found if isinstance(found, dict | list) else None


# Hashes of a response, and the job of a call in a cassette's own metadata.
_ID_NAMES = ("etag", "if-none-match", "job")


def _ids(document: Mapping[str, Any], rules: Rules) -> set[str]:
    """The ids of jobs and other objects in a cassette: they may look random, and are no secrets."""
    names = {*rules.ids, *_ID_NAMES}
    found = {text for name, text in _texts_with_names(document) if name in names or name.lower() in _ID_NAMES}
    return {one for text in found for one in (text, *_QUOTED.findall(text))}


def _texts_with_names(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text below a value with the name of its field, or of its parameter in an address."""
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts_with_names(inner, str(key), depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_with_names(inner, name, depth + 1)
    elif isinstance(value, str):
        inner = parsed(value)
        yield from _texts_with_names(inner, name, depth + 1) if inner is not None else [(name, value)]
        if name == "uri":
            yield from parse_qsl(value.partition("#")[0].partition("?")[2])

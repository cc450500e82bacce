"""The pages to fetch: the sources of a provider that have an address, and the file of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

from mockreel.authoring.model_index import read_schemas
from mockreel.contract.data.data_files import read_document
from mockreel.contract.data.parser import Cursor
from mockreel.errors import DataError

# A document at a fixed commit never changes.
_PINNED = "/blob/", "/tree/"


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One page: its address, and its file below the docs folder."""

    provider: str
    source: str
    url: str
    file: str


def source_pages(root: Path, provider: str) -> tuple[SourcePage, ...]:
    """The pages of one provider, in the order of `sources.yaml`.

    `fetch` is the address of a source's text if that is not its `url`; `fetch: none` means that it is no longer
    served. A page that `build` reads is written where `build` looks for it.

    Raises:
        DataError: an address is invalid, or a file would be outside the folder.
    """
    path = root / "schemas" / provider / "sources.yaml"
    file = Cursor(str(path), read_document(path))
    files = dict(_read_by_build(file))
    return (*_listed_pages(provider, file, files), *_folders(provider, file, root))


def _listed_pages(provider: str, file: Cursor, files: Mapping[str, str]) -> Iterator[SourcePage]:
    for source, row in file.at("sources").mapping().items():
        place = Cursor(f"{file.where} /sources/{source}", row)
        url = row.get("fetch", row.get("url"))
        pinned = "fetch" not in row and any(part in str(url) for part in _PINNED)
        if row.get("kind") != "documented" or url in (None, "none") or pinned:
            continue
        if urlsplit(url).scheme not in ("https", "http"):
            raise DataError(place.where, f"{url!r} is not an address", expected="https://…")
        yield SourcePage(provider, source, url, _inside(files.get(source) or _file_name(provider, source, url), place))


def _read_by_build(file: Cursor) -> Iterator[tuple[str, str]]:
    """Source and file of every document that a `build:` row names."""
    for row in file.mapping().get("build", ()):
        items: list[Any] = [*row.get("pages", ()), *(row[key] for key in ("registry", "prices") if key in row)]
        yield from ((item["source"], item["file"]) for item in items)


def _folders(provider: str, file: Cursor, root: Path) -> Iterator[SourcePage]:
    """The pages of a folder that a `build:` row reads: the files that models came from, at the row's `fetch`."""
    for number, item in enumerate(file.mapping().get("build", ())):
        row = Cursor(f"{file.where} /build/{number}", item)
        if "fetch" in row.mapping() and "folder" in row.mapping():
            folder = row.at("folder").text()
            for document in sorted(_documents(root / "schemas" / provider)):
                name = document.removeprefix(f"{folder}/")
                url = row.at("fetch").text().replace("{file}", quote(name))
                yield SourcePage(provider, row.at("source").text(), url, _inside(document, row))


def _documents(schemas: Path) -> set[str]:
    found = (schema.get("x-mockreel", {}).get("documents", ()) for schema in read_schemas(schemas).values())
    return {document for documents in found for document in documents}


def _file_name(provider: str, source: str, url: str) -> str:
    ending = PurePosixPath(urlsplit(url).path).suffix
    return f"pages/{provider}/{source}{ending if ending in ('.md', '.json', '.yaml', '.txt') else '.html'}"


def _inside(name: str, place: Cursor) -> str:
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise DataError(place.where, f"{name!r} leads out of the folder", expected="a path below it")
    return name

"""`mockreel build`: read, expand, compare, write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockreel.authoring.build_files import Change, compare, forbid_installed, write
from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import PageError
from mockreel.authoring.documents.document_facts import FILE, document_facts
from mockreel.authoring.expansion import expanded
from mockreel.authoring.model_documents import HAND, price_row, rows, schema_documents, text
from mockreel.authoring.model_index import read_schemas
from mockreel.authoring.readers import read_documents, read_models
from mockreel.contract.data.data_files import read_document
from mockreel.errors import DataError, OptionError
from mockreel.terminal import counted


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a build: the number of models of each provider, and the changes."""

    models: Mapping[str, int]
    changes: tuple[Change, ...]
    written: bool

    @property
    def same(self) -> bool:
        """Whether nothing changed."""
        return not self.changes

    def lines(self) -> tuple[str, ...]:
        """The report as text: a line for each provider and each change."""
        heads = (f"{provider}: {counted(count, 'model')}" for provider, count in self.models.items())
        return (*heads, *(f"{change.kind} {change.path}" for change in self.changes))


def build(
    docs: Path | None,
    out: Path,
    *,
    data: Path | None = None,
    providers: Sequence[str] | None = None,
    check: bool = False,
) -> Report:
    """Build the data of all providers, or of some.

    Args:
        docs: the folder of the providers' documents; None expands the existing data only.
        out: the folder for `schemas/` and `contracts/`.
        data: the folder of the files written by hand, if not `out`.
        providers: the providers to build; all that `data` has if None.
        check: compare without writing.

    Raises:
        DataError: a file written by hand is invalid, or `out` lies in an installed package.
        PageError: a document cannot be parsed.
        OptionError: an unknown provider.
    """
    forbid_installed(out)
    data = data or out
    files: dict[str, bytes] = {}
    stale: list[str] = []
    models: dict[str, int] = {}
    for provider in _provider_names(data, providers):
        one = _Build(data, provider, Docs(docs) if docs else None)
        files |= one.files()
        stale += one.stale(out)
        models[provider] = one.count()
    changes = compare(out, files, stale)
    if not check:
        write(out, files, changes)
    return Report(models, changes, not check)


def _provider_names(data: Path, providers: Sequence[str] | None) -> tuple[str, ...]:
    known = tuple(path.parent.name for path in sorted((data / "contracts").glob("*/openapi.yaml")))
    if not known:
        raise DataError(str(data), "no contract in it", expected="contracts/<provider>/openapi.yaml")
    for provider in providers or ():
        if provider not in known:
            raise OptionError("provider", provider, known)
    return known if providers is None else tuple(providers)


class _Build:
    """One provider's build: its models and the files for them."""

    def __init__(self, data: Path, provider: str, docs: Docs | None) -> None:
        self.provider = provider
        self.contract = data / "contracts" / provider
        folder = data / "schemas" / provider
        found = read_schemas(folder)
        self.pages = read_models(folder / "sources.yaml", docs) if docs else None
        self.documents = read_documents(folder / "sources.yaml", docs) if docs else {}
        if self.pages is None:
            self.new: dict[str, dict[str, Any]] = {}
            self.schemas: dict[str, Mapping[str, Any]] = dict(found)
        else:
            written = [schema_documents(provider, page) for page in self.pages.values()]
            self.new = {file: schema for documents in written for file, schema in documents.items()}
            hand = {file: schema for file, schema in found.items() if _by_hand(schema)}
            self._distinct(hand)
            self.schemas = {**hand, **self.new}

    def count(self) -> int:
        """The number of models; a schema for another endpoint of a model does not count."""
        return sum("route" not in schema.get("x-mockreel", {}) for schema in self.schemas.values())

    def files(self) -> dict[str, bytes]:
        """The files to write, by path."""
        built = {f"schemas/{self.provider}/{file}": text(schema) for file, schema in self.new.items()}
        prices = self._prices()
        if self.pages is not None:
            built[f"contracts/{self.provider}/prices.json"] = rows(prices)
            facts = document_facts(self.documents, self.pages)
            built[f"contracts/{self.provider}/{FILE}"] = rows(facts, depth=2)
        ready = expanded(self.contract, dict(sorted(self.schemas.items())), prices)
        return built | {f"contracts/{self.provider}/{name}": content for name, content in ready.items()}

    def stale(self, out: Path) -> list[str]:
        """Schemas that only an earlier build wrote."""
        if self.pages is None:
            return []
        there = read_schemas(out / "schemas" / self.provider)
        files = (file for file, schema in there.items() if file not in self.new and not _by_hand(schema))
        return [f"schemas/{self.provider}/{file}" for file in files]

    def _prices(self) -> dict[str, Any]:
        if self.pages is not None:
            return {model: price_row(page.price) for model, page in self.pages.items()}
        path = self.contract / "prices.json"
        return read_document(path) if path.is_file() else {}

    def _distinct(self, hand: Mapping[str, Any]) -> None:
        """Check that no model is both described by a page and written by hand."""
        for file in hand:
            if file in self.new:
                raise PageError(
                    f"schemas/{self.provider}/{file}",
                    "a page describes this model, and its schema is written by hand",
                    then="Delete the file, or remove `by: hand` from it.",
                )


def _by_hand(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("x-mockreel", {}).get("by") == HAND)

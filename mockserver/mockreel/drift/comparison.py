"""Compare the contract data with another version of it or with newer docs, or one page with another."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import ModelPage, PageError
from mockreel.authoring.documents.document_facts import FILE, read_document_facts
from mockreel.authoring.documents.page_document import runflow_rows
from mockreel.authoring.readers import PAGE_READERS, read_documents, read_models
from mockreel.contract import load_contract, providers
from mockreel.contract.data.data_files import Document, read_document
from mockreel.contract.data.parser import Cursor
from mockreel.drift.document_drift import document_drift, documents_drift
from mockreel.drift.finding import NOTHING, Finding
from mockreel.drift.models.model_drift import models_drift
from mockreel.drift.models.model_facts import ModelFacts, from_data, from_page
from mockreel.drift.models.readable_docs import Coverage
from mockreel.drift.operation_drift import operations_drift
from mockreel.drift.row_drift import rows_drift
from mockreel.drift.row_rules import FILES, OURS, prepared
from mockreel.errors import OptionError


def selected_providers(root: Path, names: Sequence[str] = ()) -> tuple[str, ...]:
    """The requested providers; all that a data folder has if none are requested.

    Raises:
        OptionError: the folder does not have one of them.
    """
    there = providers(root=root)
    for name in names:
        if name not in there:
            raise OptionError("provider", name, there)
    return tuple(names) or there


def data_drift(root: Path, other: Path, names: Sequence[str] = ()) -> Iterator[Finding]:
    """The differences between two data folders."""
    theirs = providers(root=other)
    for name in selected_providers(root, names):
        if name in theirs:
            yield from _provider_drift(root, other, name)
        else:
            where = f"contracts/{name}"
            yield Finding(name, where, name, NOTHING, "breaking for requests", "the provider is gone")
    for name in theirs:
        if not names and name not in providers(root=root):
            yield Finding(name, f"contracts/{name}", NOTHING, name, "compatible", "a new provider")


def _provider_drift(root: Path, other: Path, name: str) -> Iterator[Finding]:
    yield from operations_drift(load_contract(name, root=root), load_contract(name, root=other))
    for file, rules in FILES.items():
        old, new = (prepared(file, _document(folder, name, file)) for folder in (root, other))
        id_ = f"{name}/{file.partition('.')[0]}"
        yield from rows_drift(old, new, rules, id=id_, where=f"contracts/{name}/{file}")
    old, new = _readings(root, name), _readings(other, name)
    yield from rows_drift(old, new, OURS, id=f"{name}/readings", where=f"contracts/{name}/readings")
    yield from models_drift(name, from_data(root, name), from_data(other, name))


def _document(root: Path, name: str, file: str) -> Document:
    path = root / "contracts" / name / file
    return read_document(path) if path.is_file() else {}


def _readings(root: Path, name: str) -> Document:
    found = sorted((root / "contracts" / name / "readings").glob("*.yaml"))
    return {path.stem: read_document(path) for path in found if path.stem != "NOT"}


def docs_drift(root: Path, docs: Path, names: Sequence[str] = ()) -> Iterator[Finding]:
    """The differences between what the contract keeps of the docs and what they say now.

    A document, or a part of one, that cannot be read is `unchecked`; everything else is compared.
    """
    for name in selected_providers(root, names):
        sources = root / "schemas" / name / "sources.yaml"
        if Cursor(str(sources), read_document(sources)).maybe("build"):
            yield from _docs_drift(root, docs, name, sources)


def _docs_drift(root: Path, folder: Path, name: str, sources: Path) -> Iterator[Finding]:
    docs = Docs(folder, strict=False)
    pages: Mapping[str, ModelPage] = {}
    after: Mapping[str, dict[str, Any]] = {}
    with docs.part(""):
        pages = read_models(sources, docs)
    with docs.part(""):
        after = read_documents(sources, docs)
    yield from (_unread(name, problem) for problem in docs.problems)
    built = read_document_facts(root / "contracts" / name / FILE)
    if built is None:
        says = "the contract has no facts of the docs other than the models: `build` them once"
        yield Finding(f"{name}/docs", f"contracts/{name}/{FILE}", NOTHING, NOTHING, "unchecked", says)
    before, copies = built or ({}, {})
    listed = _pages(sources)
    gone = {file for file in listed if not (folder / file).is_file()}
    yield from documents_drift(name, before, after, lost=docs.lost | gone) if built else ()
    old = from_data(root, name, pages_only=True, copies=copies)
    coverage = Coverage.of(docs, listed, old, pages)
    hidden = {id_ for id_, model in old.items() if coverage.hides(model, there=id_ in pages)}
    new = {id_: from_page(name, page) for id_, page in pages.items()}
    yield from models_drift(name, *(_readable(models, coverage, hidden) for models in (old, new)))


def _readable(models: Mapping[str, ModelFacts], coverage: Coverage, hidden: Collection[str]) -> dict[str, ModelFacts]:
    return {id_: coverage.readable_part(model) for id_, model in models.items() if id_ not in hidden}


def _pages(sources: Path) -> dict[str, str]:
    """The documents that describe one model each, with their sources."""
    rows = read_document(sources).get("build", ())
    return {page["file"]: str(page["source"]) for row in rows for page in row.get("pages", ())}


def _unread(name: str, problem: PageError) -> Finding:
    says = f"could not be read, so it was not compared: {problem.what}"
    return Finding(f"{name}/docs/{problem.where}", problem.where, NOTHING, NOTHING, "unchecked", says)


def pages_drift(root: Path, name: str, older: Path, newer: Path) -> Iterator[Finding]:
    """The differences between two pages of one provider, whatever their form."""
    yield from models_drift(name, *(_page(root, name, path) for path in (older, newer)))
    if _page_row(root, name).value["reader"] == "runflow-page":
        before, after = (runflow_rows(Docs(path.parent).text(path.name)) for path in (older, newer))
        yield from document_drift(name, [newer.name], before, after)


def _page(root: Path, name: str, path: Path) -> Mapping[str, ModelFacts]:
    row = _page_row(root, name)
    return {page.id: from_page(name, page) for page in PAGE_READERS[row.value["reader"]](row, path)}


def _page_row(root: Path, name: str) -> Cursor:
    """The build row of a provider whose pages can be read one by one."""
    rows = Cursor(f"{name} sources.yaml", read_document(root / "schemas" / name / "sources.yaml")).at("build")
    row = next((row for row in rows.value if row.get("reader") in PAGE_READERS), None)
    if row is None:
        raise OptionError(
            "provider", name, then="Its docs do not have one page per model. Compare folders: --docs DIR."
        )
    return Cursor(rows.where, row)

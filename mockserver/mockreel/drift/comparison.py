"""Compare what is held with something else: another version of the data, newer docs, or one page with another."""

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
from mockreel.drift.models.readable_docs import Sight
from mockreel.drift.operation_drift import operations_drift
from mockreel.drift.row_drift import rows_drift
from mockreel.drift.row_rules import FILES, OURS, prepared
from mockreel.errors import OptionError


def known(root: Path, names: Sequence[str] = ()) -> tuple[str, ...]:
    """The providers that are asked for; all that a data folder has if none are.

    Raises:
        OptionError: one that the folder does not have.
    """
    there = providers(root=root)
    for name in names:
        if name not in there:
            raise OptionError("provider", name, there)
    return tuple(names) or there


def data_drift(held: Path, other: Path, names: Sequence[str] = ()) -> Iterator[Finding]:
    """The differences between two data folders."""
    theirs = providers(root=other)
    for name in known(held, names):
        if name in theirs:
            yield from _provider_drift(held, other, name)
        else:
            where = f"contracts/{name}"
            yield Finding(name, where, name, NOTHING, "breaking for requests", "the provider is gone")
    for name in theirs:
        if not names and name not in providers(root=held):
            yield Finding(name, f"contracts/{name}", NOTHING, name, "compatible", "a provider that is not held")


def _provider_drift(held: Path, other: Path, name: str) -> Iterator[Finding]:
    yield from operations_drift(load_contract(name, root=held), load_contract(name, root=other))
    for file, rules in FILES.items():
        old, new = (prepared(file, _document(root, name, file)) for root in (held, other))
        id_ = f"{name}/{file.partition('.')[0]}"
        yield from rows_drift(old, new, rules, id=id_, where=f"contracts/{name}/{file}")
    old, new = _readings(held, name), _readings(other, name)
    yield from rows_drift(old, new, OURS, id=f"{name}/readings", where=f"contracts/{name}/readings")
    yield from models_drift(name, from_data(held, name), from_data(other, name))


def _document(root: Path, name: str, file: str) -> Document:
    path = root / "contracts" / name / file
    return read_document(path) if path.is_file() else {}


def _readings(root: Path, name: str) -> Document:
    found = sorted((root / "contracts" / name / "readings").glob("*.yaml"))
    return {path.stem: read_document(path) for path in found if path.stem != "NOT"}


def docs_drift(held: Path, docs: Path, names: Sequence[str] = ()) -> Iterator[Finding]:
    """The differences between what is held of the docs and what they say now.

    A document, or a part of one, that cannot be read is `unchecked`; everything else is compared.
    """
    for name in known(held, names):
        sources = held / "schemas" / name / "sources.yaml"
        if Cursor(str(sources), read_document(sources)).maybe("build"):
            yield from _docs_drift(held, docs, name, sources)


def _docs_drift(held: Path, folder: Path, name: str, sources: Path) -> Iterator[Finding]:
    docs = Docs(folder, strict=False)
    pages: Mapping[str, ModelPage] = {}
    after: Mapping[str, dict[str, Any]] = {}
    with docs.part(""):
        pages = read_models(sources, docs)
    with docs.part(""):
        after = read_documents(sources, docs)
    yield from (_unread(name, problem) for problem in docs.problems)
    built = read_document_facts(held / "contracts" / name / FILE)
    if built is None:
        says = "what the docs state besides the models is not held: `build` them once"
        yield Finding(f"{name}/docs", f"contracts/{name}/{FILE}", NOTHING, NOTHING, "unchecked", says)
    before, copies = built or ({}, {})
    listed = _pages(sources)
    gone = {file for file in listed if not (folder / file).is_file()}
    yield from documents_drift(name, before, after, lost=docs.lost | gone) if built else ()
    old = from_data(held, name, pages_only=True, copies=copies)
    sight = Sight.of(docs, listed, old, pages)
    hidden = {id_ for id_, model in old.items() if sight.hides(model, there=id_ in pages)}
    new = {id_: from_page(name, page) for id_, page in pages.items()}
    yield from models_drift(name, *(_seen(models, sight, hidden) for models in (old, new)))


def _seen(models: Mapping[str, ModelFacts], sight: Sight, hidden: Collection[str]) -> dict[str, ModelFacts]:
    return {id_: sight.seen(model) for id_, model in models.items() if id_ not in hidden}


def _pages(sources: Path) -> dict[str, str]:
    """The documents of one model each, with their sources: without one of them, the others can still be read."""
    rows = read_document(sources).get("build", ())
    return {page["file"]: str(page["source"]) for row in rows for page in row.get("pages", ())}


def _unread(name: str, problem: PageError) -> Finding:
    says = f"it could not be read, and was not compared: {problem.what}"
    return Finding(f"{name}/docs/{problem.where}", problem.where, NOTHING, NOTHING, "unchecked", says)


def pages_drift(held: Path, name: str, older: Path, newer: Path) -> Iterator[Finding]:
    """The differences between two pages of one provider, whatever their form: what the older says, and the newer."""
    yield from models_drift(name, *(_page(held, name, path) for path in (older, newer)))
    if _page_row(held, name).value["reader"] == "runflow-page":
        before, after = (runflow_rows(Docs(path.parent).text(path.name)) for path in (older, newer))
        yield from document_drift(name, [newer.name], before, after)


def _page(held: Path, name: str, path: Path) -> Mapping[str, ModelFacts]:
    row = _page_row(held, name)
    return {page.id: from_page(name, page) for page in PAGE_READERS[row.value["reader"]](row, path)}


def _page_row(held: Path, name: str) -> Cursor:
    """How the pages of a provider are read that can be read by themselves."""
    rows = Cursor(f"{name} sources.yaml", read_document(held / "schemas" / name / "sources.yaml")).at("build")
    row = next((row for row in rows.value if row.get("reader") in PAGE_READERS), None)
    if row is None:
        raise OptionError(
            "provider", name, then="Its docs are no pages of one model each: compare folders, --docs DIR."
        )
    return Cursor(rows.where, row)

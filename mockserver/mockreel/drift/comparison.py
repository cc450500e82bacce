"""Compare what is held with something else: another version of the data, newer docs, or one page with another."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import ModelPage, PageError
from mockreel.authoring.readers import PAGE_READERS, read_models
from mockreel.contract import load_contract, providers
from mockreel.contract.data.files import Document, read_document
from mockreel.contract.data.parser import Cursor
from mockreel.drift.finding import NOTHING, Finding
from mockreel.drift.model_drift import models_drift
from mockreel.drift.model_facts import ModelFacts, from_data, from_page
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
    """The differences between the models that are held and those that the docs describe now.

    A document that cannot be read is a finding, and so is one that is missing; the others are compared.
    """
    for name in known(held, names):
        sources = held / "schemas" / name / "sources.yaml"
        if not Cursor(str(sources), read_document(sources)).maybe("build"):
            continue
        pages, problems = _read(sources, docs)
        yield from (_unread(name, problem) for problem in problems)
        read = {source for page in pages.values() for source in page.source}
        before = from_data(held, name, pages_only=True)
        blind = {id_ for id_, model in before.items() if problems and model.source[0] not in read}
        old = {id_: _as_read(model, read) for id_, model in before.items() if id_ not in blind}
        new = {id_: from_page(name, page) for id_, page in pages.items() if id_ not in blind}
        yield from models_drift(name, old, new)


def _read(sources: Path, docs: Path) -> tuple[Mapping[str, ModelPage], list[PageError]]:
    """The models of every page that can be read, and why the others cannot."""
    problems: list[PageError] = []
    skipped: set[str] = set()
    while True:
        try:
            return read_models(sources, Docs(docs, skip=skipped)), problems
        except PageError as problem:
            problems.append(problem)
            page = problem.where.split(" ")[0]
            if page in skipped or page not in _single_pages(sources):
                return {}, problems
            skipped.add(page)


def _single_pages(sources: Path) -> set[str]:
    """The pages that stand by themselves: without one of them, the others can still be read."""
    rows = read_document(sources).get("build", ())
    return {page["file"] for row in rows for page in row.get("pages", ())}


def _as_read(model: ModelFacts, read: set[str]) -> ModelFacts:
    """A held model without what only pages state that were not read."""
    lost = [source for source in model.source if source not in read]
    return model.without(lost) if lost else model


def _unread(name: str, problem: PageError) -> Finding:
    says = f"the document is not what it was: {problem.what}"
    return Finding(f"{name}/docs/{problem.where}", problem.where, NOTHING, NOTHING, "unknown", says)


def pages_drift(held: Path, name: str, older: Path, newer: Path) -> Iterator[Finding]:
    """The differences between two pages of one provider, whatever their form: what the older says, and the newer."""
    yield from models_drift(name, *(_page(held, name, path) for path in (older, newer)))


def _page(held: Path, name: str, path: Path) -> Mapping[str, ModelFacts]:
    rows = Cursor(f"{name} sources.yaml", read_document(held / "schemas" / name / "sources.yaml")).at("build")
    row = next((row for row in rows.value if row.get("reader") in PAGE_READERS), None)
    if row is None:
        raise OptionError(
            "provider", name, then="Its docs are no pages of one model each: compare folders, --docs DIR."
        )
    pages = PAGE_READERS[row["reader"]](Cursor(rows.where, row), path)
    return {page.id: from_page(name, page) for page in pages}

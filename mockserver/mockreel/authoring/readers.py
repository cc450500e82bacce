"""The reader of each row of `build:`, and the models of a provider from all its rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mockreel.authoring.aimlapi.openapi_files import read_aimlapi
from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import ModelPage, PageError
from mockreel.authoring.documents.openapi_document import openapi_documents
from mockreel.authoring.documents.page_document import runflow_documents, runninghub_documents
from mockreel.authoring.runflow.model_pages import page_of, read_runflow
from mockreel.authoring.runninghub.registry import read_runninghub, read_runninghub_list
from mockreel.contract.data.data_files import read_document
from mockreel.contract.data.parser import Cursor

Reader = Callable[[Cursor, Docs], Iterator[ModelPage]]
DocumentReader = Callable[[Cursor, Docs], Iterator[tuple[str, dict[str, Any]]]]

READERS: Mapping[str, Reader] = {
    "aimlapi-openapi": read_aimlapi,
    "runflow-page": read_runflow,
    "runninghub-registry": read_runninghub,
}
# Facts of documents other than models, by file.
DOCUMENT_READERS: Mapping[str, DocumentReader] = {
    "aimlapi-openapi": openapi_documents,
    "runflow-page": runflow_documents,
    "runninghub-registry": runninghub_documents,
}
# Readers of single documents in any folder: a page of one model, or a list of many.
PAGE_READERS: Mapping[str, Callable[[Cursor, Path], Iterable[ModelPage]]] = {
    "runflow-page": lambda row, path: (page_of(row, path),),
    "runninghub-registry": read_runninghub_list,
}


def read_models(sources: Path, docs: Docs) -> dict[str, ModelPage]:
    """Every model that the `build:` rows of a `sources.yaml` name, by id in the order of ids.

    Raises:
        DataError: a row is invalid.
        PageError: a document is invalid, two rows name one model, or two models have one file.
    """
    known = Cursor(str(sources), read_document(sources)).at("sources").mapping()
    models: dict[str, ModelPage] = {}
    for row in _rows(sources):
        for model in READERS[row.at("reader").choice(tuple(READERS))](row, docs):
            with docs.part(model.id):
                _admit(model, models, known, row.where)
    return dict(sorted(models.items()))


def read_documents(sources: Path, docs: Docs) -> dict[str, dict[str, Any]]:
    """The facts other than models of the documents in the `build:` rows, by file.

    Raises:
        DataError: a row is invalid.
        PageError: a document is invalid.
    """
    return {
        name: rows
        for row in _rows(sources)
        for name, rows in DOCUMENT_READERS[row.at("reader").choice(tuple(READERS))](row, docs)
    }


def _rows(sources: Path) -> Iterator[Cursor]:
    file = Cursor(str(sources), read_document(sources))
    rows = file.maybe("build")
    for number, item in enumerate(rows.value if rows else ()):
        yield Cursor(f"{file.where} /build/{number}", item)


def _admit(model: ModelPage, models: dict[str, ModelPage], known: Mapping[str, object], where: str) -> None:
    clash = next((other.id for other in models.values() if other.file().lower() == model.file().lower()), None)
    if clash is not None:
        raise PageError(where, f"{model.id!r} and {clash!r} would be written to one file", expected="one row a model")
    strange = [id_ for id_ in (*model.source, *model.price.source) if id_ not in known]
    if strange:
        raise PageError(where, f"the source {strange[0]!r} is not listed", expected="one of " + ", ".join(known))
    models[model.id] = model

"""`documents.json`: facts of the documents other than models, and the copies of models in several files."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockreel.authoring.documented_model import ModelPage
from mockreel.contract.data.data_files import read_document

FILE = "documents.json"
Rows = Mapping[str, Any]


def document_facts(documents: Mapping[str, Rows], models: Mapping[str, ModelPage]) -> dict[str, Any]:
    """The built file; it contains every schema once, under its own name."""
    schemas: dict[str, Any] = {}
    found = {
        name: {**rows, "messages": _with_schema_names(rows["messages"], schemas)}
        for name, rows in sorted(documents.items())
    }
    copies = {
        id_: {name: None if schema == page.schema else _name(schema, schemas) for name, schema in page.copies.items()}
        for id_, page in models.items()
        if page.copies
    }
    return {"documents": found, "copies": copies, "schemas": dict(sorted(schemas.items()))}


def read_document_facts(path: Path) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]] | None:
    """The documents and the copies of models, with their schemas in place; None if nothing was built.

    A copy that is the model's own schema is None.
    """
    if not path.is_file():
        return None
    built = read_document(path)
    schemas = built["schemas"]
    documents = {
        name: {
            **rows,
            "messages": {title: {**one, "schema": schemas[one["schema"]]} for title, one in rows["messages"].items()},
        }
        for name, rows in built["documents"].items()
    }
    copies = {
        id_: {name: one and schemas[one] for name, one in files.items()} for id_, files in built["copies"].items()
    }
    return documents, copies


def _with_schema_names(messages: Rows, schemas: dict[str, Any]) -> dict[str, Any]:
    return {title: {**one, "schema": _name(one["schema"], schemas)} for title, one in messages.items()}


def _name(schema: Any, schemas: dict[str, Any]) -> str:
    name = hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:12]
    schemas[name] = schema
    return name

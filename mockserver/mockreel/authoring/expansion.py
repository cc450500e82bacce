"""Expand the files written by hand to the files that programs read.

The server reads `operations.json` and `models.json`; `openapi.json`, with a path for each model, is for other tools.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockreel.authoring.model_documents import rows
from mockreel.authoring.model_index import model_index, read_schemas
from mockreel.authoring.model_paths import with_model_paths
from mockreel.contract.data.contract_rows import FILE, parsed_rows
from mockreel.contract.data.data_files import read_document
from mockreel.errors import DataError


def expand(contract_dir: Path) -> dict[str, bytes]:
    """The built files of a contract, by name, from the files beside it.

    Args:
        contract_dir: `contracts/<provider>`, with `schemas/<provider>` in the folder above it.

    Raises:
        DataError: a file is missing or invalid.
    """
    provider = contract_dir.name
    schemas = read_schemas(contract_dir.parent.parent / "schemas" / provider)
    prices = contract_dir / "prices.json"
    built = read_document(prices) if prices.is_file() else {}
    return expanded(contract_dir, schemas, built)


def expanded(
    contract_dir: Path, schemas: Mapping[str, Mapping[str, Any]], prices: Mapping[str, Any]
) -> dict[str, bytes]:
    """The built files of a contract, from model schemas and prices that may not be written yet."""
    where = f"contracts/{contract_dir.name}"
    written = read_document(contract_dir / "openapi.yaml")
    pricing = contract_dir / "pricing.yaml"
    models = model_index(schemas, prices, read_document(pricing) if pricing.is_file() else {}, where=where)
    operations = _texts(written, f"{where}/openapi.yaml")
    document = with_model_paths(
        operations,
        models,
        schemas=f"../../schemas/{contract_dir.name}",
        where=f"{where}/openapi.yaml",
    )
    return {
        "models.json": rows(models),
        "operations.json": rows(operations, depth=3),
        "openapi.json": rows(document, depth=3),
        FILE: rows(parsed_rows(contract_dir)),
    }


def _texts(node: Any, where: str) -> Any:
    """The document with text keys: YAML reads the status `200:` as a number, which is no key in JSON."""
    if isinstance(node, dict):
        strange = [key for key in node if not isinstance(key, str | int) or isinstance(key, bool)]
        if strange:
            raise DataError(where, f"the key {strange[0]!r} is not a text", then="Quote it.")
        return {str(key): _texts(value, where) for key, value in node.items()}
    return [_texts(item, where) for item in node] if isinstance(node, list) else node

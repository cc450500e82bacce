"""The texts and numbers that a contract states itself, wherever in its files."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.contract import Contract, ErrorRow


def stated_values(contract: Contract) -> frozenset[str]:
    """What stands in the document, the error definitions, the wire settings and the models."""
    errors = [_error_values(row) for row in contract.errors.values()]
    models = [[one.id, one.aliases, dict(one.defaults), one.price.currency] for one in contract.models.values()]
    parts = (contract.document, errors, dict(contract.wire), models)
    return frozenset(text for part in parts for text in scalars(part))


def scalars(document: Any) -> Iterator[str]:
    """Every text and number of a document, as text."""
    if isinstance(document, Mapping):
        for value in document.values():
            yield from scalars(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from scalars(value)
    elif document is not None and not isinstance(document, bool):
        yield str(document)


def _error_values(row: ErrorRow) -> list[Any]:
    """What an error definition says on the wire."""
    return [row.status, row.code, row.message, dict(row.fields)]

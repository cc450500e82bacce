"""The seal of a snapshot: it shows changes since it was taken. It does not show who took it."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson

from mockreel.errors import DataError

SEAL = "seal"


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    return {**document, SEAL: _seal(document)}


def check_seal(document: Mapping[str, Any], *, where: str) -> None:
    """Check that a document is as it was taken.

    Raises:
        DataError: it was changed, or is not whole.
    """
    if document[SEAL] != _seal(document):
        then = "Take a new one, or restore the file as `mockreel control snapshot` wrote it."
        raise DataError(where, "it was changed since it was taken, as its seal does not fit", then=then)


def _seal(document: Mapping[str, Any]) -> str:
    bare = {name: value for name, value in document.items() if name != SEAL}
    return sha256(orjson.dumps(_plain(bare), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _plain(value: Any) -> Any:
    """A value as any language would write it again: whole numbers without a point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value

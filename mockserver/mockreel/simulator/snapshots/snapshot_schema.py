"""Whether a document is a snapshot at all: its form, and the shape that `schemas/control/snapshot.json` states."""

from functools import cache
from typing import Any

import jsonschema_rs
import orjson

from mockreel._data import data_dir
from mockreel.errors import DataError

WHERE = "the snapshot"


def check_shape(document: Any, *, form: int) -> None:
    """See that a document has the shape of a snapshot.

    Raises:
        DataError: it has not, or is of another form.
    """
    if not isinstance(document, dict) or "snapshot" not in document:
        raise DataError(WHERE, "it is none", expected="what `mockreel control snapshot` wrote")
    if document["snapshot"] != form:
        then = "Take a new one with the version that runs here, or restore it with the one that took it."
        raise DataError(WHERE, f"its form is {document['snapshot']!r}", expected=f"{form}", then=then)
    for problem in _validator().iter_errors(document):
        place = "".join(f"/{step}" for step in problem.instance_path)
        raise DataError(f"{WHERE} {place}".rstrip(), problem.message[:300].rstrip("."))


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        orjson.loads((data_dir("schemas") / "control" / "snapshot.json").read_bytes())
    )

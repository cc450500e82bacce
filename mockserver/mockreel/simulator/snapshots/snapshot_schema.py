"""Whether a document is a snapshot at all: its form, and the shape that `schemas/control/snapshot.json` states."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import orjson

from mockreel._data import data_dir
from mockreel.errors import DataError

WHERE = "the snapshot"
# So many jobs are checked at once: the validator copies what it is given.
AT_ONCE = 5000


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
    for place, problem in _problems(document):
        raise DataError(f"{WHERE} {place}".rstrip(), problem.message[:300].rstrip("."))


def _problems(document: dict[str, Any]) -> Iterator[tuple[str, jsonschema_rs.ValidationError]]:
    """Where something is wrong, and what; the jobs of a long list are looked at after all else."""
    parts = document.get("providers")
    some = parts if isinstance(parts, dict) else {}
    long = {name: part["jobs"] for name, part in some.items() if isinstance(part, dict) and _is_long(part.get("jobs"))}
    short = {name: {**part, "jobs": []} if name in long else part for name, part in some.items()}
    rest = {**document, "providers": short} if long else document
    for problem in _validator().iter_errors(rest):
        yield "".join(f"/{step}" for step in problem.instance_path), problem
    for name, jobs in long.items():
        for first in range(0, len(jobs), AT_ONCE):
            for problem in _jobs_validator().iter_errors(jobs[first : first + AT_ONCE]):
                index, *steps = problem.instance_path
                yield "".join(f"/{step}" for step in ("providers", name, "jobs", first + int(index), *steps)), problem


def _is_long(jobs: Any) -> bool:
    return isinstance(jobs, list) and len(jobs) > AT_ONCE


@cache
def _schema() -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((data_dir("schemas") / "control" / "snapshot.json").read_bytes())
    return found


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema())


@cache
def _jobs_validator() -> jsonschema_rs.Draft202012Validator:
    whole = _schema()
    jobs = whole["$defs"]["part"]["properties"]["jobs"]
    return jsonschema_rs.Draft202012Validator({"$schema": whole["$schema"], "$defs": whole["$defs"], **jobs})

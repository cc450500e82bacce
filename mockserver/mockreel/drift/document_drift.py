"""Compare what two versions of the docs state besides their models: servers, security, responses, webhooks, retries."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mockreel.authoring.documents.openapi_document import OPEN
from mockreel.drift.finding import NOTHING, Finding, Verdict
from mockreel.drift.row_drift import rows_drift
from mockreel.drift.row_rules import DOCUMENTS
from mockreel.drift.schema_drift import Direction, Subject, schema_findings
from mockreel.drift.witness.json_difference import alike
from mockreel.drift.witness.schema_message import Message

Rows = Mapping[str, Any]
_SHOWN = 3


def documents_drift(
    provider: str, before: Mapping[str, Rows], after: Mapping[str, Rows], *, lost: Collection[str] = ()
) -> Iterator[Finding]:
    """Every difference between two versions of a provider's documents; the same one in many files is reported once.

    Args:
        provider: the provider of the documents.
        before: the kept facts of each document, by file.
        after: the facts that each states now.
        lost: documents that could not be read; they are skipped.
    """
    pairs: dict[str, tuple[Rows, Rows, list[str]]] = {}
    after = {name: rows for name, rows in after.items() if name not in lost}
    for name, old in before.items():
        if name in lost:
            continue
        if name in after and not alike(old, after[name]):
            key = f"{old} {after[name]}"
            pairs.setdefault(key, (old, after[name], []))[2].append(name)
        elif name not in after:
            yield from _missing_document(provider, name, old, after)
    reported: set[tuple[str, str]] = set()
    for old, new, files in pairs.values():
        for finding in document_drift(provider, files, old, new):
            aspect = finding.id.split(f"/docs/{files[0]}/", 1)[-1]
            difference = aspect, f"{finding.before} {finding.after}"
            if difference not in reported:
                reported.add(difference)
                yield finding
    yield from _new(provider, before, after)


def document_drift(provider: str, files: list[str], before: Rows, after: Rows) -> Iterator[Finding]:
    """The differences between two versions of one document that all of `files` share."""
    id_, where = f"{provider}/docs/{files[0]}", _file_names(files)
    old, new = _comparable(before), _comparable(after)
    for key, row in new["operations"].items():
        if OPEN in row["security"] and key in old["operations"]:
            # A request with a key is accepted where none is required.
            row["security"] = {**old["operations"][key]["security"], **row["security"]}
    yield from rows_drift(old, new, DOCUMENTS, id=id_, where=where)
    yield from _messages(Subject(id_, where), before, after)


def _messages(subject: Subject, before: Rows, after: Rows) -> Iterator[Finding]:
    old, new = before["messages"], after["messages"]
    for name in dict.fromkeys((*old, *new)):
        here = Subject(f"{subject.id}/{name}", f"{subject.where} {name}", subject.sources)
        if name in old and name in new:
            schemas = old[name]["schema"], new[name]["schema"]
            yield from schema_findings(Message(schemas[0]), Message(schemas[1]), _direction(old[name]), here)
        elif "operations" not in before:
            yield _one_sided_table(here, old.get(name), new.get(name))
        elif _has_place(name, before) and _has_place(name, after):
            one = old.get(name) or new[name]
            was, now = (Message(side[name]["schema"] if name in side else {}) for side in (old, new))
            yield from schema_findings(was, now, _direction(one), here)


def _one_sided_table(subject: Subject, before: Any, after: Any) -> Finding:
    """A table that only one version of a page has."""
    if before is None:
        return subject.finding("", "compatible", "the docs show more", NOTHING, after["schema"])
    verdict: Verdict = "breaking for replies" if before["direction"] == "replies" else "unknown"
    return subject.finding("", verdict, "the docs no longer show it", before["schema"], NOTHING)


def _has_place(name: str, rows: Rows) -> bool:
    """Whether the place of a message is there: its parameter, or the media type of its body or response."""
    for called, operation in rows["operations"].items():
        if name.startswith(f"{called} "):
            place = name.removeprefix(f"{called} ")
            bodies = [f"request {media}" for media in operation["body"]["media"]]
            bodies += [f"{status} {one}" for status, row in operation["statuses"].items() for one in row["media"]]
            return place in operation["parameters"] or place in bodies
    return False


def _comparable(rows: Rows) -> dict[str, Any]:
    """The rows without the messages, which are compared as schemas."""
    operations = {name: dict(row) for name, row in rows.get("operations", {}).items()}
    return {**{key: value for key, value in rows.items() if key != "messages"}, "operations": operations}


def _direction(message: Rows) -> Direction:
    return "requests" if message["direction"] == "requests" else "replies"


def _missing_document(provider: str, name: str, before: Rows, after: Mapping[str, Rows]) -> Iterator[Finding]:
    """A document that is missing now; another may describe the same operations."""
    if any(alike(before, other) for other in after.values()):
        return
    described = {operation for other in after.values() for operation in other.get("operations", {})}
    undescribed = [operation for operation in before.get("operations", {}) if operation not in described]
    verdict: Verdict = "breaking for requests" if undescribed else "docs only"
    says = "the document is gone; others describe it"
    if undescribed:
        says = f"no document describes {', '.join(undescribed)} any more"
    yield Finding(f"{provider}/docs/{name}", name, sorted(before.get("operations", ())), NOTHING, verdict, says)


def _new(provider: str, before: Mapping[str, Rows], after: Mapping[str, Rows]) -> Iterator[Finding]:
    known = {operation for rows in before.values() for operation in rows.get("operations", {})}
    for name, rows in after.items():
        further = [operation for operation in rows.get("operations", {}) if operation not in known]
        if name not in before and further:
            yield Finding(f"{provider}/docs/{name}", name, NOTHING, further, "compatible", "a document with more")


def _file_names(files: list[str]) -> str:
    further = f" (and {len(files) - 1} more)" if len(files) > 1 else ""
    return f"{files[0]}{further}"

"""Read `client.yaml`; whatever does not fit is an error that names its place."""

from pathlib import Path

from mockreel._data import data_root
from mockreel.client.profile import (
    KINDS,
    STATES,
    FailurePlaces,
    Find,
    JobPlaces,
    Manner,
    Mark,
    Pace,
    Quote,
    RefusalKind,
    RefusalPlaces,
    SpentPlace,
    ToldPlaces,
    UploadStep,
)
from mockreel.client.values import StateKind
from mockreel.contract.data.files import read_document
from mockreel.contract.data.parser import Cursor
from mockreel.contract.operations import Place
from mockreel.errors import DataError, OptionError


def read_manner(provider: str, *, root: Path | None = None) -> Manner:
    """The manner of one provider.

    Raises:
        OptionError: the provider's folder has no `client.yaml`.
        DataError: a row of it does not fit.
    """
    path = (root or data_root()) / "contracts" / provider / "client.yaml"
    if not path.is_file():
        having = sorted(found.parent.name for found in path.parent.parent.glob("*/client.yaml"))
        raise OptionError("provider", provider, having, then=f"The client needs {path.name} in its folder.")
    return _manner(Cursor(f"contracts/{provider}/client.yaml", read_document(path)))


def _manner(file: Cursor) -> Manner:
    mark, idempotency = file.maybe("mark"), file.maybe("idempotency")
    quote, upload, told = file.maybe("quote"), file.maybe("upload"), file.maybe("told")
    return Manner(
        submit=file.at("submit").text(),
        mark=Mark(_place("mark", mark), mark.at("pattern").text()) if mark else None,
        idempotency=idempotency.at("header").text() if idempotency else None,
        find=_find(file.at("find")),
        by_id=file.at("by_id").each(_place),
        pace=_pace(file.at("pace")),
        words=_words(file.at("words")),
        jobs=file.at("jobs").each(_job),
        told=_told(told) if told else None,
        refusal=_refusal(file.at("refusal")),
        quote=Quote(*(quote.at(key).text() for key in ("operation", "amount", "currency"))) if quote else None,
        upload=tuple(_step(row) for row in _rows(upload.at("steps"))) if upload else (),
    )


def _words(row: Cursor) -> dict[str, StateKind]:
    """By word, in any case, the state that it means."""
    found: dict[str, StateKind] = {}
    for kind in STATES:
        words = row.maybe(kind)
        found |= dict.fromkeys((word.casefold() for word in words.texts()), kind) if words else {}
    return found


def _place(_: str, row: Cursor) -> Place:
    return Place(row.at("in").choice(("header", "query", "path", "body")), row.at("name").text())


def _find(row: Cursor) -> Find:
    operation = row.maybe("operation")
    return Find(
        row.at("says").text(), operation.text() if operation else None, row.get("query", {}), row.get("items", "")
    )


def _pace(row: Cursor) -> Pace:
    numbers = {key: row.get(key, 0.0) for key in ("poll", "backoff", "ceiling")}
    return Pace(attempts=row.get("attempts", 1), again=_texts(row, "again"), **numbers)


def _job(_: str, row: Cursor) -> JobPlaces:
    places = {key: row.at(key).texts() for key in ("id", "state", "results", "kinds", "seconds", "texts")}
    spent = tuple(_spent(one) for one in _rows(row.at("spent")))
    return JobPlaces(**places, failure=_failure(row.at("failure")), spent=spent)


def _spent(row: Cursor) -> SpentPlace:
    return SpentPlace(row.at("at").text(), row.at("currency").text(), row.get("per", 1))


def _failure(row: Cursor) -> FailurePlaces:
    return FailurePlaces(*(row.at(key).texts() for key in ("code", "message", "stage")))


def _told(row: Cursor) -> ToldPlaces:
    places = {key: row.at(key).texts() for key in ("id", "state", "event", "inside")}
    return ToldPlaces(**places, failure=_failure(row.at("failure")))


def _refusal(row: Cursor) -> RefusalPlaces:
    places = {key: row.at(key).texts() for key in ("codes", "messages", "violations", "request_ids")}
    return RefusalPlaces(**places, kinds=tuple(_kind(one) for one in _rows(row.at("kinds"))))


def _kind(row: Cursor) -> RefusalKind:
    statuses = tuple(str(one) for one in row.mapping().get("statuses", ()))
    return RefusalKind(row.at("kind").choice(KINDS), frozenset(_texts(row, "codes")), statuses, _texts(row, "texts"))


def _step(row: Cursor) -> UploadStep:
    operation, put, file = (row.maybe(key) for key in ("operation", "put", "file"))
    if (operation is None) == (put is None):
        raise DataError(row.where, "a step has an operation or a target to put to", expected="one of the two")
    return UploadStep(
        operation.text() if operation else None,
        put.text() if put else None,
        file.text() if file else None,
        row.get("params", {}),
        row.mapping().get("body"),
        row.get("keep", {}),
    )


def _rows(row: Cursor) -> list[Cursor]:
    return [Cursor(f"{row.where}/{number}", one) for number, one in enumerate(row.value)]


def _texts(row: Cursor, key: str) -> tuple[str, ...]:
    found = row.maybe(key)
    return found.texts() if found else ()

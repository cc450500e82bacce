"""Read what the client needs of `conversation.yaml`; whatever does not fit is an error that names its place."""

from pathlib import Path

from mockreel.client.profile import (
    KINDS,
    STATES,
    ClientProfile,
    FailurePlaces,
    Find,
    JobPlaces,
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
from mockreel.contract.conversation.section import read_conversation, required_section
from mockreel.contract.data.parser import Cursor
from mockreel.contract.operations import Place
from mockreel.errors import DataError


def read_manner(provider: str, *, root: Path | None = None) -> ClientProfile:
    """The manner of one provider.

    Raises:
        OptionError: the provider has no section `client` in its `conversation.yaml`.
        DataError: a row of it does not fit.
    """
    section = required_section(provider, "client", root=root)
    file = read_conversation(provider, root=root)
    assert file is not None
    return _manner(section, file.at("jobs").each(_job))


def _manner(file: Cursor, jobs: dict[str, JobPlaces]) -> ClientProfile:
    mark, idempotency = file.maybe("mark"), file.maybe("idempotency")
    quote, upload, told = file.maybe("quote"), file.maybe("upload"), file.maybe("webhook")
    return ClientProfile(
        submit=file.at("submit").text(),
        mark=Mark(_place("mark", mark), mark.at("pattern").text()) if mark else None,
        idempotency=idempotency.at("header").text() if idempotency else None,
        find=_find(file.at("find")),
        by_id=file.at("by_id").each(_place),
        pace=_pace(file.at("pace")),
        words=_words(file.at("words")),
        jobs=jobs,
        told=_told(told) if told else None,
        refusal=_refusal(file.at("errors")),
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
    own = row.at("client")
    places = {key: _first(row, key) + _texts(own, key) for key in ("id", "state")}
    places |= {"results": row.at("results").texts() + _texts(own, "results")}
    places |= {key: own.at(key).texts() for key in ("kinds", "seconds", "texts")}
    spent = tuple(_spent(one) for one in _rows(own.at("spent")))
    return JobPlaces(**places, failure=_failure(own.at("failure")), spent=spent)


def _first(row: Cursor, key: str) -> tuple[str, ...]:
    found = row.maybe(key)
    return (found.text(),) if found else ()


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

"""Read the client's profile from `conversation.yaml`; an invalid row is an error that names its place."""

from pathlib import Path

from mockreel.client.profile import (
    KINDS,
    STATES,
    ClientProfile,
    ErrorKind,
    ErrorPlaces,
    FailurePlaces,
    Find,
    JobPlaces,
    Mark,
    Pace,
    Quote,
    SpentPlace,
    UploadStep,
    WebhookPlaces,
)
from mockreel.client.values import StateKind
from mockreel.contract.conversation.section import read_conversation, required_section
from mockreel.contract.data.parser import Cursor
from mockreel.contract.operations import Place
from mockreel.errors import DataError


def read_profile(provider: str, *, root: Path | None = None) -> ClientProfile:
    """The profile of one provider.

    Raises:
        OptionError: the provider has no section `client` in its `conversation.yaml`.
        DataError: a row of it is invalid.
    """
    section = required_section(provider, "client", root=root)
    file = read_conversation(provider, root=root)
    assert file is not None
    return _profile_of(section, file.at("jobs").each(_job))


def _profile_of(file: Cursor, jobs: dict[str, JobPlaces]) -> ClientProfile:
    mark, idempotency = file.maybe("mark"), file.maybe("idempotency")
    quote, upload, webhook = file.maybe("quote"), file.maybe("upload"), file.maybe("webhook")
    return ClientProfile(
        submit=file.at("submit").text(),
        mark=Mark(_place("mark", mark), mark.at("pattern").text()) if mark else None,
        idempotency=idempotency.at("header").text() if idempotency else None,
        find=_find(file.at("find")),
        by_id=file.at("by_id").each(_place),
        pace=_pace(file.at("pace")),
        words=_words(file.at("words")),
        jobs=jobs,
        webhook=_webhook(webhook) if webhook else None,
        errors=_errors(file.at("errors")),
        quote=Quote(*(quote.at(key).text() for key in ("operation", "amount", "currency"))) if quote else None,
        upload=tuple(_step(row) for row in _rows(upload.at("steps"))) if upload else (),
    )


def _words(row: Cursor) -> dict[str, StateKind]:
    """The state of each word, in any case."""
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
    client = row.at("client")
    places = {key: _first(row, key) + _texts(client, key) for key in ("id", "state")}
    places |= {"results": row.at("results").texts() + _texts(client, "results")}
    places |= {key: client.at(key).texts() for key in ("kinds", "seconds", "texts")}
    spent = tuple(_charge_place(one) for one in _rows(client.at("spent")))
    return JobPlaces(**places, failure=_failure(client.at("failure")), spent=spent)


def _first(row: Cursor, key: str) -> tuple[str, ...]:
    found = row.maybe(key)
    return (found.text(),) if found else ()


def _charge_place(row: Cursor) -> SpentPlace:
    return SpentPlace(row.at("at").text(), row.at("currency").text(), row.get("per", 1))


def _failure(row: Cursor) -> FailurePlaces:
    return FailurePlaces(*(row.at(key).texts() for key in ("code", "message", "stage")))


def _webhook(row: Cursor) -> WebhookPlaces:
    places = {key: row.at(key).texts() for key in ("id", "state", "event", "inside")}
    return WebhookPlaces(**places, failure=_failure(row.at("failure")))


def _errors(row: Cursor) -> ErrorPlaces:
    places = {key: row.at(key).texts() for key in ("codes", "messages", "violations", "request_ids")}
    return ErrorPlaces(**places, kinds=tuple(_kind(one) for one in _rows(row.at("kinds"))))


def _kind(row: Cursor) -> ErrorKind:
    statuses = tuple(str(one) for one in row.mapping().get("statuses", ()))
    return ErrorKind(row.at("kind").choice(KINDS), frozenset(_texts(row, "codes")), statuses, _texts(row, "texts"))


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

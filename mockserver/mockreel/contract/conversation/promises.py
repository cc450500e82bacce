"""Promises about records beyond their schema: repeated fields, charges, paged lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockreel.contract.data.parser import Cursor, evidence
from mockreel.contract.rows import Evidence


@dataclass(frozen=True, slots=True)
class Places:
    """The places (JSON pointers) of a fact; `given` has the other values of its row."""

    at: tuple[str, ...]
    evidence: Evidence
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two places with equal values: in a request and a record, or in a callback and a record."""

    one: str
    other: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Promises:
    """The promises about a job's record; each is empty or None if no row has it.

    `carries` are fields of a submit beside its input; `repeats` has their places in the record, `agrees` places where
    callback and record are equal; `moments` are places of times in ascending order. `shows` are places that every
    record has, `opens` those that the response to a submit has, `constant` those that never change after the submit,
    `stays` those that never change after the end, `distinct` those with another value for every job, `fixed` one that
    always has one value, `model` the place of the model's name, `measures` the places of the size and the length of the
    result, `details` lists of what a job has beside its record, by the operations that return them, `elsewhere` further
    operations that read a job, `changes` operations that set something of its record, `early` the errors of a result's
    operation while a job is not over, by the job's state, `packed` texts that pack JSON, `holds`
    texts with other fields of the response within, `rates` what is used by the second, `inline` the field of an input
    that brings the result itself.
    """

    carries: Mapping[str, Any] = field(default_factory=dict)
    repeats: tuple[Pair, ...] = ()
    agrees: tuple[Pair, ...] = ()
    moments: Places | None = None
    begun: Places | None = None
    cost: Places | None = None
    failure: Places | None = None
    kinds: Places | None = None
    headers: Places | None = None
    shows: Places | None = None
    constant: Places | None = None
    stays: Places | None = None
    fixed: Places | None = None
    model: Places | None = None
    measures: Places | None = None
    opens: Places | None = None
    distinct: Places | None = None
    early: Places | None = None
    packed: Places | None = None
    holds: Places | None = None
    rates: Places | None = None
    inline: Places | None = None
    details: Mapping[str, Places] = field(default_factory=dict)
    elsewhere: Mapping[str, Places] = field(default_factory=dict)
    changes: Mapping[str, Places] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paged:
    """How a list is paged.

    `items` and `id` are places of the entries and of an entry's name; `next` is the place of the next cursor, which is
    sent as the query parameter `cursor`; `filters` are query parameters with the place of the value that each compares;
    `order` is a query that reverses the order of `by`. `more` is the place of a boolean for further pages, `previous`
    that of the previous cursor; `agrees` are places with equal values in an entry and in the record of its job, `times`
    two places of an entry with a fixed ratio. `fields` is the query parameter that selects the fields of an entry,
    `range` has those that limit the moment of `by`, `one` is the operation that reads one entry, `charges` has the
    places of a charged job's id and of the amount.
    """

    items: str
    id: str
    limit: str | None
    next: str | None
    cursor: str | None
    filters: Mapping[str, Mapping[str, Any]]
    orders: Mapping[str, str]
    by: str | None
    least: int | None
    jobs: bool  # its entries are jobs, so it may be empty
    models: bool  # its entries are the models of the contract, with the same names
    evidence: Evidence
    more: str | None = None
    previous: str | None = None
    agrees: tuple[str, ...] = ()
    states: bool = False  # its entries are the states of the lifecycle, by their words
    times: Mapping[str, Any] = field(default_factory=dict)
    fields: str | None = None
    range: Mapping[str, Any] = field(default_factory=dict)
    one: str | None = None
    charges: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """The balance of an account: its place, how many of its units make one of the currency, the currency's place."""

    operation: str
    at: str
    per: float
    evidence: Evidence
    currency: str | None = None


# The promises that are one row of places each.
_PLACES = (
    "moments", "begun", "cost", "failure", "kinds", "headers", "shows", "constant", "stays", "fixed", "model",
    "measures", "opens", "distinct", "early", "packed", "holds", "rates", "inline",
)  # fmt: skip


def promises(row: Cursor) -> Promises:
    """The promises of one sort of job in `conversation.yaml`."""
    found = row.maybe("promises")
    if found is None:
        return Promises()
    return Promises(
        found.get("carries", {}),
        _pairs(found, "repeats"),
        _pairs(found, "agrees"),
        details=rows(found, "details"),
        elsewhere=rows(found, "elsewhere"),
        changes=rows(found, "changes"),
        **{name: places(found, name) for name in _PLACES},
    )


def places(row: Cursor, key: str) -> Places | None:
    """A row of places, or None."""
    found = row.maybe(key)
    if found is None:
        return None
    extra_fields = {name: value for name, value in found.mapping().items() if name not in ("at", "evidence", "source")}
    return Places(found.at("at").texts(), evidence(found), extra_fields)


def rows(row: Cursor, key: str) -> Mapping[str, Places]:
    """Rows of places by their names; none where there are none."""
    found = row.maybe(key)
    named = {name: places(found, name) for name in found.mapping()} if found else {}
    return {name: one for name, one in named.items() if one is not None}


def _pairs(row: Cursor, key: str) -> tuple[Pair, ...]:
    found = row.maybe(key)
    rows = found.mapping().items() if found else ()
    return tuple(_pair(name, Cursor(f"{row.where} /{key} /{name}", value)) for name, value in rows if value is not None)


def _pair(_: str, row: Cursor) -> Pair:
    return Pair(row.at("one").text(), row.at("other").text(), evidence(row))


def paged(_: str, row: Cursor) -> Paged:
    """One list of `conversation.yaml`, by the operation that returns it."""
    return Paged(
        row.at("items").text(),
        row.at("id").text(),
        _maybe(row, "limit"),
        _maybe(row, "next"),
        _maybe(row, "cursor"),
        row.get("filters", {}),
        row.get("orders", {}),
        _maybe(row, "by"),
        row.get("least", 0) or None,
        row.get("jobs", False),
        row.get("models", False),
        evidence(row),
        _maybe(row, "more"),
        _maybe(row, "previous"),
        found.texts() if (found := row.maybe("agrees")) else (),
        row.get("states", False),
        row.get("times", {}),
        _maybe(row, "fields"),
        row.get("range", {}),
        _maybe(row, "one"),
        row.get("charges", {}),
    )


def account(row: Cursor) -> Account:
    """The balance of an account in `conversation.yaml`."""
    return Account(
        row.at("operation").text(), row.at("at").text(), row.get("per", 1.0), evidence(row), _maybe(row, "currency")
    )


def _maybe(row: Cursor, key: str) -> str | None:
    found = row.maybe(key)
    return found.text() if found else None

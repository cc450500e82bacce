"""What a provider promises of a record beside its form: what it repeats, what it charges, how its lists are paged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockreel.contract.data.parser import Cursor, evidence
from mockreel.contract.rows import Evidence


@dataclass(frozen=True, slots=True)
class Places:
    """One or more places (JSON pointers) that a fact is about; `given` holds what else its row says."""

    at: tuple[str, ...]
    evidence: Evidence
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two places that hold the same: in a request and in a record, or in a callback and in a record."""

    one: str
    other: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Promises:
    """What the record of a job promises. Each is empty or None where no row says anything of the kind.

    `carries` are fields that a submit takes beside its input; `repeats` says where the record has them again, `agrees`
    where the callback says the same as the record; `moments` are places of times in their order. `shows` are places
    that every record has, `opens` those that the answer to a submit has, `constant` those that are the same from the
    submit on, `stays` those that are the same from the end on, `distinct` those that are another value for every job,
    `fixed` one that always has one value, `model` where the record names its model, `measures` where it says how large
    and how long its result is, `details` lists of what a job has beside its record, by the operations that give them.
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
    details: Mapping[str, Places] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paged:
    """How a list is asked for in parts.

    `items` and `id` are places of the entries and of an entry's name; `next` is the place of what leads on, which is
    sent as the query parameter `cursor`; `filters` are query parameters with the place of the entry's value that each
    of them compares; `order` is a query that turns the order of `by` round. `more` is the place of a truth value that
    says whether there is more, `previous` that of what leads back; `agrees` are places that an entry has as the record
    of its job has them, `times` two places of an entry of which the first is so many times the second. `fields` is the
    query parameter that chooses the fields of an entry, `range` names those that bound the moment of `by`, `one` is
    the operation that reads one entry.
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
    jobs: bool  # its entries tell of jobs, so that it may be empty
    models: bool  # its entries are the models of the contract, named as there
    evidence: Evidence
    more: str | None = None
    previous: str | None = None
    agrees: tuple[str, ...] = ()
    states: bool = False  # its entries are the states of the lifecycle, named by their words
    times: Mapping[str, Any] = field(default_factory=dict)
    fields: str | None = None
    range: Mapping[str, str] = field(default_factory=dict)
    one: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What an account promises: where its balance stands, and in how many of its units one unit of the currency is."""

    operation: str
    at: str
    per: float
    evidence: Evidence


# The promises that are one row of places each.
_PLACES = (
    "moments", "begun", "cost", "failure", "kinds", "headers", "shows", "constant", "stays", "fixed", "model",
    "measures", "opens", "distinct",
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
        **{name: places(found, name) for name in _PLACES},
    )


def places(row: Cursor, key: str) -> Places | None:
    """A row of places; None where there is none."""
    found = row.maybe(key)
    if found is None:
        return None
    given = {name: value for name, value in found.mapping().items() if name not in ("at", "evidence", "source")}
    return Places(found.at("at").texts(), evidence(found), given)


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
    """One list of `conversation.yaml`, by the operation that gives it."""
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
    )


def account(row: Cursor) -> Account:
    """Where the balance of an account stands."""
    return Account(row.at("operation").text(), row.at("at").text(), row.get("per", 1.0), evidence(row))


def _maybe(row: Cursor, key: str) -> str | None:
    found = row.maybe(key)
    return found.text() if found else None

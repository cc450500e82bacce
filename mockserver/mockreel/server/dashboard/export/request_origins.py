"""What an exchange depends on: the earlier ones that its ids came from, and those that changed its subject."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from mockreel.engine.artifacts.artifact import MEDIA, UPLOADS
from mockreel.engine.journal.journal import Entry, Journal
from mockreel.server.dashboard.export.journal_request import operation_of
from mockreel.simulator.cooperative_work import chunks
from mockreel.simulator.provider import Provider

# A shorter text is no id: it would be found everywhere.
SHORTEST = 8
# Of so many exchanges a step looks at the bodies.
SOME = 10
# The most exchanges before one; any more are left out.
MOST_BEFORE = 8


@dataclass(frozen=True, slots=True)
class Origin:
    """A value from a response: `steps` are its path in the response's JSON."""

    value: str
    name: str
    entry: Entry
    steps: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """An exchange that is repeated before another, with the values that are needed from its response."""

    entry: Entry
    gives: tuple[Origin, ...]


def steps_before(provider: Provider, journal: Journal, entry: Entry) -> Generator[None, None, tuple[Step, ...]]:
    """The exchanges to repeat before one so that it can be repeated, in order of time; it yields between steps."""
    earlier = yield from _before(provider, journal, entry)
    found = yield from _origins(provider, entry, earlier)
    if not found:
        return ()
    known = frozenset(found)
    origins = {id(origin.entry) for origin in found.values()}
    ordered: list[Entry] = []
    for some in chunks(earlier, size=SOME):
        ordered += [one for one in some if id(one) in origins or _acts_on(provider, one, known)]
        yield
    return tuple(
        Step(one, tuple(origin for origin in found.values() if origin.entry is one)) for one in ordered[:MOST_BEFORE]
    )


def _before(provider: Provider, journal: Journal, entry: Entry) -> Generator[None, None, list[Entry]]:
    """The earlier exchanges of the same account, or of none."""
    found: list[Entry] = []
    for place, one in enumerate(journal, 1):
        if one is entry:
            break
        if one.provider == provider.name and (entry.account is None or one.account in (None, entry.account)):
            found.append(one)
        if place % SOME == 0:
            yield
    return found


def _origins(provider: Provider, entry: Entry, earlier: list[Entry]) -> Generator[None, None, dict[str, Origin]]:
    """The origins of every value in an exchange, and of what those rest on in turn."""
    found: dict[str, Origin] = {}
    waiting = [entry]
    for one in waiting:
        for name, value in _values(provider, one):
            if value in found or len(found) >= MOST_BEFORE:
                continue
            origin = yield from _origin(name, value, earlier)
            if origin is not None:
                found[value] = origin
                waiting.append(origin.entry)
    return found


def _acts_on(provider: Provider, entry: Entry, values: Iterable[str]) -> bool:
    """Whether an exchange may have changed what the values identify."""
    if entry.method in ("GET", "HEAD") or entry.row is not None or entry.operation is None:
        return False
    if entry.operation in provider.contract.conversation.reads:
        return False
    return any(_mentions(entry, value) for value in values)


def _mentions(entry: Entry, value: str) -> bool:
    """Whether a request has a value anywhere."""
    return value in entry.path or value in entry.query or value.encode() in entry.body


def _values(provider: Provider, entry: Entry) -> Iterator[tuple[str, str]]:
    """The values of a request that may come from a response: parameters, and texts of its body."""
    operation = operation_of(provider.contract, entry)
    found = provider.contract.router.find(entry.path)
    model = operation.model.name if operation is not None and operation.model is not None else None
    named = [(name, value) for name, value in (found.params if found else {}).items() if name != model]
    named += parse_qsl(entry.query)
    named += [("job_id", own_id(entry))] if entry.path.startswith((MEDIA, UPLOADS)) else []
    named += _texts("value", entry.json)
    yield from ((name, value) for name, value in named if len(value) >= SHORTEST)


def own_id(entry: Entry) -> str:
    """The id in a path of the mock server's own: of a job that made a clip, of an upload."""
    return entry.path.rpartition("/")[2].partition(".")[0]


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, with the name of its field."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(str(key), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(name, inner)
    elif isinstance(value, str) and " " not in value:
        yield name, value


def _origin(name: str, value: str, earlier: list[Entry]) -> Generator[None, None, Origin | None]:
    """The first response that has a value; None where a request had it before."""
    written = value.encode()
    for place, entry in enumerate(earlier, 1):
        if place % SOME == 0:
            yield
        if _mentions(entry, value):
            return None
        if written in entry.reply and entry.row is None:
            steps = find(value, entry.reply_json)
            if steps is not None:
                return Origin(value, name, entry, steps)
    return None


def find(value: str, inside: Any) -> tuple[str | int, ...] | None:
    """The steps to a text, or to a number that is written so, in a JSON value; None where it is not in it."""
    if isinstance(inside, Mapping | list):
        pairs = inside.items() if isinstance(inside, Mapping) else enumerate(inside)
        for step, inner in pairs:
            rest = find(value, inner)
            if rest is not None:
                return (step, *rest)
        return None
    return () if inside == value or (isinstance(inside, int) and str(inside) == value) else None

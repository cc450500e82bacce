"""Where the ids in a request came from: the earlier exchanges that one exchange rests on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from understudy.artifacts import MEDIA, UPLOADS
from understudy.journal import Entry, Journal
from understudy.part import Part
from understudy.server.pages.asked import operation_of

# A shorter text is no id: it would be found everywhere.
SHORTEST = 8
# So many exchanges are told before one; what rests on more is told as it is.
MOST_BEFORE = 6


@dataclass(frozen=True, slots=True)
class Origin:
    """A value of a request and the reply that it came from: `steps` lead to it in the reply's JSON."""

    value: str
    name: str
    entry: Entry
    steps: tuple[str | int, ...]


def origins(part: Part, journal: Journal, entry: Entry) -> tuple[Origin, ...]:
    """The origins of every value in an exchange, and of what those rest on in turn, in the order of time."""
    earlier = [one for one in _before(journal, entry) if one.account == entry.account and one.provider == part.name]
    found: dict[str, Origin] = {}
    waiting = [entry]
    for one in waiting:
        for name, value in _values(part, one):
            if value in found or len(found) >= MOST_BEFORE:
                continue
            origin = _origin(name, value, earlier)
            if origin is not None:
                found[value] = origin
                waiting.append(origin.entry)
    return tuple(sorted(found.values(), key=lambda origin: next(i for i, e in enumerate(earlier) if e is origin.entry)))


def _before(journal: Journal, entry: Entry) -> Iterator[Entry]:
    for one in journal:
        if one is entry:
            return
        yield one


def _values(part: Part, entry: Entry) -> Iterator[tuple[str, str]]:
    """What a request says that may have come from a reply: parameters, and texts of its body."""
    operation = operation_of(part.contract, entry)
    found = part.contract.router.find(entry.path)
    model = operation.model.name if operation is not None and operation.model is not None else None
    for name, value in (found.params if found else {}).items():
        if name != model and len(value) >= SHORTEST:
            yield name, value
    for prefix in (MEDIA, UPLOADS):
        if entry.path.startswith(prefix):
            yield "job_id", entry.path.removeprefix(prefix).partition(".")[0]
    yield from ((name, text) for name, text in _texts("value", entry.json) if len(text) >= SHORTEST)


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


def _origin(name: str, value: str, earlier: list[Entry]) -> Origin | None:
    """The first reply that has a value which its request had not."""
    written = value.encode()
    for entry in earlier:
        if written in entry.reply and written not in entry.body and value not in entry.path:
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

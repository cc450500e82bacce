"""Compare the notes on fields that no schema can express: kinds of file, their size, steps of a number."""

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from mockreel.drift.finding import NOTHING, Finding, Verdict
from mockreel.drift.schema_drift import Subject
from mockreel.drift.witness.json_difference import alike

_NOTE = "x-mockreel"
# An upper bound: a smaller one rejects what the larger one accepted.
_BOUNDS = ("max_mb", "max_seconds", "max_width", "max_height")


def field_notes_drift(
    before: Mapping[str, Any], after: Mapping[str, Any], subject: Subject, *, dropped: Collection[str] = ()
) -> Iterator[Finding]:
    """The differences in the notes on the fields that both versions have.

    Args:
        before: the older schema.
        after: the newer one.
        subject: what the findings are about.
        dropped: notes that the newer docs have for no model: the form of the list changed, not this model.
    """
    old, new = _notes(before), _notes(after)
    fields = after.get("properties", {})
    for name in (name for name in old if name in fields):
        for key in dict.fromkeys((*old[name], *new.get(name, {}))):
            was, now = old[name].get(key, NOTHING), new.get(name, {}).get(key, NOTHING)
            if key not in dropped and not _same(was, now):
                verdict, witness = _judged(key, was, now)
                says = f"another `{key}` of a file or number that is sent"
                yield subject.finding(f"/properties/{name}/{key}", verdict, says, was, now, witness=witness)


def notes_of(schema: Mapping[str, Any]) -> set[str]:
    """The notes on any field of a schema."""
    return {key for notes in _notes(schema).values() for key in notes}


def _notes(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    fields = schema.get("properties", {})
    return {name: one.get(_NOTE, {}) for name, one in fields.items() if isinstance(one, Mapping)}


def _same(was: Any, now: Any) -> bool:
    if isinstance(was, list) and isinstance(now, list):
        return sorted(map(str, was)) == sorted(map(str, now))
    return alike(was, now)


def _judged(key: str, was: Any, now: Any) -> tuple[Verdict, Any]:
    """Whom a change breaks, with a file or number that was accepted and no longer is."""
    if key == "accept":
        return _by_kinds(was, now)
    if key in _BOUNDS:
        narrower = was is NOTHING or (now is not NOTHING and now < was)
        return _verdict(narrower), (was if narrower else NOTHING)
    if key == "step":
        return _by_steps(was, now)
    return "breaking for requests", was


def _by_kinds(was: Any, now: Any) -> tuple[Verdict, Any]:
    """An empty list, or none, accepts every kind."""
    old, new = ([] if one is NOTHING else one for one in (was, now))
    if not new:
        return "compatible", NOTHING
    lost = [kind for kind in old if kind not in new]
    return _verdict(bool(lost) or not old), (lost[0] if lost else NOTHING)


def _by_steps(was: Any, now: Any) -> tuple[Verdict, Any]:
    if now is NOTHING:
        return "compatible", NOTHING
    narrower = was is NOTHING or Decimal(str(was)) % Decimal(str(now)) != 0
    return _verdict(narrower), (was if narrower else NOTHING)


def _verdict(narrower: bool) -> Verdict:
    return "breaking for requests" if narrower else "compatible"

"""Remove polls without news: those between two with the same response."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockreel.cassettes.cassette import Exchange


def without_repeated_polls(
    exchanges: Sequence[Exchange], metadata: dict[str, Any]
) -> tuple[list[Exchange], dict[str, Any]]:
    """The exchanges without polls between two with the same response; `filled` has their number."""
    few, numbers = list[Exchange](), list[int]()
    for number, one in enumerate(exchanges):
        if len(few) >= 2 and _same(few[-1], one) and _same(few[-2], one):
            few[-1], numbers[-1] = one, number
        else:
            few.append(one)
            numbers.append(number)
    removed = len(exchanges) - len(few)
    moved = {f"/interactions/{old}/": f"/interactions/{new}/" for new, old in enumerate(numbers)}
    rows = [{**row, "at": _moved(row["at"], moved)} for row in metadata["filled"] if _moved(row["at"], moved)]
    if removed:
        rows.insert(
            0,
            {"at": "/interactions", "why": f"{removed} polls with the same response as their neighbours were left out"},
        )
    return few, {**metadata, "filled": rows}


def _moved(at: str, moved: Mapping[str, str]) -> str:
    """The new place of a row; empty if its exchange was removed."""
    if not at.startswith("/interactions/"):
        return at
    old = "/".join(at.split("/")[:3]) + "/"
    return moved[old] + at.removeprefix(old) if old in moved else ""


def _same(one: Exchange, other: Exchange) -> bool:
    return replace(one, reply_headers=(), headers=()) == replace(other, reply_headers=(), headers=())

"""Leave out what says nothing new: the polls between two that were answered alike."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockreel.cassettes.cassette import Exchange


def thinned(exchanges: Sequence[Exchange], told: dict[str, Any]) -> tuple[list[Exchange], dict[str, Any]]:
    """Without the polls between two that were answered alike; `filled` says how many there were."""
    few, numbers = list[Exchange](), list[int]()
    for number, one in enumerate(exchanges):
        if len(few) >= 2 and _same(few[-1], one) and _same(few[-2], one):
            few[-1], numbers[-1] = one, number
        else:
            few.append(one)
            numbers.append(number)
    gone = len(exchanges) - len(few)
    moved = {f"/interactions/{old}/": f"/interactions/{new}/" for new, old in enumerate(numbers)}
    rows = [{**row, "at": _moved(row["at"], moved)} for row in told["filled"] if _moved(row["at"], moved)]
    if gone:
        rows.insert(
            0, {"at": "/interactions", "why": f"{gone} polls that were answered like those beside them were left out"}
        )
    return few, {**told, "filled": rows}


def _moved(at: str, moved: Mapping[str, str]) -> str:
    """Where a row stands now; empty where its exchange was left out."""
    if not at.startswith("/interactions/"):
        return at
    old = "/".join(at.split("/")[:3]) + "/"
    return moved[old] + at.removeprefix(old) if old in moved else ""


def _same(one: Exchange, other: Exchange) -> bool:
    return replace(one, reply_headers=(), headers=()) == replace(other, reply_headers=(), headers=())

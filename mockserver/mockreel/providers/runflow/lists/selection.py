"""The rows of one page, chosen from any number of rows in any order: only those near the page are held."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from mockreel.providers.runflow.lists.columns import Column, Rank

Record = Mapping[str, Any]
# How many more rows than a page are held before those far from it are dropped.
_SPARE = 500


@dataclass(frozen=True, slots=True)
class Order:
    """One key of a sort."""

    column: Column
    down: bool


@dataclass(frozen=True, slots=True)
class Place:
    """The position of an item in a list: its values of the sort's keys, and its own unique number."""

    ranks: tuple[Rank, ...]
    number: int


Row = tuple[Place, Record]
# The places of a page's ends, if there are items beyond them.
Around = tuple[Place | None, Place | None]


class Selection:
    """Takes rows, and returns the `limit` of them next to a place.

    Args:
        holds: the filter's predicate; None accepts everything.
        at: behind which place the page begins, or before which it ends; the beginning of the list if None.
        back: the page ends before that place.
    """

    def __init__(
        self,
        orders: tuple[Order, ...],
        *,
        limit: int,
        holds: Callable[[Record], bool] | None = None,
        at: Place | None = None,
        back: bool = False,
    ) -> None:
        self._orders = orders
        self._limit = limit
        self._holds = holds
        self._at = at
        self._back = back
        self._rows: list[Row] = []
        self._last: Place | None = None  # nothing farther away is on the page, or right behind it
        self._behind = False  # whether a row is on the other side of the place

    def offer(self, number: int, record: Record) -> None:
        """Look at one row."""
        if self._holds is not None and not self._holds(record):
            return
        place = Place(tuple([order.column.rank(record.get(order.column.name)) for order in self._orders]), number)
        if not self._is_ahead(place):
            self._behind = True
        elif self._last is None or self._is_nearer(place, self._last):
            self._rows.append((place, record))
            if len(self._rows) > self._limit + _SPARE:
                self._trim()

    def page(self) -> tuple[list[Record], Around]:
        """The records of the page in the order of the sort, and the places of its ends."""
        self._trim()
        more, rows = len(self._rows) > self._limit, self._rows[: self._limit]
        if not rows:
            return [], (None, None)
        if self._back:
            rows.reverse()
        first, last = rows[0][0], rows[-1][0]
        before, after = (more, self._behind) if self._back else (self._behind, more)
        return [record for _, record in rows], (first if before else None, last if after else None)

    def _is_ahead(self, place: Place) -> bool:
        """Whether a place is on the page's side of its start."""
        if self._at is None:
            return not self._back
        side = self._compare(place, self._at)
        return side < 0 if self._back else side > 0

    def _is_nearer(self, place: Place, other: Place) -> bool:
        return (self._compare(place, other) < 0) != self._back

    def _trim(self) -> None:
        """Keep the page, and one row behind it, the nearest first."""
        places = cmp_to_key(self._compare)
        self._rows.sort(key=lambda row: places(row[0]), reverse=self._back)
        del self._rows[self._limit + 1 :]
        if len(self._rows) > self._limit:
            self._last = self._rows[-1][0]

    def _compare(self, one: Place, other: Place) -> int:
        for order, left, right in zip(self._orders, one.ranks, other.ranks, strict=True):
            if left != right:
                return 1 if (left > right) != order.down else -1
        down = bool(self._orders) and self._orders[0].down
        return 0 if one.number == other.number else 1 if (one.number > other.number) != down else -1

"""Lists: filtered, sorted, cut into pages by cursors that neither lose nor repeat an item when others come in."""

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any, TypeVar

from mockreel.contract.messages.message import Response, json_reply
from mockreel.providers.runflow.errors import invalid_query
from mockreel.providers.runflow.lists.columns import Column, Rank, columns
from mockreel.providers.runflow.lists.filters import FilterError, grammar, parse
from mockreel.simulator.context import RequestContext

T = TypeVar("T")
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """One key of a sort."""

    column: Column
    down: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands in a list: its values of the sort's keys, and its own number, which no other has."""

    ranks: tuple[Rank, ...]
    number: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between pages: what follows it (or goes before it), in which sort and filter, how many at a time."""

    back: bool
    sort: str | None
    filter: str | None
    limit: int | None
    place: Place | None  # None: the beginning of the list


def listed(
    context: RequestContext,
    schema: str,
    items: Sequence[T],
    *,
    number: Callable[[T], int],
    render: Callable[[T], Record],
    newest_first: bool = True,
) -> Response:
    """The page of a list that a call asks for.

    Args:
        schema: of one item; it says by which fields the list can be filtered and sorted.
        items: oldest first, each with a greater number than the one before.
        number: of an item, for good.
        render: an item's record; only for those that are shown, or looked at by a filter or a sort.
        newest_first: how they stand when no sort is asked for.
    """
    query = _Query(context, schema, newest_first=newest_first)
    if not query.by_age:
        rows = query.chosen((number(item), render(item)) for item in items)
        shown, around = query.cut([place for place, _ in rows])
        records = [record for _, record in rows[shown]]
    else:
        newest = items[::-1]
        shown, around = query.cut_newest(newest, number)
        records = [render(item) for item in newest[shown]]
    return json_reply(200, query.page(records, around))


class _Query:
    """The query of one list, understood."""

    def __init__(self, context: RequestContext, schema: str, *, newest_first: bool) -> None:
        self.wire = context.provider.contract.wire
        self.columns = columns(context.provider.contract.schemas, schema)
        asked = context.query
        self.cursor = self._cursor(asked.get("pq"))
        before = self.cursor
        self.filter: str | None = asked.get("q") or (before.filter if before else None)
        self.sort: str | None = asked.get("sort_by") or (before.sort if before else None)
        self.limit: int = asked.get("limit") or (before.limit if before else None) or self.wire["page_size"]
        self.back = bool(asked.get("from_prev")) or (before.back if before else False)
        self.orders = self._orders(self.sort) if self.sort else self._usual(newest_first)
        self.by_age = newest_first and not (self.filter or self.sort)
        if before and before.place and len(before.place.ranks) != (0 if self.by_age else len(self.orders)):
            raise invalid_query("pq", "the cursor belongs to another sort", asked.get("pq"))
        self.names = self._names(asked.get("fields"))

    def _orders(self, text: str) -> tuple[Order, ...]:
        found = []
        words: Mapping[str, str] = self.wire["sort"]
        for key in text.split(","):
            name, _, word = key.strip().partition(":")
            column = self.columns.get(name)
            direction = words.get(word) if word else "up"
            if column is None or column.kind == "other" or direction is None:
                raise invalid_query("sort_by", f"{key.strip()!r} is not a field with {' or '.join(words)}", text)
            found.append(Order(column, direction == "down"))
        return tuple(found)

    def _usual(self, newest_first: bool) -> tuple[Order, ...]:
        """The order of a list that nobody sorts: as the contract has it, or as the items stand."""
        return self._orders(self.wire["order"]) if newest_first else ()

    def _names(self, text: str | None) -> frozenset[str] | None:
        if not text:
            return None
        names = frozenset(name.strip() for name in text.split(","))
        unknown = sorted(names - set(self.columns))
        if unknown:
            raise invalid_query("fields", f"{unknown[0]!r} is not a field", text)
        return names

    # Which rows ----------------------------------------------------------------------------------------------------

    def chosen(self, rows: Iterable[tuple[int, Record]]) -> list[tuple[Place, Record]]:
        """The rows that the filter lets through, in the order of the sort."""
        try:
            holds = parse(self.filter, grammar(self.wire["filter"]), self.columns) if self.filter else None
        except FilterError as problem:
            raise invalid_query("q", str(problem), self.filter) from problem
        kept = [(self._place(number, record), record) for number, record in rows if holds is None or holds(record)]
        places = cmp_to_key(self._compare)
        return sorted(kept, key=lambda row: places(row[0]))

    def _place(self, number: int, record: Record) -> Place:
        ranks = tuple(order.column.rank(record.get(order.column.name)) for order in self.orders)
        return Place(ranks, number)

    def _compare(self, one: Place, other: Place) -> int:
        for order, left, right in zip(self.orders, one.ranks, other.ranks, strict=True):
            if left != right:
                return 1 if (left > right) != order.down else -1
        down = bool(self.orders) and self.orders[0].down
        return 0 if one.number == other.number else 1 if (one.number > other.number) != down else -1

    # Which page ----------------------------------------------------------------------------------------------------

    def cut(self, places: Sequence[Place]) -> tuple[slice, tuple[Place | None, Place | None]]:
        """The rows of the page, and the places of its ends where something lies beyond them."""
        place = self.cursor.place if self.cursor else None
        key = cmp_to_key(self._compare)
        left = bisect_left(places, key(place), key=key) if place else 0
        right = bisect_right(places, key(place), key=key) if place else 0
        return self._around(left, right, len(places), lambda index: places[index])

    def cut_newest(
        self, newest: Sequence[T], number: Callable[[T], int]
    ) -> tuple[slice, tuple[Place | None, Place | None]]:
        """The same for items in the order of their numbers, the greatest first."""
        place = self.cursor.place if self.cursor else None
        left = bisect_left(newest, -place.number, key=lambda item: -number(item)) if place else 0
        right = bisect_right(newest, -place.number, key=lambda item: -number(item)) if place else 0
        return self._around(left, right, len(newest), lambda index: Place((), number(newest[index])))

    def _around(
        self, left: int, right: int, length: int, place: Callable[[int], Place]
    ) -> tuple[slice, tuple[Place | None, Place | None]]:
        """`left` and `right` are the ends of what stands at the cursor."""
        start, stop = (max(0, left - self.limit), left) if self.back else (right, min(length, right + self.limit))
        if start >= stop:
            return slice(start, start), (None, None)
        before = place(start) if start > 0 else None
        after = place(stop - 1) if stop < length else None
        return slice(start, stop), (before, after)

    def page(self, records: list[Record], around: tuple[Place | None, Place | None]) -> Record:
        """The response: items, and the cursors under the keys that the contract has for them."""
        keys: Mapping[str, str] = self.wire["page_keys"]
        before, after = around
        cursors = {
            keys["first"]: self._written(None, back=False) if records else None,
            keys["next"]: self._written(after, back=False) if after else None,
            keys["previous"]: self._written(before, back=True) if before else None,
        }
        cursors.pop("", None)
        return {"items": [self._projected(record) for record in records], **cursors}

    def _projected(self, record: Record) -> Record:
        return record if self.names is None else {name: record[name] for name in record if name in self.names}

    # Cursors -------------------------------------------------------------------------------------------------------

    def _written(self, place: Place | None, *, back: bool) -> str:
        ranks = [list(rank) for rank in place.ranks] if place else None
        number = str(place.number) if place else None
        value = [back, self.sort, self.filter, self.limit, ranks, number]
        return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")

    def _cursor(self, text: str | None) -> Cursor | None:
        if not text:
            return None
        try:
            return _read_cursor(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
        except (ValueError, TypeError, RecursionError) as problem:
            raise invalid_query("pq", "this is not a cursor of a list", text) from problem


def _read_cursor(value: Any) -> Cursor:
    """A cursor from what its text held; texts that nobody here wrote are refused.

    Raises:
        ValueError: it is no cursor.
    """
    match value:
        case [bool() as back, str() | None as sort, str() | None as chosen, int() as limit, ranks, number]:
            place = None if number is None else Place(tuple(_rank(rank) for rank in ranks), _number(number))
            if isinstance(limit, bool) or not 1 <= limit <= 500:
                raise ValueError("the limit is out of bounds")
            return Cursor(back, sort, chosen, limit, place)
    raise ValueError("the parts are not those of a cursor")


def _rank(value: Any) -> Rank:
    match value:
        case [0 | 1 | 2 as sort, int() | float() as number]:
            return (sort, float(number))
        case [3, str() as text]:
            return (3, text)
    raise ValueError("a value is none that a list sorts by")


def _number(text: Any) -> int:
    if not isinstance(text, str) or len(text) > 50:
        raise ValueError("the number is none")
    return int(text)

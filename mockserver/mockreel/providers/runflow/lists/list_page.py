"""Lists: filtered, sorted, cut into pages by cursors that neither lose nor repeat an item when others come in."""

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mockreel.contract.messages.message import json_response
from mockreel.providers.runflow.error_bodies import invalid_query
from mockreel.providers.runflow.lists.columns import Rank, columns
from mockreel.providers.runflow.lists.filters import FilterError, grammar, parse
from mockreel.providers.runflow.lists.selection import Around, Order, Place, Selection
from mockreel.simulator.cooperative_work import FEW, Work, chunks, run_work
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext

T = TypeVar("T")
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between pages: the item before or after it, the sort and filter, and the page size."""

    back: bool
    sort: str | None
    filter: str | None
    limit: int | None
    place: Place | None  # None: the beginning of the list


def list_response(
    context: RequestContext,
    schema: str,
    items: Sequence[T],
    *,
    number: Callable[[T], int],
    render: Callable[[T], Record],
    newest_first: bool = True,
) -> Answer:
    """The requested page of a list; a long list is filtered and sorted in steps.

    Args:
        schema: of one item; it defines the fields for filters and sorts.
        items: oldest first, each with a greater number than the one before.
        number: of an item, for good.
        render: an item's record; only for those that are shown, or looked at by a filter or a sort.
        newest_first: the order without a sort.
    """
    query = _Query(context, schema, newest_first=newest_first)
    if not query.by_age:
        return run_work(context, _select_page(query, [*items], number, render))
    shown, around = query.cut_newest(items, number)
    return json_response(200, query.page([render(items[-1 - index]) for index in shown], around))


def rows_response(context: RequestContext, schema: str, rows: Iterable[Record]) -> Answer:
    """The requested page of a list of records, as long as nothing changes it: in their order, unless a sort is given.

    Args:
        rows: created on iteration.
    """
    query = _Query(context, schema, newest_first=False)
    return run_work(context, _select_page(query, enumerate(rows), lambda row: row[0], lambda row: row[1]))


def _select_page(
    query: "_Query", items: Iterable[T], number: Callable[[T], int], render: Callable[[T], Record]
) -> Work:
    """The page of the filtered items, in the order of the sort."""
    selection = query.selection()
    for some in chunks(items, size=FEW):
        for item in some:
            selection.offer(number(item), render(item))
        if len(some) == FEW:
            yield
    return json_response(200, query.page(*selection.page()))


class _Query:
    def __init__(self, context: RequestContext, schema: str, *, newest_first: bool) -> None:
        self.wire = context.provider.contract.wire
        self.columns = columns(context.provider.contract.schemas, schema)
        query = context.query
        self.cursor = self._cursor(query.get("pq"))
        before = self.cursor
        self.filter: str | None = query.get("q") or (before.filter if before else None)
        self.sort: str | None = query.get("sort_by") or (before.sort if before else None)
        self.limit: int = query.get("limit") or (before.limit if before else None) or self.wire["page_size"]
        self.back = bool(query.get("from_prev")) or (before.back if before else False)
        self.orders = self._orders(self.sort) if self.sort else self._usual(newest_first)
        self.by_age = newest_first and not (self.filter or self.sort)
        if before and before.place and len(before.place.ranks) != (0 if self.by_age else len(self.orders)):
            raise invalid_query("pq", "the cursor belongs to another sort", query.get("pq"))
        self.names = self._names(query.get("fields"))

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
        """The order without a sort: the contract's, or that of the items."""
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

    def selection(self) -> Selection:
        """Chooses the page's rows from all."""
        try:
            holds = parse(self.filter, grammar(self.wire["filter"]), self.columns) if self.filter else None
        except FilterError as problem:
            raise invalid_query("q", str(problem), self.filter) from problem
        place = self.cursor.place if self.cursor else None
        return Selection(self.orders, limit=self.limit, holds=holds, at=place, back=self.back)

    # Which page ----------------------------------------------------------------------------------------------------

    def cut_newest(self, items: Sequence[T], number: Callable[[T], int]) -> tuple[range, Around]:
        """The page's part of items, counted from the last, and the places of its ends."""
        place = self.cursor.place if self.cursor else None
        indexes = range(len(items))
        left = bisect_left(indexes, -place.number, key=lambda index: -number(items[-1 - index])) if place else 0
        right = bisect_right(indexes, -place.number, key=lambda index: -number(items[-1 - index])) if place else 0
        start, stop = (max(0, left - self.limit), left) if self.back else (right, min(len(items), right + self.limit))
        if start >= stop:
            return range(0), (None, None)
        before = Place((), number(items[-1 - start])) if start > 0 else None
        after = Place((), number(items[-stop])) if stop < len(items) else None
        return range(start, stop), (before, after)

    def page(self, records: list[Record], around: Around) -> Record:
        """The response: items, and the cursors under the keys that the contract has for them."""
        keys: Mapping[str, str] = self.wire["page_keys"]
        before, after = around
        cursors = {
            keys["first"]: self._cursor_text(None, back=False) if records else None,
            keys["next"]: self._cursor_text(after, back=False) if after else None,
            keys["previous"]: self._cursor_text(before, back=True) if before else None,
        }
        cursors.pop("", None)
        return {"items": [self._projected(record) for record in records], **cursors}

    def _projected(self, record: Record) -> Record:
        return record if self.names is None else {name: record[name] for name in record if name in self.names}

    # Cursors -------------------------------------------------------------------------------------------------------

    def _cursor_text(self, place: Place | None, *, back: bool) -> str:
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
    """A cursor from its decoded text; forged ones are rejected.

    Raises:
        ValueError: it is not a cursor.
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

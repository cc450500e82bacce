"""The pages of a list, read until what is looked for was seen, and shared by the checks that look at it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Paged
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext

# Pages of lists take at most this part of the time that is left: an account may have more entries than a run can read.
SHARE = 0.4
_PAGES = "pages of lists"


@dataclass
class ListPages:
    """One list as far as it was read: the longest pages that it has, from the first one on.

    `whole` is true if there are no more pages.
    """

    operation: Operation
    paged: Paged
    first: SentRequest
    query: dict[str, str | int]
    responses: list[ReceivedResponse] = field(default_factory=list)
    whole: bool = False
    _next: SentRequest | None = None
    _cursors: set[str] = field(default_factory=set)

    @property
    def entries(self) -> list[Any]:
        """The entries of the pages that were read."""
        return [entry for response in self.responses for entry in entries_of(self.paged, response)]

    def missing(self, context: "CheckContext", ids: Iterable[str]) -> set[str]:
        """Those ids that are on no page, as far as the plan of the run lets the list be read."""
        left = set(ids)
        for response in self.responses:
            left = _unseen(left, response)
        now = context.target.now()
        ends = None if context.budget.ends is None else now + (context.budget.ends - now) * SHARE
        while left and not self.whole and _room(context) and (ends is None or context.target.now() < ends):
            left = _unseen(left, self._read(context))
        return left

    def unread(self) -> str:
        """Why no more of it was read."""
        return (
            f"{self.operation.id} has more than the {len(self.responses)} pages that the plan has room for; "
            "give more with --budget"
        )

    def _read(self, context: "CheckContext") -> ReceivedResponse:
        """The next page; a list ends where nothing leads on, or only to where it was before."""
        context.cache[_PAGES] = context.cache.get(_PAGES, 0) + 1
        response = context.send(self._next or self.first)
        self.responses.append(response)
        cursor = pointers.value(response.json, self.paged.next) if self.paged.next else None
        self.whole = not cursor or self.paged.cursor is None or str(cursor) in self._cursors
        if not self.whole:
            self._cursors.add(str(cursor))
            query = {**self.query, str(self.paged.cursor): str(cursor)}
            self._next = queried(context, self.operation, query)
        return response


def list_pages(context: "CheckContext", operation: Operation, paged: Paged) -> ListPages:
    """The pages of a list; what another check has read of it is not read again."""
    key = f"{_PAGES} {operation.id}"
    if key not in context.cache:
        query: dict[str, str | int] = {paged.limit: longest(operation, paged.limit)} if paged.limit else {}
        context.cache[key] = ListPages(operation, paged, queried(context, operation, query), query)
    found: ListPages = context.cache[key]
    return found


def queried(context: "CheckContext", operation: Operation, query: dict[str, str | int]) -> SentRequest:
    """A request for a list with these parameters."""
    return replace(
        context.requests.good(operation), query=urlencode({name: str(value) for name, value in query.items()})
    )


def entries_of(paged: Paged, response: ReceivedResponse) -> list[Any]:
    value = pointers.value(response.json, paged.items)
    return value if isinstance(value, list) else []


def longest(operation: Operation, name: str) -> int:
    """The most entries that a page can have, by its parameter."""
    schema = next((one.schema for one in operation.query if one.name == name), {})
    return int(schema.get("maximum", 100))


def _unseen(ids: set[str], response: ReceivedResponse) -> set[str]:
    return {id_ for id_ in ids if f'"{id_}"'.encode() not in response.body}


def _room(context: "CheckContext") -> bool:
    """Whether the plan has another page: there are at most as many as other requests."""
    pages = context.cache.get(_PAGES, 0)
    return bool(pages < max(context.budget.requests_planned, context.budget.requests_sent - pages))

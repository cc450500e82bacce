"""A window on a long list: one page of what fits a filter, newest first; a long list is looked through in steps."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from mockreel.engine.jobs.job import Job
from mockreel.engine.journal.journal import Entry
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator
from mockreel.webhooks import Delivery

T = TypeVar("T")

ROWS = 50
# The most items to search; behind them a filter says that there may be more.
MOST_LOOKED_AT = 200_000
# After so many items others have their turn.
SOME = 10


@dataclass(frozen=True, slots=True)
class Window(Generic[T]):
    """One page of a list: `total` of what fits, `sure` unless the list was too long to be looked through."""

    items: tuple[T, ...]
    number: int
    total: int
    sure: bool = True
    size: int = ROWS

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.items else 0

    @property
    def last(self) -> int:
        return (self.number - 1) * self.size + len(self.items)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class Filter:
    """The selection of a list; empty texts select everything."""

    provider: str = ""
    state: str = ""
    text: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filter":
        """The filter in a query; what is no page number is the first."""
        number = query.get("page", "1")
        page = int(number) if number.isascii() and number.isdecimal() and len(number) < 7 else 1
        return cls(query.get("provider", ""), query.get("state", ""), query.get("text", "").strip()[:200], max(1, page))

    def query(self, page: int | None = None) -> str:
        """The filter as a query, perhaps on another page."""
        values = {"provider": self.provider, "state": self.state, "text": self.text}
        values["page"] = "" if (page or self.page) == 1 else str(page or self.page)
        return urlencode({name: value for name, value in values.items() if value})

    @property
    def narrow(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.provider or self.state or self.text)


# Makes a window in steps.
Looking = Generator[None, None, Window[T]]


def window(items: Iterable[T], fits: Callable[[T], bool] | None, page: int, total: int) -> Looking[T]:
    """One page of a list; without a test of what fits, `total` is how long it is and nothing else is looked at.

    Args:
        items: nothing may change what they come from, unless it is the first page and everything fits.
    """
    start = (page - 1) * ROWS
    rest = iter(items)
    if fits is None:
        yield from _skip(rest, min(start, total))
        return Window(tuple(islice(rest, ROWS)), page, total)
    found: list[T] = []
    count = 0
    for place, item in enumerate(islice(rest, MOST_LOOKED_AT), 1):
        if place % SOME == 0:
            yield
        if fits(item):
            if start <= count < start + ROWS:
                found.append(item)
            count += 1
    return Window(tuple(found), page, count, total <= MOST_LOOKED_AT)


def _skip(items: Iterator[Any], count: int) -> Generator[None, None, None]:
    for left in range(count, 0, -SOME):
        for _ in islice(items, min(left, SOME)):
            pass
        yield


def jobs(simulator: Simulator, selection: Filter) -> Looking[tuple[Provider, Job]]:
    """The jobs that fit, newest first."""
    providers = _providers(simulator, selection)
    now, text = simulator.clock.now(), selection.text

    def fits(pair: tuple[Provider, Job]) -> bool:
        job = pair[1]
        return (not selection.state or job.state(now).kind == selection.state) and (not text or _mentions(job, text))

    test = fits if selection.state or text else None
    at_once = test is None and selection.page == 1
    lists = [_newest_jobs(provider, reversed(provider.jobs if at_once else [*provider.jobs])) for provider in providers]
    newest = merge(*lists, key=lambda pair: -pair[1].created)
    return window(newest, test, selection.page, sum(len(provider.jobs) for provider in providers))


def _newest_jobs(provider: Provider, jobs: Iterator[Job]) -> Iterator[tuple[Provider, Job]]:
    return ((provider, job) for job in jobs)


def _mentions(job: Job, text: str) -> bool:
    return (
        text in job.id
        or text == job.account.name
        or (job.model is not None and text in job.model.id)
        or text.encode() in job.request
    )


def deliveries(simulator: Simulator, selection: Filter) -> Looking[tuple[Provider, Delivery]]:
    """The deliveries that fit, newest first."""
    providers = _providers(simulator, selection)

    def fits(pair: tuple[Provider, Delivery]) -> bool:
        one = pair[1]
        known = not selection.state or one.status == selection.state
        return known and (
            not selection.text or any(selection.text in text for text in (one.subject, one.url, one.event))
        )

    newest = merge(*map(_newest_deliveries, providers), key=lambda pair: -pair[1].created)
    test = fits if selection.state or selection.text else None
    return window(newest, test, selection.page, sum(len(provider.deliveries) for provider in providers))


def _newest_deliveries(provider: Provider) -> Iterator[tuple[Provider, Delivery]]:
    return ((provider, one) for one in reversed(list(provider.deliveries)))


def entries(simulator: Simulator, selection: Filter) -> Looking[tuple[int, Entry]]:
    """The journal's entries that fit with their numbers, newest first."""
    exchanges = tuple(simulator.journal)
    last = simulator.journal.count
    numbered = ((last - index, entry) for index, entry in enumerate(reversed(exchanges)))
    return window(numbered, _entry_test(selection) if selection.narrow else None, selection.page, len(exchanges))


def _entry_test(selection: Filter) -> Callable[[tuple[int, Entry]], bool]:
    kind, text, provider = ENTRY_KINDS.get(selection.state), selection.text, selection.provider
    written = text.encode()

    def fits(pair: tuple[int, Entry]) -> bool:
        entry = pair[1]
        if provider and entry.provider != provider:
            return False
        if kind is not None and not kind(entry):
            return False
        return (
            not text or text in entry.path or text in (entry.operation, entry.job, entry.row) or written in entry.body
        )

    return fits


# What the journal can be filtered by.
ENTRY_KINDS: Mapping[str, Callable[[Entry], Any]] = {
    "answered": lambda entry: entry.row is None,
    "refused": lambda entry: entry.row is not None,
    "invalid": lambda entry: entry.violations,
    "submits": lambda entry: entry.method == "POST" and entry.job is not None and entry.row is None,
}


def entry(simulator: Simulator, number: int) -> Entry | None:
    """The entry with that number, unless it was forgotten or never was."""
    return simulator.journal.get(number)


def _providers(simulator: Simulator, selection: Filter) -> list[Provider]:
    return [provider for provider in simulator.providers.values() if selection.provider in ("", provider.name)]

"""The pages: what each shows, and which of its parts are replaced when something happens."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

from mockreel.engine.billing import cost_avoided
from mockreel.engine.journal.journal import Entry
from mockreel.server.admin.views import shown_entry, shown_line, shown_url
from mockreel.server.dashboard import page_window, table_rows
from mockreel.server.dashboard.error_reasons import error_fact, reasons
from mockreel.server.dashboard.export.curl import curl
from mockreel.server.dashboard.export.journal_request import journaled_request
from mockreel.server.dashboard.export.test_snippet import written_snippet
from mockreel.server.dashboard.look_back import Shown
from mockreel.server.dashboard.page_window import Filter
from mockreel.server.dashboard.renderer import Region, Rendering, pretty
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator

SPEEDS = (1.0, 2.0, 10.0, 60.0, 600.0)


class Lost(Exception):
    """The subject of a page does not exist on the mock server."""


@dataclass(frozen=True, slots=True)
class PageContext:
    """What every page is made from: the mock server, the templates, and where the page is mounted.

    Its links begin with `base`, and the pages are mounted at `root`. `past` is the moment that is looked back on.
    """

    simulator: Simulator
    rendering: Rendering
    base: str = ""
    root: str = ""
    past: Shown | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    def region(self, name: str, some: Any, *, tag: str = "div") -> Region:
        return self.rendering.region(name, some, tag=tag, base=self.base)


class View(Protocol):
    """One page. `looking` finds what it shows, in steps, before `regions` shows it; both again after every event, by a
    view of its own. `values` is shown once.
    """

    template: str
    tab: str
    title: str

    def looking(self) -> Iterator[None]: ...

    def regions(self) -> list[Region]: ...

    def values(self) -> Mapping[str, Any]: ...


class FoundAtOnce:
    """A view that has nothing to look for."""

    def looking(self) -> Iterator[None]:
        """In no step at all."""
        return iter(())


MakeView = Callable[[PageContext], View]


def clock_region(context: PageContext) -> Region:
    simulator = context.simulator
    clock = simulator.clock
    due = [one for one in (simulator.scheduler.next_due, simulator.events.next_change) if one is not None]
    speeds = sorted({*SPEEDS, clock.speed})
    row = {"now": clock.now(), "held": clock.held, "speed": clock.speed, "speeds": speeds}
    row["next"] = min(due) if due else None
    return context.region("clock", [("clock", row)])


class JobsView:
    """All jobs, newest first."""

    template, tab, title = "jobs.html", "Jobs", "Jobs"

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._filter = Filter.of(context.query)

    def looking(self) -> Iterator[None]:
        self._window = yield from page_window.jobs(self._context.simulator, self._filter)

    def regions(self) -> list[Region]:
        context, simulator, window = self._context, self._context.simulator, self._window
        now = simulator.clock.now()
        found = [
            (f"{provider.name}/{job.id}", table_rows.job_row(provider, job, now)) for provider, job in window.items
        ]
        tail = {"window": window, "wanted": self._filter, "example": example(simulator)}
        return [
            context.region("money", [("money", cost_avoided(simulator))]),
            context.region("job_row", found, tag="li"),
            context.region("jobs_pager", [("pager", tail)]),
        ]

    def values(self) -> Mapping[str, Any]:
        simulator = self._context.simulator
        states = ("pending", "succeeded", "failed", "cancelled", "partial")
        return {"wanted": self._filter, "providers": list(simulator.providers), "states": states}


def example(simulator: Simulator) -> str:
    """A command that begins a job, for an empty server: a listed key is never shown."""
    provider = next(iter(simulator.providers.values()))
    return f"mockreel demo    # or any client, with {provider.base_url or 'this server'} as its base URL"


class JobView(FoundAtOnce):
    template, tab = "job.html", "Jobs"

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._provider = part_of(context)
        job = self._provider.jobs.get(context.params["id"])
        if job is None:
            raise Lost(
                f"There is no job {context.params['id']!r}. It was never submitted here, was reset, or was dropped as "
                "one of the oldest."
            )
        self._job = job
        self.title = job.model.id if job.model else job.kind

    def regions(self) -> list[Region]:
        context, provider, job = self._context, self._provider, self._job
        now = provider.clock.now()
        url = f"{context.root}/clips/{provider.name}/{quote(job.id, safe='')}"
        deliveries = [(one.id, table_rows.delivery_row(provider, one)) for one in provider.deliveries.of(job.id)]
        exchanges = table_rows.exchanges_of(provider, job)
        return [
            context.region("job_head", [("head", table_rows.job_row(provider, job, now))]),
            context.region("job_clip", [("clip", table_rows.clip_row(provider, job, now, url=url))]),
            context.region("timeline_entry", table_rows.timeline_entries(provider, job, now, exchanges), tag="li"),
            context.region("exchange_item", [(str(one.number), one) for one in exchanges], tag="li"),
            context.region("delivery_row", deliveries, tag="li"),
        ]

    def values(self) -> Mapping[str, Any]:
        provider, job = self._provider, self._job
        shown = {
            "title": provider.contract.title,
            "provider": provider.name,
            "input": pretty(table_rows.input_of(provider, job)) or "nothing",
            "callback": shown_url(provider, job.callback_url),
        }
        return {"it": shown, "keeps_bodies": provider.settings.keep_bodies}


class JournalView:
    """All exchanges, newest first."""

    template, tab, title = "journal.html", "Journal", "Journal"

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._filter = Filter.of(context.query)

    def looking(self) -> Iterator[None]:
        self._window = yield from page_window.entries(self._context.simulator, self._filter)

    def regions(self) -> list[Region]:
        context, window = self._context, self._window
        shown = [
            (number, shown_line(context.simulator.provider(entry.provider), entry)) for number, entry in window.items
        ]
        found = [(str(number), table_rows.ExchangeRow(number, entry)) for number, entry in shown]
        tail = {"window": window, "wanted": self._filter}
        return [context.region("entry_row", found, tag="li"), context.region("journal_pager", [("pager", tail)])]

    def values(self) -> Mapping[str, Any]:
        return {
            "wanted": self._filter,
            "providers": list(self._context.simulator.providers),
            "states": page_window.ENTRY_KINDS,
        }


class ExchangeView:
    """One exchange: it never changes."""

    template, tab = "exchange.html", "Journal"

    def __init__(self, context: PageContext) -> None:
        self._context = context
        text = context.params["number"]
        self._number = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
        entry = page_window.entry(context.simulator, self._number)
        if entry is None:
            raise Lost("There is no request with that number. The journal is bounded, and drops the oldest.")
        self._entry: Entry = shown_entry(context.simulator.provider(entry.provider), entry)
        self.title = f"{entry.method} {self._entry.path}"

    def looking(self) -> Iterator[None]:
        simulator, entry = self._context.simulator, self._entry
        self._snippet = yield from written_snippet(simulator.provider(entry.provider), simulator.journal, entry)

    def regions(self) -> list[Region]:
        return []

    def values(self) -> Mapping[str, Any]:
        simulator, entry = self._context.simulator, self._entry
        provider = simulator.provider(entry.provider)
        shown = {
            "number": self._number,
            "entry": entry,
            "title": provider.contract.title,
            "job_known": entry.job is not None and provider.jobs.get(entry.job) is not None,
            "refusal": error_fact(provider, entry),
            "reasons": reasons(provider, entry),
            "curl": curl(journaled_request(provider, entry)),
            "test": self._snippet,
        }
        return {"it": shown}


class DeliveriesView:
    """All deliveries, newest first."""

    template, tab, title = "deliveries.html", "Deliveries", "Deliveries"

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._filter = Filter.of(context.query)

    def looking(self) -> Iterator[None]:
        self._window = yield from page_window.deliveries(self._context.simulator, self._filter)
        self._rows = []
        for provider, one in self._window.items:  # each is searched for secrets
            self._rows.append((f"{provider.name}/{one.id}", table_rows.delivery_row(provider, one)))
            yield

    def regions(self) -> list[Region]:
        context = self._context
        tail = {"window": self._window, "wanted": self._filter}
        return [
            context.region("delivery_row", self._rows, tag="li"),
            context.region("deliveries_pager", [("pager", tail)]),
        ]

    def values(self) -> Mapping[str, Any]:
        states = ("pending", "delivered", "failed")
        return {"wanted": self._filter, "providers": list(self._context.simulator.providers), "states": states}


def part_of(context: PageContext) -> Provider:
    """The provider that a page's path names."""
    provider = context.simulator.providers.get(context.params["provider"])
    if provider is None:
        raise Lost(f"No such provider is on this mock server. There are {', '.join(context.simulator.providers)}.")
    return provider

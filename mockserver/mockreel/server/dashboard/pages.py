"""The pages: what each shows, and which of its parts are replaced when something happens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

from mockreel.engine.billing import unspent
from mockreel.engine.journal.journal import Entry
from mockreel.server.admin.views import shown_entry, shown_url
from mockreel.server.dashboard import page_window, table_rows
from mockreel.server.dashboard.error_reasons import reasons, refusal_fact
from mockreel.server.dashboard.export.curl import curl
from mockreel.server.dashboard.export.journaled_request import asked
from mockreel.server.dashboard.export.test_snippet import snippet
from mockreel.server.dashboard.page_window import Filter
from mockreel.server.dashboard.renderer import Region, Rendering, pretty
from mockreel.simulator.provider import Part
from mockreel.simulator.simulator import Stage

SPEEDS = (1.0, 2.0, 10.0, 60.0, 600.0)


class Lost(Exception):
    """What a page is asked for is not on the stage."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page is made from: the stage, the templates, and where the page is mounted."""

    stage: Stage
    rendering: Rendering
    base: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    def region(self, name: str, some: Any, *, tag: str = "div") -> Region:
        """A region of this desk's."""
        return self.rendering.region(name, some, tag=tag, base=self.base)


class View(Protocol):
    """One page. `regions` is asked again whenever something happened, `values` once."""

    template: str
    tab: str
    title: str

    def regions(self) -> list[Region]: ...

    def values(self) -> Mapping[str, Any]: ...


MakeView = Callable[[Desk], View]


def clock_region(desk: Desk) -> Region:
    """The clock with its buttons."""
    stage = desk.stage
    clock = stage.clock
    due = [one for one in (stage.agenda.next_due, stage.feed.next_change) if one is not None]
    speeds = sorted({*SPEEDS, clock.speed})
    row = {"now": clock.now(), "held": clock.held, "speed": clock.speed, "speeds": speeds}
    row["next"] = min(due) if due else None
    return desk.region("clock", [("clock", row)])


class JobsView:
    """All jobs, newest first."""

    template, tab, title = "jobs.html", "Jobs", "Jobs"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._wanted = Filter.of(desk.query)

    def regions(self) -> list[Region]:
        desk, stage = self._desk, self._desk.stage
        now = stage.clock.now()
        window = page_window.jobs(stage, self._wanted)
        found = [(f"{part.name}/{job.id}", table_rows.job_row(part, job, now)) for part, job in window.items]
        tail = {"window": window, "wanted": self._wanted, "example": example(stage)}
        return [
            desk.region("money", [("money", unspent(stage))]),
            desk.region("job_row", found, tag="li"),
            desk.region("jobs_pager", [("pager", tail)]),
        ]

    def values(self) -> Mapping[str, Any]:
        stage = self._desk.stage
        states = ("pending", "succeeded", "failed", "cancelled", "partial")
        return {"wanted": self._wanted, "providers": list(stage.parts), "states": states}


def example(stage: Stage) -> str:
    """A command that begins a job, for an empty stage: a listed key is never shown."""
    part = next(iter(stage.parts.values()))
    return f"mockreel demo    # or any client, with {part.base_url or 'this server'} as its base URL"


class JobView:
    """One job."""

    template, tab = "job.html", "Jobs"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._part = part_of(desk)
        job = self._part.jobs.get(desk.params["id"])
        if job is None:
            raise Lost("There is no job with that id. Jobs live in memory, and the oldest are dropped.")
        self._job = job
        self.title = job.model.id if job.model else job.kind

    def regions(self) -> list[Region]:
        desk, part, job = self._desk, self._part, self._job
        now = part.clock.now()
        url = f"{desk.base}/clips/{part.name}/{quote(job.id, safe='')}"
        deliveries = [(one.id, table_rows.delivery_row(part, one)) for one in part.deliveries.of(job.id)]
        exchanges = table_rows.exchanges_of(part, job)
        return [
            desk.region("job_head", [("head", table_rows.job_row(part, job, now))]),
            desk.region("job_clip", [("clip", table_rows.clip_row(part, job, now, url=url))]),
            desk.region("cue", table_rows.cues(part, job, now, exchanges), tag="li"),
            desk.region("exchange_item", [(str(one.number), one) for one in exchanges], tag="li"),
            desk.region("delivery_row", deliveries, tag="li"),
        ]

    def values(self) -> Mapping[str, Any]:
        part, job = self._part, self._job
        shown = {
            "title": part.contract.title,
            "provider": part.name,
            "input": pretty(table_rows.input_of(part, job)) or "nothing",
            "callback": shown_url(part, job.callback_url),
        }
        return {"it": shown, "keeps_bodies": part.settings.keep_bodies}


class JournalView:
    """All exchanges, newest first."""

    template, tab, title = "journal.html", "Journal", "Journal"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._wanted = Filter.of(desk.query)

    def regions(self) -> list[Region]:
        desk = self._desk
        window = page_window.entries(desk.stage, self._wanted)
        shown = [(number, shown_entry(desk.stage.part(entry.provider), entry)) for number, entry in window.items]
        found = [(str(number), table_rows.ExchangeRow(number, entry)) for number, entry in shown]
        tail = {"window": window, "wanted": self._wanted}
        return [desk.region("entry_row", found, tag="li"), desk.region("journal_pager", [("pager", tail)])]

    def values(self) -> Mapping[str, Any]:
        return {"wanted": self._wanted, "providers": list(self._desk.stage.parts), "states": page_window.ENTRY_KINDS}


class ExchangeView:
    """One exchange: it never changes."""

    template, tab = "exchange.html", "Journal"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        text = desk.params["number"]
        self._number = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
        entry = page_window.entry(desk.stage, self._number)
        if entry is None:
            raise Lost("There is no request with that number. The journal is bounded, and drops the oldest.")
        self._entry: Entry = shown_entry(desk.stage.part(entry.provider), entry)
        self.title = f"{entry.method} {self._entry.path}"

    def regions(self) -> list[Region]:
        return []

    def values(self) -> Mapping[str, Any]:
        stage, entry = self._desk.stage, self._entry
        part = stage.part(entry.provider)
        shown = {
            "number": self._number,
            "entry": entry,
            "title": part.contract.title,
            "job_known": entry.job is not None and part.jobs.get(entry.job) is not None,
            "refusal": refusal_fact(part, entry),
            "reasons": reasons(part, entry),
            "curl": curl(asked(part, entry)),
            "test": snippet(part, stage.journal, entry),
        }
        return {"it": shown}


class DeliveriesView:
    """All deliveries, newest first."""

    template, tab, title = "deliveries.html", "Deliveries", "Deliveries"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._wanted = Filter.of(desk.query)

    def regions(self) -> list[Region]:
        desk = self._desk
        window = page_window.deliveries(desk.stage, self._wanted)
        found = [(f"{part.name}/{one.id}", table_rows.delivery_row(part, one)) for part, one in window.items]
        tail = {"window": window, "wanted": self._wanted}
        return [desk.region("delivery_row", found, tag="li"), desk.region("deliveries_pager", [("pager", tail)])]

    def values(self) -> Mapping[str, Any]:
        states = ("pending", "delivered", "failed")
        return {"wanted": self._wanted, "providers": list(self._desk.stage.parts), "states": states}


def part_of(desk: Desk) -> Part:
    """The provider that a page's path names."""
    part = desk.stage.parts.get(desk.params["provider"])
    if part is None:
        raise Lost(f"No such provider is on this stage. There are {', '.join(desk.stage.parts)}.")
    return part

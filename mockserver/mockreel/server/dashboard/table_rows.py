"""What the page shows of jobs, deliveries and exchanges: plain values, for the templates."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mockreel.contract.pricing import Cost
from mockreel.engine.artifacts import artifact, media
from mockreel.engine.billing import plain
from mockreel.engine.jobs.job import Job
from mockreel.engine.journal.journal import AttemptEntry, Entry, Journal
from mockreel.server.admin.views import shown_entry, shown_json_bytes, shown_pairs, shown_text, shown_url
from mockreel.server.dashboard.job_timeline import Timeline, look, timeline
from mockreel.simulator.provider import Provider
from mockreel.webhooks import Attempt, Delivery

# A job's id is shown so long in a list; its page has the whole.
ID_SHOWN = 13
_LOOKS = {"pending": "waiting", "delivered": "succeeded", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job in a list and on its page."""

    provider: str
    title: str
    id: str
    model: str | None
    kind: str
    account: str
    created: float
    length: float | None
    word: str
    look: str
    over: bool
    line: Timeline
    cost: str
    failure: str
    failures: tuple[str, ...]
    can_cancel: bool

    @property
    def version(self) -> str:
        """Another one when the job has changed, but not when only time has passed: the browser moves the bar itself."""
        return "\n".join((self.word, str(self.over), str(self.length), self.failure, self.cost, self.line.shape))

    @property
    def short(self) -> str:
        return short_id(self.id)


def short_id(id_: str) -> str:
    """An id in a list: its page has the whole."""
    return id_ if len(id_) <= ID_SHOWN + 1 else f"{id_[:5]}…{id_[-7:]}"


def job_row(provider: Provider, job: Job, now: float) -> JobRow:
    state, failure, contract = job.state(now), job.failure(now), provider.contract
    return JobRow(
        provider.name,
        contract.title,
        job.id,
        job.model.id if job.model else None,
        job.kind,
        job.account.name,
        job.created,
        None if job.ends is None else job.ends - job.created,
        state.word,
        look(job, state),
        state.terminal,
        timeline(job, now),
        cost_in_words(job.cost),
        f"{failure.name}: {failure.message}" if failure else "",
        tuple(contract.failures),
        any(one.kind == "cancelled" for one in contract.lifecycle.states.values()),
    )


def cost_in_words(cost: Cost | None) -> str:
    """A price with how sure it is."""
    if cost is None or cost.amount is None:
        return "unknown"
    return f"{'at least ' if cost.certainty == 'at least' else ''}{plain(cost.amount)} {cost.currency}"


def input_of(provider: Provider, job: Job) -> bytes:
    """What a job was given, without secrets and files."""
    return shown_json_bytes(provider, job.request)


@dataclass(frozen=True, slots=True)
class ClipRow:
    """What a job made, and how it can be shown."""

    kind: str
    url: str = ""
    name: str = ""
    file: str = ""
    width: int | None = None
    height: int | None = None
    difference: str = ""
    text: str = ""


def clip_row(provider: Provider, job: Job, now: float, *, url: str) -> ClipRow | None:
    """The result of a job; None while there is none yet."""
    state = job.state(now)
    if state.kind not in ("succeeded", "partial"):
        return ClipRow("none") if state.terminal else None
    made = artifact.of_job(provider, job)
    clip = made.clip
    text = artifact.text_of(made) if clip.kind == "text" and (clip.file or made.own_content is not None) else ""
    url = url if clip.file or made.own_content is not None else made.url
    file = f"{job.id}{clip.suffix}"
    return ClipRow(clip.kind, url, _described(clip), file, clip.width, clip.height, clip.difference, text)


def _described(clip: media.Clip) -> str:
    parts = [
        clip.kind,
        f"{clip.width} by {clip.height} pixels" if clip.width else "",
        f"{clip.seconds:g} s" if clip.seconds else "",
        "" if clip.kind != "video" else "with sound" if clip.sound else "silent",
        clip.mime,
    ]
    return " · ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    number: int
    entry: Entry
    open: bool = False

    @property
    def version(self) -> str:
        """An exchange never changes."""
        return str(self.number)


def numbered(journal: Journal) -> Iterator[tuple[int, Entry]]:
    """Every entry with its number, oldest first."""
    exchanges = tuple(journal)
    return enumerate(exchanges, start=journal.count - len(exchanges) + 1)


def exchanges_of(provider: Provider, job: Job) -> list[ExchangeRow]:
    """The exchanges about a job, oldest first; the one that began it is expanded."""
    exchanges = numbered(provider.journal)
    found = [
        (n, shown_entry(provider, one)) for n, one in exchanges if one.job == job.id and one.provider == provider.name
    ]
    return [ExchangeRow(number, one, open=place == 0) for place, (number, one) in enumerate(found)]


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    provider: str
    title: str
    one: Delivery
    has_job: bool
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    attempts: tuple[tuple[Attempt, str], ...]  # each with its details; more may be made while this is shown

    @property
    def short(self) -> str:
        """The id of its job, as in the list of jobs."""
        return short_id(self.one.subject)

    @property
    def look(self) -> str:
        return "working" if self.one.status == "pending" and self.attempts else _LOOKS[self.one.status]


def delivery_row(provider: Provider, one: Delivery) -> DeliveryRow:
    """A delivery as the page shows it."""
    return DeliveryRow(
        provider.name,
        provider.contract.title,
        one,
        provider.jobs.get(one.subject) is not None,
        shown_url(provider, one.url) or "",
        tuple(shown_pairs(provider, one.headers)),
        shown_json_bytes(provider, one.body),
        tuple((attempt, shown_text(provider, attempt.outcome.detail)) for attempt in one.attempts),
    )


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of a job's timeline; `after` is in seconds from its beginning."""

    after: float
    sort: str
    text: str
    look: str = ""
    number: int = 0
    status: int | None = None
    is_error: bool = False
    note: str = ""


def timeline_entries(
    provider: Provider, job: Job, now: float, exchanges: Iterable[ExchangeRow]
) -> list[tuple[str, TimelineEntry]]:
    """Everything that happened to a job, in order, each with a key of its own; `exchanges` are those about it."""
    found: list[tuple[float, int, str, TimelineEntry]] = []
    for place, (state, at) in enumerate(job.passed(now)):
        entry = TimelineEntry(at - job.created, "state", state.word, look(job, state))
        found.append((at, 1, f"state-{place}-{state.name}", entry))
    for row in exchanges:
        found.append((row.entry.at, 0 if row.open else 2, f"request-{row.number}", _of_entry(row, job)))
    for tried in provider.journal.attempts(provider=provider.name, job=job.id):
        found.append((tried.at, 3, f"attempt-{tried.delivery}-{tried.number}", _of_attempt(tried, job)))
    found.sort(key=lambda entry: entry[:2])
    return [(key, entry) for _, _, key, entry in found]


def _of_entry(row: ExchangeRow, job: Job) -> TimelineEntry:
    entry = row.entry
    text = f"{entry.method} {entry.operation or entry.path}"
    after = entry.at - job.created
    return TimelineEntry(after, "request", text, number=row.number, status=entry.status, is_error=entry.row is not None)


def _of_attempt(tried: AttemptEntry, job: Job) -> TimelineEntry:
    is_error = tried.status is None or not 200 <= tried.status < 300
    text = f"{tried.event}, attempt {tried.number}"
    return TimelineEntry(
        tried.at - job.created, "attempt", text, status=tried.status, is_error=is_error, note=tried.error or "no answer"
    )

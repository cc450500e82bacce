"""A job as a bar: which state takes which part of it, how much has passed, what is still planned."""

from dataclasses import dataclass

from mockreel.contract import State
from mockreel.engine.jobs.job import Job

# A job that never ends is drawn with so much room behind its last state, as a part of what has passed.
OPEN_END = 0.35
# The width of one letter of a label, as a part of the narrowest bar on which labels must fit.
LETTER = 0.0225


@dataclass(frozen=True, slots=True)
class Segment:
    """One state on the bar: percents of the whole bar, `done` in percents of the segment."""

    word: str
    look: str
    x: float
    width: float
    done: float
    entered: bool
    seconds: float | None
    labelled: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """The bar of a job; `begins` and `ends` are moments by its clock, `open` where the job never ends by itself."""

    segments: tuple[Segment, ...]
    begins: float
    ends: float
    now: float  # the clock's position, in percent of the bar
    open: bool
    running: bool

    @property
    def shape(self) -> str:
        """What of the bar does not change by the mere passing of time."""
        places = "" if self.open else "".join(f"{one.x},{one.width};" for one in self.segments)
        return places + ",".join(f"{one.word}{'!' if one.entered else ''}" for one in self.segments)

    @property
    def label(self) -> str:
        """The bar in words."""
        return ", ".join(_spoken(segment) for segment in self.segments)


def _spoken(segment: Segment) -> str:
    planned = "" if segment.entered else "planned: "
    length = "" if segment.seconds is None else f" {segment.seconds:.1f} s"
    return f"{planned}{segment.word}{length}"


def timeline(job: Job, now: float) -> Timeline:
    """The bar of a job at a moment."""
    steps = _steps(job)
    open_ended = job.ends is None
    last = max(steps[-1][2], now) if open_ended else steps[-1][2]
    span = max((last - job.created) * (1 + (OPEN_END if open_ended else 0)), 1e-9)
    ends = job.created + span
    segments = tuple(
        _segment(word, look, begin, _end(steps, index, ends, job), span=span, created=job.created, now=now)
        for index, (word, look, begin) in enumerate(steps)
    )
    running = not job.state(now).terminal
    place = min(100.0, max(0.0, 100 * (now - job.created) / span))
    return Timeline(segments, job.created, ends, round(place, 2), open_ended, running)


def _steps(job: Job) -> list[tuple[str, str, float]]:
    """Every state that the job has entered or will: its word, how it looks, when it begins."""
    cut = job.intervention.at if job.intervention else float("inf")
    plan = zip(job.plan.states, job.plan.begins, strict=True)
    steps = [(state.word, look(job, state), job.created + begin) for state, begin in plan if job.created + begin < cut]
    if job.intervention is not None:
        state = job.intervention.state
        steps.append((state.word, look(job, state), cut))
    return steps


def look(job: Job, state: State) -> str:
    """How a state is drawn: a pending one by its place in the plan, the others by what they are."""
    if not state.terminal and state in job.plan.states:
        pending = [one for one in job.plan.states if not one.terminal]
        return "waiting" if state == pending[0] else "working" if state == pending[-1] else "starting"
    return "starting" if not state.terminal else state.kind


def _end(steps: list[tuple[str, str, float]], index: int, ends: float, job: Job) -> float:
    """When a state ends: where the next begins; a terminal one at once."""
    if index + 1 < len(steps):
        return steps[index + 1][2]
    return ends if job.ends is None else steps[index][2]


def _segment(word: str, look: str, begin: float, end: float, *, span: float, created: float, now: float) -> Segment:
    width = (end - begin) / span
    seconds = end - begin if width > 0 else None
    done = 100.0 if end <= now else max(0.0, 100 * (now - begin) / max(end - begin, 1e-9))
    return Segment(
        word,
        look,
        round(100 * (begin - created) / span, 2),
        round(100 * width, 2),
        round(done, 2),
        begin <= now,
        seconds,
        width > LETTER * (len(word) + 1),
    )

"""The next change of every open job: a heap, so that a look costs nothing while no change is due."""

import heapq
from collections.abc import Iterator
from itertools import count

from mockreel.contract import State
from mockreel.engine.jobs.job import Job

# When, the entry's number, how many changes of the job were told before, whose job, and the job.
_Due = tuple[float, int, int, str, Job]


class Upcoming:
    """Open jobs by the moment of their next change; a job that changes no more is not in it."""

    def __init__(self) -> None:
        self._heap: list[_Due] = []
        self._told: dict[Job, int] = {}
        self._numbers = count()

    def __len__(self) -> int:
        """How many jobs will change."""
        return len(self._told)

    @property
    def next_at(self) -> float | None:
        """The moment before which nothing changes; None where nothing ever will."""
        return self._heap[0][0] if self._heap else None

    def clear(self) -> None:
        """Forget every job."""
        self._heap.clear()
        self._told.clear()

    def add(self, provider: str, job: Job, *, told: int = 0) -> None:
        """One more job, of whose changes the first `told` are known already; one that is in it is left alone."""
        if job not in self._told:
            self._push(provider, job, told)

    def begin(self, provider: str, job: Job, now: float) -> Iterator[tuple[float, str, Job, State]]:
        """Add a job, and give its changes up to `now`; one that is in it is left alone."""
        if job in self._told:
            return
        if job.intervention is not None:  # of which it will be told apart
            self._push(provider, job, 0)
            return
        for told, begin in enumerate(job.plan.begins):
            moment = job.created + begin
            if moment > now:
                self._told[job] = told
                heapq.heappush(self._heap, (moment, next(self._numbers), told, provider, job))
                return
            yield moment, provider, job, job.plan.states[told]

    def changed(self, provider: str, job: Job, *, since: float) -> None:
        """Another plan for a job, whose changes up to `since` are known."""
        told = self._told.get(job)
        self._push(provider, job, planned(job, since) if told is None else told)

    def until(self, now: float) -> Iterator[tuple[float, str, Job, State]]:
        """Every change up to `now` that is not told yet, in the order of time."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            _, _, told, provider, job = heapq.heappop(heap)
            if self._told.get(job) != told:
                continue  # told already, under an older plan
            del self._told[job]
            found = change(job, told)
            if found is None:
                continue
            if found[0] > now:
                self._push(provider, job, told)
                continue
            yield found[0], provider, job, found[1]
            self._push(provider, job, told + 1)

    def _push(self, provider: str, job: Job, told: int) -> None:
        found = change(job, told)
        if found is not None:
            self._told[job] = told
            heapq.heappush(self._heap, (found[0], next(self._numbers), told, provider, job))


def change(job: Job, number: int) -> tuple[float, State] | None:
    """The change of a job with that number, from 0; None where there is none."""
    cut = job.intervention
    steps = len(job.plan.begins) if cut is None else planned(job, cut.at)
    if number < steps:
        return job.created + job.plan.begins[number], job.plan.states[number]
    if cut is None:
        return None
    after = (*cut.through, cut.state)
    return (cut.at, after[number - steps]) if number - steps < len(after) else None


def planned(job: Job, moment: float) -> int:
    """How many changes the plan has up to a moment."""
    return sum(job.created + begin <= moment for begin in job.plan.begins)

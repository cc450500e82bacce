"""The next change of every open job: a heap, so that a look costs nothing while no change is due."""

import heapq
from collections.abc import Iterator
from itertools import count
from typing import Any

from mockreel.contract import State
from mockreel.engine.jobs.job import Job

# When, the entry's number, how many changes of the job were reported before, whose job, and the job.
_Due = tuple[float, int, int, str, Job]


class Upcoming:
    """Open jobs by the moment of their next change; a job that changes no more is not in it."""

    def __init__(self) -> None:
        self._heap: list[_Due] = []
        self._reported: dict[Job, int] = {}
        self._numbers = count()

    def __len__(self) -> int:
        """How many jobs will change."""
        return len(self._reported)

    @property
    def next_at(self) -> float | None:
        """The moment before which nothing changes; None where nothing ever will."""
        return self._heap[0][0] if self._heap else None

    def containers(self) -> list[Any]:
        """What the jobs are in, for who takes them out one by one."""
        return [self._heap, self._reported]

    def add(self, provider: str, job: Job, *, reported: int = 0) -> None:
        """Add a job of whose changes the first `reported` are known; a job that is in it already stays as it is."""
        if job not in self._reported:
            self._push(provider, job, reported)

    def begin(self, provider: str, job: Job, now: float) -> Iterator[tuple[float, str, Job, State]]:
        """Add a job, and give its changes up to `now`; one that is in it is left alone."""
        if job in self._reported:
            return
        if job.intervention is not None:  # an intervention is reported by itself
            self._push(provider, job, 0)
            return
        for reported, begin in enumerate(job.plan.begins):
            moment = job.created + begin
            if moment > now:
                self._reported[job] = reported
                heapq.heappush(self._heap, (moment, next(self._numbers), reported, provider, job))
                return
            yield moment, provider, job, job.plan.states[reported]

    def changed(self, provider: str, job: Job, *, since: float) -> None:
        """Another plan for a job, whose changes up to `since` are known."""
        reported = self._reported.get(job)
        self._push(provider, job, planned(job, since) if reported is None else reported)

    def until(self, now: float) -> Iterator[tuple[float, str, Job, State]]:
        """Every change up to `now` that is not reported yet, in order of time."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            _, _, reported, provider, job = heapq.heappop(heap)
            if self._reported.get(job) != reported:
                continue  # reported already, under an older plan
            del self._reported[job]
            found = change(job, reported)
            if found is None:
                continue
            if found[0] > now:
                self._push(provider, job, reported)
                continue
            yield found[0], provider, job, found[1]
            self._push(provider, job, reported + 1)

    def _push(self, provider: str, job: Job, reported: int) -> None:
        found = change(job, reported)
        if found is not None:
            self._reported[job] = reported
            heapq.heappush(self._heap, (found[0], next(self._numbers), reported, provider, job))


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

"""Responses about running jobs: while nothing about a job changes, a poll repeats the last response."""

from collections.abc import Callable
from typing import Any, TypeVar

from mockreel.contract.messages.message import Response
from mockreel.engine.jobs.job import Job

C = TypeVar("C")

# The most jobs with a cached response: those that were polled last.
MOST = 1000

Facts = tuple[Any, ...]


class JobViews:
    """The last response about each of some jobs, and what it followed from."""

    def __init__(self) -> None:
        self._cached: dict[str, tuple[Facts, Response]] = {}

    def response(
        self,
        context: C,
        job: Job,
        make: Callable[[C, Job], Response],
        *,
        now: float,
        request: Facts,
    ) -> Response:
        """The result of `make` for the job at a moment, the contract, and the request.

        Args:
            request: all of the request that the response depends on.
        """
        state = job.state(now)
        if state.kind != "pending":  # a final state is polled once or twice, and depends on more
            return make(context, job)
        facts = (job, state, job.began(now), job.intervention, job.extra, request)
        cached = self._cached.get(job.id)
        if cached is not None and cached[0] == facts:
            return cached[1]
        made = make(context, job)
        if cached is None and len(self._cached) >= MOST:
            del self._cached[next(iter(self._cached))]
        self._cached[job.id] = (facts, made)
        return made

"""Responses about running jobs: while nothing about a job changes, a poll repeats the last response."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from mockreel.contract.messages.message import Response
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.engine.jobs.lifecycle import Plan

C = TypeVar("C")

# The most jobs with a cached response: those that were polled last.
MOST = 1000

Facts = tuple[Any, ...]


class _View(NamedTuple):
    """A response, what it followed from, and from when until when the job stays as it tells."""

    response: Response
    since: float
    until: float
    job: Job
    plan: Plan
    intervention: Intervention | None
    extra: Any
    facts: Facts


class JobViews:
    """The last response about each of some jobs."""

    def __init__(self) -> None:
        self._cached: dict[str, _View] = {}

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
        cached = self._cached.get(job.id)
        if cached is not None:
            response, since, until, *facts = cached
            if since <= now < until and facts == [job, job.plan, job.intervention, job.extra, request]:
                return response
        view = make(context, job)
        if job.state(now).kind == "pending":  # a final state is polled once or twice, and depends on more
            if cached is None and len(self._cached) >= MOST:
                del self._cached[next(iter(self._cached))]
            until = job.stays_until(now)
            self._cached[job.id] = _View(view, now, until, job, job.plan, job.intervention, job.extra, request)
        return view

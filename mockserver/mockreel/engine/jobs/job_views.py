"""Responses that tell of a job under way: while nothing about it changes, a poll says what the last one said."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from mockreel.contract.messages.message import Response
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.engine.jobs.lifecycle import Plan

C = TypeVar("C")

# Of so many jobs a response is kept, of those that were asked about last.
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
    asked: Facts


class JobViews:
    """The last response about each of some jobs."""

    def __init__(self) -> None:
        self._kept: dict[str, _View] = {}

    def response(
        self,
        context: C,
        job: Job,
        make: Callable[[C, Job], Response],
        *,
        now: float,
        asked: Facts,
    ) -> Response:
        """What `make` gives from the job at a moment, the contract, and what was asked.

        Args:
            asked: all of the request that the response depends on.
        """
        kept = self._kept.get(job.id)
        if kept is not None:
            response, since, until, *facts = kept
            if since <= now < until and facts == [job, job.plan, job.intervention, job.extra, asked]:
                return response
        made = make(context, job)
        if job.state(now).kind == "pending":  # its end is asked for once or twice, and depends on more
            if kept is None and len(self._kept) >= MOST:
                del self._kept[next(iter(self._kept))]
            until = job.stays_until(now)
            self._kept[job.id] = _View(made, now, until, job, job.plan, job.intervention, job.extra, asked)
        return made

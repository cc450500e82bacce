"""Responses that tell of a job under way: while nothing about it changes, a poll says what the last one said."""

from collections.abc import Callable
from typing import Any, TypeVar

from mockreel.contract.messages.message import Response
from mockreel.engine.jobs.job import Job

C = TypeVar("C")

# Of so many jobs a response is kept, of those that were asked about last.
MOST = 1000

Facts = tuple[Any, ...]


class JobViews:
    """The last response about each of some jobs, and what it followed from."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Facts, Response]] = {}

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
        state = job.state(now)
        if state.kind != "pending":  # its end is asked for once or twice, and depends on more
            return make(context, job)
        facts = (job, state, job.began(now), job.intervention, job.extra, asked)
        kept = self._kept.get(job.id)
        if kept is not None and kept[0] == facts:
            return kept[1]
        made = make(context, job)
        if kept is None and len(self._kept) >= MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[job.id] = (facts, made)
        return made

"""Responses that tell of a job under way: while nothing about it changes, a poll says what the last one said."""

from collections.abc import Callable
from typing import Any

from mockreel.contract.messages.message import Response
from mockreel.engine.jobs.job import Job
from mockreel.simulator.request_context import RequestContext

# Of so many jobs a response is kept, of those that were asked about last.
MOST = 1000

Facts = tuple[Any, ...]


class JobViews:
    """The last response about each of some jobs, and what it followed from."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Facts, Response]] = {}

    def response(
        self,
        context: RequestContext,
        job: Job,
        make: Callable[[RequestContext, Job], Response],
        *,
        header: bytes | None = None,
    ) -> Response:
        """What `make` gives, from the job, the contract, the operation, the address that was asked, and the moment.

        Args:
            header: of what the client sent the one value that the response depends on besides.
        """
        state = job.state(context.now)
        if state.kind != "pending":  # its end is asked for once or twice, and depends on more
            return make(context, job)
        base_url, operation = context.provider.base_url, context.operation.id
        facts = (job, state, job.began(context.now), job.intervention, job.extra, base_url, operation, header)
        kept = self._kept.get(job.id)
        if kept is not None and kept[0] == facts:
            return kept[1]
        made = make(context, job)
        if kept is None and len(self._kept) >= MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[job.id] = (facts, made)
        return made

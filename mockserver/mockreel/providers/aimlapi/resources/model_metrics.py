"""How fast the models answered of late."""

from bisect import bisect_left
from collections.abc import Iterator
from math import ceil
from typing import Any

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import json_response
from mockreel.contract.validation import Violation
from mockreel.engine.jobs.job import Job
from mockreel.providers.aimlapi.query_parameters import reject_unknown, repeated
from mockreel.providers.aimlapi.responses import moment
from mockreel.providers.templates import fill
from mockreel.simulator.cooperative_work import MANY, Work, chunks, run_work
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext


def report(context: RequestContext) -> Answer:
    """The quantiles of each model that completed a generation inside the window."""
    reject_unknown(context)
    row = context.provider.contract.wire["metrics"]
    names_requested = repeated(context, row["parameter"])
    if len(names_requested) > row["most"]:
        many = Violation(("query", row["parameter"]), "maxItems", "too many values", None, row["most"])
        raise ErrorResponse("invalid-query", violations=(many,))
    return run_work(context, _reported(context, row, names_requested))


def _reported(context: RequestContext, row: dict[str, Any], names_requested: list[str]) -> Work:
    measured: dict[tuple[str, ...], list[float]] = {}
    for jobs in chunks(_recent(context, context.now - row["window"]), size=MANY):
        _measure(context, jobs, measured)
        if len(jobs) == MANY:
            yield
    models = [
        _entry(row, names, spans)
        for names, spans in measured.items()
        if not names_requested or set(names_requested) & set(names[:-1])
    ]
    return json_response(200, fill(row["report"], {"now": moment(context.now), "models": models}))


def _recent(context: RequestContext, since: float) -> Iterator[Job]:
    """The jobs that began since a moment, of every account, its newest first."""
    for account in list(context.provider.keyring.accounts.values()):
        jobs = account.jobs
        yield from jobs[bisect_left(jobs, since, key=lambda job: job.created) :][::-1]


def _measure(context: RequestContext, jobs: list[Job], found: dict[tuple[str, ...], list[float]]) -> None:
    """Note the milliseconds of those that succeeded, by the names of the model and the endpoint."""
    paths = {operation.id: operation.path for operation in context.provider.contract.operations}
    for job in jobs:
        if job.model is not None and job.ends is not None and job.state(context.now).kind == "succeeded":
            names = (job.model.id, *job.model.aliases, paths[job.kind])
            found.setdefault(names, []).append((job.ends - job.created) * 1000)


def _entry(row: dict[str, Any], names: tuple[str, ...], spans: list[float]) -> Any:
    ordered = sorted(spans)
    quantiles = {name: round(ordered[ceil(part * len(ordered)) - 1], 1) for name, part in row["quantiles"].items()}
    return fill(row["entry"], {"alias": names[0], "endpoint": names[-1], "duration": quantiles})

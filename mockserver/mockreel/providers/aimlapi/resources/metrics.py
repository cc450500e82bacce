"""How fast the models answered of late."""

from collections.abc import Iterator
from itertools import takewhile
from math import ceil
from typing import Any

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import json_reply
from mockreel.contract.validation import Violation
from mockreel.engine.jobs.job import Job
from mockreel.providers.aimlapi.query_parameters import refuse_unknown, repeated
from mockreel.providers.aimlapi.responses import moment
from mockreel.providers.templates import fill
from mockreel.simulator.adapter import Answer
from mockreel.simulator.context import RequestContext


def report(context: RequestContext) -> Answer:
    """The quantiles of each model that completed a generation inside the window."""
    refuse_unknown(context)
    row = context.provider.contract.wire["metrics"]
    asked = repeated(context, row["parameter"])
    if len(asked) > row["most"]:
        many = Violation(("query", row["parameter"]), "maxItems", "too many values", None, row["most"])
        raise ErrorResponse("invalid-query", violations=(many,))
    measured = _measured(context, context.now - row["window"])
    models = [
        _entry(row, names, spans) for names, spans in measured.items() if not asked or set(asked) & set(names[:-1])
    ]
    return json_reply(200, fill(row["report"], {"now": moment(context.now), "models": models}))


def _measured(context: RequestContext, since: float) -> dict[tuple[str, ...], list[float]]:
    """Milliseconds by the names of a model and the endpoint."""
    paths = {operation.id: operation.path for operation in context.provider.contract.operations}
    found: dict[tuple[str, ...], list[float]] = {}
    for job in _finished(context, since):
        if job.model is not None and job.ends is not None:
            names = (job.model.id, *job.model.aliases, paths[job.kind])
            found.setdefault(names, []).append((job.ends - job.created) * 1000)
    return found


def _finished(context: RequestContext, since: float) -> Iterator[Job]:
    """The jobs that began and succeeded since a moment, of every account."""
    for account in context.provider.keyring.accounts.values():
        for job in takewhile(lambda job: job.created >= since, reversed(account.jobs)):
            if job.state(context.now).kind == "succeeded":
                yield job


def _entry(row: dict[str, Any], names: tuple[str, ...], spans: list[float]) -> Any:
    ordered = sorted(spans)
    quantiles = {name: round(ordered[ceil(part * len(ordered)) - 1], 1) for name, part in row["quantiles"].items()}
    return fill(row["entry"], {"alias": names[0], "endpoint": names[-1], "duration": quantiles})

"""What belongs to runs: the list of them, their log lines and node runs, the statuses, and usage by date."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from mockreel.contract.messages.message import Response, json_reply
from mockreel.engine.clock import utc
from mockreel.engine.jobs.job import Job
from mockreel.engine.randomness import uuid4
from mockreel.providers.runflow import money
from mockreel.providers.runflow.errors import fill, invalid_query, unknown
from mockreel.providers.runflow.lists.list_page import listed
from mockreel.providers.runflow.responses import run_record
from mockreel.providers.runflow.state import state_of
from mockreel.providers.runflow.timestamps import milliseconds, written
from mockreel.simulator.context import RequestContext
from mockreel.simulator.provider import Provider

Record = Mapping[str, Any]


def list_runs(context: RequestContext) -> Response:
    """The account's runs."""
    return listed(
        context,
        "run.json",
        context.account.jobs,
        number=lambda job: job.number,
        render=lambda job: run_record(context.provider, job, context.now),
    )


def list_run_statuses(context: RequestContext) -> Response:
    """Every status that a run can have."""
    states = context.provider.contract.lifecycle.states.values()
    keys = context.provider.contract.wire["page_keys"].values()
    rows = [{"code": state.word, "is_terminal": state.terminal} for state in states]
    return json_reply(200, {"items": rows, **{key: None for key in keys if key}})


# Log lines -------------------------------------------------------------------------------------------------------


def list_run_logs(context: RequestContext) -> Response:
    """The log lines of a run, or of all."""
    lines = [line for job in _jobs(context) for line in _log(context.provider, job, context.now)]
    return _numbered(context, "run-log.json", lines)


def get_run_log(context: RequestContext) -> Response:
    """One log line."""
    lines = (line for job in _jobs(context) for line in _log(context.provider, job, context.now))
    return json_reply(200, _found(lines, context.params["id"], "Log"))


def _jobs(context: RequestContext) -> Sequence[Job]:
    """The run that the path names, or all where it names any."""
    if context.params["run_id"] == context.provider.contract.wire["any"]:
        return context.account.jobs
    return [context.provider.job_of(context.account, context.params["run_id"])]


def _log(provider: Provider, job: Job, now: float) -> Iterable[Record]:
    """One line for each state that a run has entered."""
    words = provider.contract.wire["log"]
    for index, (state, moment) in enumerate(job.passed(now)):
        yield {
            **state_of(provider).blank("run-log.json"),
            "id": uuid4(provider.draw("log", job.id, index)),
            "run_id": job.id,
            "level_code": words["failed"] if state.kind == "failed" else words["level"],
            "message": fill(words["message"], {"state": state.word}),
            "timestamp": written(moment, provider.contract.wire["record_times"]),
        }


def _numbered(context: RequestContext, schema: str, rows: Sequence[Record]) -> Response:
    """A list of rows that nothing comes in between of, oldest first."""
    numbered = list(enumerate(rows))
    return listed(context, schema, numbered, number=lambda row: row[0], render=lambda row: row[1], newest_first=False)


def _found(rows: Iterable[Record], id: str, noun: str) -> Record:  # noqa: A002  (what the docs call it)
    found = next((row for row in rows if row["id"] == id), None)
    if found is None:
        raise unknown(noun)
    return found


# Node runs -------------------------------------------------------------------------------------------------------


def list_node_runs(context: RequestContext) -> Response:
    """The node runs of a run: none, since a model's run is no flow."""
    _jobs(context)
    return _numbered(context, "node-run.json", ())


def get_node_run(context: RequestContext) -> Response:
    """One node run; there is none."""
    _jobs(context)
    raise unknown("Node run")


# Usage -----------------------------------------------------------------------------------------------------------


def get_runs_stats(context: RequestContext) -> Response:
    """How many runs there were between two moments, both included, and what they cost."""
    first, last = _moment(context, "start"), _moment(context, "end")
    jobs = [job for job in context.account.jobs if first <= utc(job.created) <= last]
    return json_reply(
        200,
        {
            "timeline": _timeline(context, jobs),
            "by_flow": _by_model(context, jobs),
            "by_source": [{"runs": len(jobs), "pct": 100}] if jobs else [],
        },
    )


def _moment(context: RequestContext, name: str) -> datetime:
    text = context.query[name]
    try:
        found = datetime.fromisoformat(text)
    except ValueError as problem:
        raise invalid_query(name, str(problem), text) from problem
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _spend(context: RequestContext, jobs: Iterable[Job]) -> str | None:
    costs = (context.provider.ledger.charged(job, context.now) for job in jobs)
    return money.amount(sum((cost for cost in costs if cost is not None), Decimal(0)))


def _timeline(context: RequestContext, jobs: Iterable[Job]) -> list[Record]:
    days: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        days[utc(job.created).date().isoformat()].append(job)
    return [{"date": day, "runs": len(of), "spend": _spend(context, of)} for day, of in sorted(days.items())]


def _by_model(context: RequestContext, jobs: Iterable[Job]) -> list[Record]:
    models: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        models[job.model.id if job.model else ""].append(job)
    return [
        {
            "flow_slug": name,
            "flow_name": name,
            "runs": len(of),
            "spend": _spend(context, of),
            "avg_duration_ms": _average(context, of),
        }
        for name, of in sorted(models.items())
    ]


def _average(context: RequestContext, jobs: Iterable[Job]) -> float | None:
    ended = [job.ends - job.created for job in jobs if job.ends is not None and job.ends <= context.now]
    return milliseconds(sum(ended) / len(ended)) if ended else None

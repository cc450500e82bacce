"""What belongs to runs: the list of them, their log lines and node runs, the statuses, and usage by date."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from mockreel.contract.messages.message import Response, json_response
from mockreel.engine.clock import utc
from mockreel.engine.jobs.job import Job
from mockreel.engine.randomness import uuid4
from mockreel.providers.runflow import money
from mockreel.providers.runflow.error_bodies import fill, invalid_query, unknown
from mockreel.providers.runflow.lists.list_page import list_response, rows_response
from mockreel.providers.runflow.responses import run_record
from mockreel.providers.runflow.state import extra_of, own_shelf, state_of
from mockreel.providers.runflow.timestamps import format_timestamp, milliseconds
from mockreel.simulator.cooperative_work import FEW, Work, chunks, run_work
from mockreel.simulator.provider import Provider
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext

Record = Mapping[str, Any]


def list_runs(context: RequestContext) -> Answer:
    return list_response(
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
    return json_response(200, {"items": rows, **{key: None for key in keys if key}})


# Log lines -------------------------------------------------------------------------------------------------------


def list_run_logs(context: RequestContext) -> Answer:
    return rows_response(context, "run-log.json", _lines(context, _jobs(context)))


def get_run_log(context: RequestContext) -> Answer:
    return run_work(context, _line(context, _jobs(context), context.params["id"]))


def _line(context: RequestContext, jobs: Sequence[Job], id: str) -> Work:  # noqa: A002  (what the docs call it)
    for some in chunks(jobs, size=FEW):
        for row in _lines(context, some):
            if row["id"] == id:
                return json_response(200, row)
        if len(some) == FEW:
            yield
    raise unknown("Log")


def _lines(context: RequestContext, jobs: Iterable[Job]) -> Iterator[Record]:
    for job in jobs:
        yield from _log(context.provider, job, context.now)


def _jobs(context: RequestContext) -> Sequence[Job]:
    """The run that the path names, or all where it names any."""
    if context.params["run_id"] == context.provider.contract.wire["any"]:
        return [*context.account.jobs]
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
            "timestamp": format_timestamp(moment, provider.contract.wire["record_times"]),
        }


# Node runs -------------------------------------------------------------------------------------------------------


def list_node_runs(context: RequestContext) -> Answer:
    """The node runs of a run: none, since a model's run is no flow."""
    _jobs(context)
    return rows_response(context, "node-run.json", ())


def get_node_run(context: RequestContext) -> Response:
    """One node run; there is none."""
    _jobs(context)
    raise unknown("Node run")


# Usage -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Sum:
    """What some runs come to."""

    runs: int = 0
    spend: Decimal = Decimal(0)
    ended: int = 0
    seconds: float = 0.0

    def add(self, provider: Provider, job: Job, now: float) -> None:
        self.runs += 1
        self.spend += provider.ledger.charged(job, now) or 0
        if job.ends is not None and job.ends <= now:
            self.ended += 1
            self.seconds += job.ends - job.created

    @property
    def average(self) -> float | None:
        """Milliseconds that those which have ended took."""
        return milliseconds(self.seconds / self.ended) if self.ended else None


def get_runs_stats(context: RequestContext) -> Answer:
    """How many runs there were between two moments, both included, and what they cost."""
    return run_work(context, _stats(context, _moment(context, "start"), _moment(context, "end")))


def _stats(context: RequestContext, first: datetime, last: datetime) -> Work:
    days: dict[str, _Sum] = defaultdict(_Sum)
    flows: dict[str, _Sum] = defaultdict(_Sum)
    slugs = {one.id: str(orjson.loads(one.fields).get("slug")) for one in own_shelf(context).workflows.values()}
    for some in chunks([*context.account.jobs], size=FEW):
        for job in some:
            created = utc(job.created)
            if first <= created <= last:
                days[created.date().isoformat()].add(context.provider, job, context.now)
                flows[_slug(job, slugs)].add(context.provider, job, context.now)
        if len(some) == FEW:
            yield
    runs = sum(of.runs for of in days.values())
    return json_response(
        200,
        {
            "timeline": [
                {"date": day, "runs": of.runs, "spend": money.amount(of.spend)} for day, of in sorted(days.items())
            ],
            "by_flow": [_flow(name, of) for name, of in sorted(flows.items())],
            "by_source": [{"runs": runs, "pct": 100}] if runs else [],
        },
    )


def _slug(job: Job, slugs: Mapping[str, str]) -> str:
    """What a run is a run of: its model, or its workflow, whose id replaces a slug that is another's or deleted."""
    if job.model is not None:
        return job.model.id
    workflow = extra_of(job).workflow or ""
    return slugs.get(workflow, workflow)


def _flow(name: str, of: _Sum) -> Record:
    return {
        "flow_slug": name,
        "flow_name": name,
        "runs": of.runs,
        "spend": money.amount(of.spend),
        "avg_duration_ms": of.average,
    }


def _moment(context: RequestContext, name: str) -> datetime:
    text = context.query[name]
    try:
        found = datetime.fromisoformat(text)
    except ValueError as problem:
        raise invalid_query(name, str(problem), text) from problem
    return found if found.tzinfo else found.replace(tzinfo=UTC)

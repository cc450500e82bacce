"""What belongs to runs: the list of them, their log lines and node runs, the statuses, and usage by date."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from mockreel.contract.messages.message import Reply, json_reply
from mockreel.engine.clock import utc
from mockreel.engine.jobs.job import Job
from mockreel.engine.randomness import uuid4
from mockreel.providers.runflow import money
from mockreel.providers.runflow.errors import fill, invalid_query, unknown
from mockreel.providers.runflow.lists.list_page import listed
from mockreel.providers.runflow.responses import run_record
from mockreel.providers.runflow.state import state_of
from mockreel.providers.runflow.timestamps import milliseconds, written
from mockreel.simulator.context import Call
from mockreel.simulator.provider import Part

Record = Mapping[str, Any]


def list_runs(call: Call) -> Reply:
    """The account's runs."""
    return listed(
        call,
        "run.json",
        call.account.jobs,
        number=lambda job: job.number,
        render=lambda job: run_record(call.part, job, call.now),
    )


def list_run_statuses(call: Call) -> Reply:
    """Every status that a run can have."""
    states = call.part.contract.lifecycle.states.values()
    keys = call.part.contract.wire["page_keys"].values()
    rows = [{"code": state.word, "is_terminal": state.terminal} for state in states]
    return json_reply(200, {"items": rows, **{key: None for key in keys if key}})


# Log lines -------------------------------------------------------------------------------------------------------


def list_run_logs(call: Call) -> Reply:
    """The log lines of a run, or of all."""
    lines = [line for job in _jobs(call) for line in _log(call.part, job, call.now)]
    return _numbered(call, "run-log.json", lines)


def get_run_log(call: Call) -> Reply:
    """One log line."""
    lines = (line for job in _jobs(call) for line in _log(call.part, job, call.now))
    return json_reply(200, _found(lines, call.params["id"], "Log"))


def _jobs(call: Call) -> Sequence[Job]:
    """The run that the path names, or all where it names any."""
    if call.params["run_id"] == call.part.contract.wire["any"]:
        return call.account.jobs
    return [call.part.job_of(call.account, call.params["run_id"])]


def _log(part: Part, job: Job, now: float) -> Iterable[Record]:
    """One line for each state that a run has entered."""
    words = part.contract.wire["log"]
    for index, (state, moment) in enumerate(job.passed(now)):
        yield {
            **state_of(part).blank("run-log.json"),
            "id": uuid4(part.draw("log", job.id, index)),
            "run_id": job.id,
            "level_code": words["failed"] if state.kind == "failed" else words["level"],
            "message": fill(words["message"], {"state": state.word}),
            "timestamp": written(moment, part.contract.wire["record_times"]),
        }


def _numbered(call: Call, schema: str, rows: Sequence[Record]) -> Reply:
    """A list of rows that nothing comes in between of, oldest first."""
    numbered = list(enumerate(rows))
    return listed(call, schema, numbered, number=lambda row: row[0], render=lambda row: row[1], newest_first=False)


def _found(rows: Iterable[Record], id: str, noun: str) -> Record:  # noqa: A002  (what the docs call it)
    found = next((row for row in rows if row["id"] == id), None)
    if found is None:
        raise unknown(noun)
    return found


# Node runs -------------------------------------------------------------------------------------------------------


def list_node_runs(call: Call) -> Reply:
    """The node runs of a run: none, since a model's run is no flow."""
    _jobs(call)
    return _numbered(call, "node-run.json", ())


def get_node_run(call: Call) -> Reply:
    """One node run; there is none."""
    _jobs(call)
    raise unknown("Node run")


# Usage -----------------------------------------------------------------------------------------------------------


def get_runs_stats(call: Call) -> Reply:
    """How many runs there were between two moments, both included, and what they cost."""
    first, last = _moment(call, "start"), _moment(call, "end")
    jobs = [job for job in call.account.jobs if first <= utc(job.created) <= last]
    return json_reply(
        200,
        {
            "timeline": _timeline(call, jobs),
            "by_flow": _by_model(call, jobs),
            "by_source": [{"runs": len(jobs), "pct": 100}] if jobs else [],
        },
    )


def _moment(call: Call, name: str) -> datetime:
    text = call.query[name]
    try:
        found = datetime.fromisoformat(text)
    except ValueError as problem:
        raise invalid_query(name, str(problem), text) from problem
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _spend(call: Call, jobs: Iterable[Job]) -> str | None:
    costs = (call.part.ledger.charged(job, call.now) for job in jobs)
    return money.amount(sum((cost for cost in costs if cost is not None), Decimal(0)))


def _timeline(call: Call, jobs: Iterable[Job]) -> list[Record]:
    days: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        days[utc(job.created).date().isoformat()].append(job)
    return [{"date": day, "runs": len(of), "spend": _spend(call, of)} for day, of in sorted(days.items())]


def _by_model(call: Call, jobs: Iterable[Job]) -> list[Record]:
    models: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        models[job.model.id if job.model else ""].append(job)
    return [
        {
            "flow_slug": name,
            "flow_name": name,
            "runs": len(of),
            "spend": _spend(call, of),
            "avg_duration_ms": _average(call, of),
        }
        for name, of in sorted(models.items())
    ]


def _average(call: Call, jobs: Iterable[Job]) -> float | None:
    ended = [job.ends - job.created for job in jobs if job.ends is not None and job.ends <= call.now]
    return milliseconds(sum(ended) / len(ended)) if ended else None

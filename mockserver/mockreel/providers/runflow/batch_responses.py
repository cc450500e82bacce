"""A batch as its record and as its callback's payload: what follows from its runs and the moment."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from orjson import Fragment

from mockreel.engine.jobs.job import Job
from mockreel.engine.randomness import uuid4
from mockreel.providers.runflow import money
from mockreel.providers.runflow.error_bodies import envelope
from mockreel.providers.runflow.outputs import output
from mockreel.providers.runflow.responses import run_record, shown_input
from mockreel.providers.runflow.state import Batch, extra_of, model_uuid, shelf_of, state_of
from mockreel.providers.runflow.timestamps import format_timestamp, milliseconds
from mockreel.simulator.provider import Provider

Record = Mapping[str, Any]


def is_over(batch: Batch, now: float) -> bool:
    """Whether every run of it has ended."""
    return all(job.state(now).terminal for job in batch.jobs)


def outcome(batch: Batch, now: float) -> str:
    """What has become of it: one of the names that the contract has words for."""
    kinds = {job.state(now).kind for job in batch.jobs}
    if "pending" in kinds:
        return "running" if any(job.began(now) is not None for job in batch.jobs) else "queued"
    if kinds == {"succeeded"}:
        return "succeeded"
    if kinds & {"succeeded", "partial"}:
        return "partial_succeeded"
    return "canceled" if kinds == {"cancelled"} else "failed"


def ended_at(batch: Batch, now: float) -> float | None:
    """When its last run ended; None while one has not."""
    if not is_over(batch, now):
        return None
    return max((job.ends or job.created for job in batch.jobs), default=batch.created)


def batch_record(provider: Provider, batch: Batch, now: float) -> Record:
    """The batch, with its items inline and lean."""
    wire, shelf = provider.contract.wire, shelf_of(provider, batch.account)
    style = wire["record_times"]
    name, over = outcome(batch, now), ended_at(batch, now)
    began = [job.began(now) for job in batch.jobs]
    return {
        **state_of(provider).blank("batch.json"),
        "id": batch.id,
        "org_id": shelf.org_id,
        "target_type": wire["target_type"],
        "target_type_code": wire["target_type"],
        "target_id": model_uuid(provider, batch.model),
        "status_code": wire["batch_words"][name],
        "source_code": wire["source_code"],
        "input": [shown_input(provider, job) for job in batch.jobs],
        "output": _output(provider, batch, now) if over is not None else None,
        "cost": money.amount(_cost(provider, batch, now)) if over is not None else None,
        "metadata": Fragment(batch.metadata) if batch.metadata is not None else None,
        "callback_url": batch.callback_url,
        "items_total": len(batch.jobs),
        **{f"items_{count}": number for count, number in _counts(batch, now).items()},
        "items": [_lean(provider, batch, index, job, now) for index, job in enumerate(batch.jobs)],
        "duration_ms": milliseconds(over - batch.created) if over is not None else None,
        "created_by": shelf.user_id,
        "created_at": format_timestamp(batch.created, style),
        "started_at": format_timestamp(min((moment for moment in began if moment is not None), default=None), style),
        "completed_at": format_timestamp(over, style),
    }


def _counts(batch: Batch, now: float) -> dict[str, int]:
    kinds = Counter(job.state(now).kind for job in batch.jobs)
    succeeded = kinds["succeeded"] + kinds["partial"]
    return {"succeeded": succeeded, "failed": kinds["failed"], "cancelled": kinds["cancelled"]}


def _cost(provider: Provider, batch: Batch, now: float) -> Decimal | None:
    """What all of it has cost; None where the price of one run is unknown."""
    costs = [provider.ledger.charged(job, now) for job in batch.jobs]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None


def _lean(provider: Provider, batch: Batch, index: int, job: Job, now: float) -> Record:
    return {
        "id": uuid4(provider.draw("batch-item", batch.id, index)),
        "sequence_index": index,
        "run_id": job.id,
        "status_code": job.state(now).word,
        "client_ref": extra_of(job).client_ref,
    }


def item_record(provider: Provider, batch: Batch, index: int, job: Job, now: float) -> Record:
    """One item with what became of its run."""
    run = run_record(provider, job, now)
    failure = job.failure(now)
    return {
        **_lean(provider, batch, index, job, now),
        "batch_id": batch.id,
        "input": run["input"],
        "cost": run["cost"],
        "output": run["output"],
        "error": envelope(failure.code, failure.message) if failure else None,
        "created_at": run["created_at"],
        "started_at": run["started_at"],
        "completed_at": run["completed_at"],
        "run": run,
    }


def _output(provider: Provider, batch: Batch, now: float) -> Record:
    items = [
        {**_lean(provider, batch, index, job, now), "output": _item_output(provider, job, now)}
        for index, job in enumerate(batch.jobs)
    ]
    return {"items": items, **_counts(batch, now), "total": len(items)}


def _item_output(provider: Provider, job: Job, now: float) -> Record | None:
    return output(provider, job) if job.state(now).kind in ("succeeded", "partial") else None


def batch_event(provider: Provider, batch: Batch, now: float) -> str:
    return str(provider.contract.wire["batch_events"][outcome(batch, now)])


def batch_payload(provider: Provider, batch: Batch, now: float) -> bytes:
    """The callback payload of a batch that has ended, from its state now."""
    wire = provider.contract.wire
    name, over = outcome(batch, now), ended_at(batch, now) or now
    return orjson.dumps(
        {
            "event": batch_event(provider, batch, now),
            "batch_id": batch.id,
            "status": wire["callback_status"].get(name, wire["batch_words"][name]),
            "output": _output(provider, batch, now),
            "duration_ms": milliseconds(over - batch.created),
            "created_at": format_timestamp(batch.created, wire["callback_times"]),
            "completed_at": format_timestamp(over, wire["callback_times"]),
            "metadata": Fragment(batch.metadata) if batch.metadata is not None else None,
        }
    )

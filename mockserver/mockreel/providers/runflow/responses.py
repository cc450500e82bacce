"""A run as its record: pure, from the job and the moment."""

from typing import Any

from orjson import Fragment

from mockreel.engine.artifacts.artifact import UPLOADS
from mockreel.engine.jobs.job import Job
from mockreel.providers.runflow import money
from mockreel.providers.runflow.outputs import output
from mockreel.providers.runflow.state import Extra, extra_of, model_uuid, shelf_of, state_of
from mockreel.providers.runflow.timestamps import format_timestamp, milliseconds
from mockreel.simulator.provider import Provider


def run_record(provider: Provider, job: Job, now: float) -> dict[str, Any]:
    """The run record, with every key that its schema names."""
    state = job.state(now)
    wire = provider.contract.wire
    style = wire["record_times"]
    record = dict(_same_for_all(provider, job))
    record["id"] = job.id
    record["status_code"] = state.word
    record["input"] = shown_input(provider, job)
    record["request_id"] = request_id(job)
    record["created_at"] = format_timestamp(job.created, style)
    began = job.began(now)
    record["started_at"] = None if began is None else format_timestamp(began, style)
    record["callback_url"] = job.callback_url
    if job.extra is not None:
        _add_extra(record, extra_of(job), workflow_target=wire["workflow_target"])
    if state.terminal:
        _add_end(record, provider, job, now)
    if wire["sdk_fields"]:
        _add_sdk_fields(record, job)
    if names := wire["run_names"]:
        for ours, theirs in names.items():
            record[theirs] = record.pop(ours, None)
    return record


def _same_for_all(provider: Provider, job: Job) -> dict[str, Any]:
    """What every run of one account and model has in common; built once for speed."""
    records = state_of(provider).records
    name = (job.account.number, job.model.id if job.model else "")
    found = records.get(name)
    if found is None:
        shelf = shelf_of(provider, job.account)
        found = records[name] = {
            **state_of(provider).blank("run.json"),
            "model_id": model_uuid(provider, job.model),
            "target_type": provider.contract.wire["target_type"],
            "org_id": shelf.org_id,
            "source_code": provider.contract.wire["source_code"],
            "created_by": shelf.user_id,
            "has_logs": True,
            "has_node_runs": False,
        }
    return found


def _add_extra(record: dict[str, Any], extra: Extra, *, workflow_target: str) -> None:
    record["client_ref"] = extra.client_ref
    record["batch_id"] = extra.batch.id if extra.batch else None
    record["metadata"] = Fragment(extra.metadata) if extra.metadata is not None else None
    if extra.workflow is not None:
        record["comfyui_workflow_id"] = extra.workflow
        record["target_type"] = workflow_target
    if extra.feedback is not None:
        record["feedback_is_positive"], record["feedback_reason"] = extra.feedback


def _add_end(record: dict[str, Any], provider: Provider, job: Job, now: float) -> None:
    ended = job.ends or job.created
    record["completed_at"] = format_timestamp(ended, provider.contract.wire["record_times"])
    record["duration_ms"] = milliseconds(ended - job.created)
    record["cost"] = money.amount(provider.ledger.charged(job, now))
    if job.state(now).kind in ("succeeded", "partial"):
        record["output"] = output(provider, job)
    failure = job.failure(now)
    if failure is not None:
        record["failure_code"] = failure.code
        record["failure_message"] = failure.message
        record["failure_stage_code"] = failure.fields.get("stage")


def _add_sdk_fields(record: dict[str, Any], job: Job) -> None:
    failed = record["failure_message"] is not None
    record["model"] = job.model.id if job.model else None
    record["finished_at"] = record["completed_at"]
    record["error"] = {"code": record["failure_code"], "message": record["failure_message"]} if failed else None


def shown_input(provider: Provider, job: Job) -> Fragment:
    """A run's input; stored files in it are shown under the address where they can be fetched."""
    request = job.request or b"{}"
    reference = state_of(provider).reference
    if reference in request:
        request = request.replace(reference, f"{provider.base_url}{UPLOADS}".encode())
    return Fragment(request)


def request_id(job: Job) -> str:
    """An id for the request that created a run, derived from the run's, which costs nothing."""
    digits = job.id.replace("-", "")[::-1]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

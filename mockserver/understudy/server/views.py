"""What the control API shows of a stage: scenarios, jobs, deliveries, as plain values."""

from collections.abc import Mapping
from typing import Any

from understudy import artifacts
from understudy.callbacks import Delivery
from understudy.jobs import Job
from understudy.part import Part


def scenarios_row(part: Part) -> Mapping[str, Any]:
    """What can be played: scenarios, failure codes, error codes."""
    scenarios = part.contract.scenarios
    return {
        "default": scenarios.default,
        "jobs": {name: list(scenario.states) for name, scenario in scenarios.jobs.items()},
        "requests": {name: scenario.row for name, scenario in scenarios.requests.items()},
        "failure_codes": {name: failure.code for name, failure in part.contract.failures.items()},
        "error_codes": {name: row.code for name, row in part.contract.errors.items()},
    }


def job_row(part: Part, job: Job) -> Mapping[str, Any]:
    """A job with every state that it has passed."""
    now = part.clock.now()
    failure = job.failure(now)
    return {
        "provider": part.name,
        "id": job.id,
        "account": job.account.name,
        "model": job.model.id if job.model else None,
        "operation": job.kind,
        "created": job.created,
        "ends": job.ends,
        "state": job.state(now).name,
        "passed": [{"state": state.name, "word": state.word, "at": at} for state, at in job.passed(now)],
        "failure": failure.name if failure else None,
        "clip": clip_row(part, job, now),
    }


def clip_row(part: Part, job: Job, now: float) -> Mapping[str, Any] | None:
    """What a job that has succeeded made; `says` tells where that is not quite what was asked."""
    if job.state(now).kind not in ("succeeded", "partial"):
        return None
    artifact = artifacts.of_job(part, job)
    return {"url": artifact.url, "file": artifact.clip.name, "says": artifact.clip.says}


def delivery_row(part: Part, delivery: Delivery) -> Mapping[str, Any]:
    """A delivery with every attempt."""
    return {
        "provider": part.name,
        "id": delivery.id,
        "subject": delivery.subject,
        "kind": delivery.kind,
        "event": delivery.event,
        "url": delivery.url,
        "status": delivery.status,
        "reason": delivery.reason,
        "created": delivery.created,
        "next_at": delivery.next_at,
        "attempts": [
            {
                "number": attempt.number,
                "at": attempt.at,
                "ended": attempt.ended,
                "status": attempt.outcome.status,
                "error": attempt.outcome.error,
                "detail": attempt.outcome.detail,
            }
            for attempt in delivery.attempts
        ],
    }

"""A job as Encore writes it."""

from collections.abc import Mapping
from typing import Any

import orjson

from mockreel.contract import pricing
from mockreel.engine.artifacts import artifact
from mockreel.engine.jobs.job import Job
from mockreel.simulator.provider import Provider


def job_body(provider: Provider, job: Job, now: float) -> Mapping[str, Any]:
    state, failure = job.state(now), job.failure(now)
    succeeded = state.kind == "succeeded"
    return {
        "id": job.id,
        "state": state.word,
        "model": job.model.id if job.model else "",
        "input": orjson.Fragment(job.request),
        "url": artifact.of_job(provider, job).url if succeeded else None,
        "why": failure.message if failure else None,
        "paid": _paid(provider, job) if succeeded else None,
    }


def _paid(provider: Provider, job: Job) -> str | None:
    assert job.model is not None
    fields = artifact.fields_of(provider, job)
    sum_ = pricing.cost(job.model, fields, seconds=artifact.of_job(provider, job).clip.seconds)
    return None if sum_.amount is None else f"{sum_.amount} {sum_.currency}"

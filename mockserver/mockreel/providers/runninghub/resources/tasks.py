"""The tasks of V2: standard models, workflows and apps, and how they are."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson

from mockreel.contract.messages.message import Response, json_response
from mockreel.engine.jobs.job import Job
from mockreel.engine.randomness import snowflake
from mockreel.providers.runninghub import responses, workflows
from mockreel.simulator.request_context import RequestContext


def submit_task(context: RequestContext) -> Response:
    """Start a standard model."""
    job = begin(context, context.fields, request=_stored(context.fields))
    return json_response(200, responses.submitted(context.provider, job, context.now))


def run(context: RequestContext) -> Response:
    """Start a workflow or an app."""
    job = begin(context, context.body or {}, request=workflows.stored(context))
    return json_response(200, responses.submitted(context.provider, job, context.now))


def query_task(context: RequestContext) -> Response:
    """How a task is."""
    provider = context.provider
    job = provider.job_of(context.account, str(context.body["taskId"]))
    return provider.view(context, job, _task)


def _task(context: RequestContext, job: Job) -> Response:
    return json_response(200, responses.task(context.provider, job, context.now))


def begin(context: RequestContext, fields: Mapping[str, Any], *, request: bytes = b"") -> Job:
    """Begin the task that a call asks for; the webhook's URL is among its fields."""
    url = fields.get("webhookUrl")
    return context.provider.begin(
        context, snowflake, request=request, callback_url=url if isinstance(url, str) and url else None
    )


def _stored(fields: Mapping[str, Any]) -> bytes:
    """An input as it is stored: a file in a data URI is stored as its size and hash."""
    raw = orjson.dumps(fields)
    return orjson.dumps(_without_files(fields)) if b'"data:' in raw else raw


def _without_files(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_files(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_files(item) for item in value]
    if isinstance(value, str) and value.startswith("data:"):
        return f"data:,{len(value)} characters, sha256 {sha256(value.encode()).hexdigest()}"
    return value

"""The tasks of V2: standard models, workflows and apps, and how they are."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson

from mockreel.contract.messages.message import Reply, json_reply
from mockreel.engine.jobs.job import Job
from mockreel.engine.randomness import snowflake
from mockreel.providers.runninghub import responses, workflows
from mockreel.simulator.context import Call


def submit_task(call: Call) -> Reply:
    """Start a standard model."""
    job = begin(call, call.fields, request=_kept(call.fields))
    return json_reply(200, responses.submitted(call.part, job, call.now))


def run(call: Call) -> Reply:
    """Start a workflow or an app."""
    job = begin(call, call.body or {}, request=workflows.kept(call))
    return json_reply(200, responses.submitted(call.part, job, call.now))


def query_task(call: Call) -> Reply:
    """How a task is."""
    job = call.part.job_of(call.account, str(call.body["taskId"]))
    return json_reply(200, responses.task(call.part, job, call.now))


def begin(call: Call, fields: Mapping[str, Any], *, request: bytes = b"") -> Job:
    """Begin the task that a call asks for; whom to tell stands among its fields."""
    url = fields.get("webhookUrl")
    return call.part.begin(call, snowflake, request=request, callback_url=url if isinstance(url, str) and url else None)


def _kept(fields: Mapping[str, Any]) -> bytes:
    """An input as it is kept: a file that stands in it as a data URI is kept as its size and hash."""
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

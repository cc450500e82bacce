"""RunningHub's responses about a job: the flat response of V2, and the outputs of the old API."""

from collections.abc import Mapping
from decimal import Decimal
from math import ceil
from typing import Any

import orjson

from mockreel.contract import Failure
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.engine.artifacts import artifact as artifacts
from mockreel.engine.billing import plain
from mockreel.engine.jobs.job import Job
from mockreel.providers.runninghub import progress
from mockreel.providers.runninghub.error_bodies import row_words
from mockreel.providers.runninghub.state import state_of
from mockreel.providers.runninghub.workflows import start_of
from mockreel.simulator.provider import Provider

Body = dict[str, Any]


def task(provider: Provider, job: Job, now: float) -> Body:
    """The flat response of `/query`."""
    state = job.state(now)
    reply = state_of(provider).dialects.dialect_of("flat").says(taskId=job.id, status=state.word)
    if state.kind == "pending":
        return reply
    if state.kind == "succeeded":
        return reply | _result_body(provider, job, state.word)
    failure = failure_of(provider, job, now)
    return reply | _failed(reply, job, failure) if failure else reply


def submitted(provider: Provider, job: Job, now: float) -> Body:
    """The flat response to a submission, which has fewer keys and two that only it fills."""
    reply = task(provider, job, now) | _beginning(provider, job)
    return {key: reply[key] for key in provider.contract.wire["submit_keys"]}


def started(provider: Provider, job: Job, now: float) -> Body:
    """The old API's response for a task that it has started."""
    return {
        progress.PROGRESS: progress.address_at(provider, job, now),
        "taskId": number(provider, "task_id", job.id),
        "taskStatus": job.state(now).word,
        **_beginning(provider, job),
    }


def outputs(provider: Provider, job: Job) -> list[Body]:
    """The outputs of a task that has succeeded, as the old API lists them."""
    own: list[Body] | None = artifacts.own_body(provider, job)
    if own is not None:
        return own
    node, used = provider.contract.wire["output_node"], usage(provider, job)
    return [
        {"fileUrl": one.url, "fileType": _ending(one), "nodeId": node, **used} for one in artifacts.every(provider, job)
    ]


def usage(provider: Provider, job: Job) -> Body:
    """What a finished task has used: money for a model, time for a workflow or an app."""
    row: Body = dict(provider.contract.wire["usage"])
    if job.model is not None:
        spent = provider.ledger.amount_due(job.cost)
        row["thirdPartyConsumeMoney"] = None if spent is None else plain(spent)
    elif job.ends is not None:
        seconds = round(job.ends - (job.began(job.ends) or job.created))
        row |= {"taskCostTime": str(seconds), "consumeCoins": _coins(provider, job, seconds)}
    row["taskCostTime"] = number(provider, "task_cost_time", row["taskCostTime"])
    return row


def failure_of(provider: Provider, job: Job, now: float) -> Failure | None:
    """Why a task has no outputs; for a cancelled one only if cancelling has no own status."""
    if job.state(now).kind == "cancelled":
        name = provider.contract.wire.get("cancelled_failure")
        return provider.contract.failures[name] if name else None
    return job.failure(now)


def reason(failure: Failure | None) -> Mapping[str, Any]:
    """The `failedReason` of a failure, as the old API details it."""
    return failure.fields.get("reason", {}) if failure else {}


def number(provider: Provider, what: str, text: str) -> str | int | float:
    """A number as the contract's reading writes that sort of number: as text, or as a number."""
    if provider.contract.wire["numbers"].get(what) != "number":
        return text
    return float(text) if "." in text else int(text)


def _result_body(provider: Provider, job: Job, word: str) -> Body:
    used = usage(provider, job)
    whole = {"taskId": job.id, "parentTaskId": None, "taskStatus": word, "usage": used}
    node = {} if job.model else {"nodeId": provider.contract.wire["output_node"]}
    own: list[Body] | None = artifacts.own_body(provider, job)
    results = [_result(artifact) | node for artifact in artifacts.every(provider, job)] if own is None else own
    return {"results": results, "usage": used, "taskUsageList": [whole]}


def _failed(reply: Body, job: Job, failure: Failure) -> Body:
    """The details of a failed task; of a workflow or an app also the node: as JSON text if the response has text."""
    details: Any = reason(failure)
    if isinstance(reply["failedReason"], str):
        details = orjson.dumps(details).decode()
    failed = {} if job.model else {"failedReason": details}
    return {"errorCode": failure.code, "errorMessage": failure.message, **failed}


def _coins(provider: Provider, job: Job, seconds: int) -> str | None:
    """The coins of a workflow or an app by the seconds that it ran, a part of one counted whole; None: not known."""
    rate = provider.contract.wire["coins"].get(start_of(job).get("instance", "default"))
    return None if rate is None else str(ceil(Decimal(rate) * seconds))


def _result(artifact: artifacts.Artifact) -> Body:
    result = {"url": artifact.url, "outputType": _ending(artifact), "text": None}
    if artifact.kind == "text":  # it is in the response itself, where clients look without a URL
        result |= {"url": None, "text": artifacts.text_of(artifact)}
    return result


def _beginning(provider: Provider, job: Job) -> Body:
    return {"clientId": progress.client_of(provider, job), "promptTips": provider.contract.wire["prompt_tips"]}


def _ending(artifact: artifacts.Artifact) -> str:
    return artifact.clip.suffix.removeprefix(".")


def outputs_of(provider: Provider, job: Job, now: float) -> list[Body]:
    """The outputs of a task.

    Raises:
        ErrorResponse: it has none yet, or never will, depending on the row.
    """
    state = job.state(now)
    if state.kind == "succeeded":
        return outputs(provider, job)
    if state.kind == "pending":
        raise _not_yet(provider, job, now)
    details = {"failedReason": reason(failure_of(provider, job, now))}
    raise ErrorResponse(provider.contract.wire["ended_row"], values={"data": details})


def _not_yet(provider: Provider, job: Job, now: float) -> ErrorResponse:
    """A task that has no outputs yet; where the row has a place for it, with where its progress can be followed."""
    row = provider.contract.wire["pending_rows"][job.state(now).name]
    words = row_words(provider.contract.errors[row], state_of(provider).dialects.dialect_of("envelope"))
    followed = isinstance(words.get("data"), Mapping) and progress.PROGRESS in words["data"]
    return ErrorResponse(
        row, values={"data": {progress.PROGRESS: progress.address_at(provider, job, now)}} if followed else {}
    )

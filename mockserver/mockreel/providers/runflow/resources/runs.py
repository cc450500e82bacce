"""Runs: create, read, cancel, and rate."""

from collections.abc import Awaitable

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response, exact, json_response
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow import webhooks
from mockreel.providers.runflow.inputs import stored
from mockreel.providers.runflow.outputs import first_url, has_own_output, output, urls_of
from mockreel.providers.runflow.resources import deliveries
from mockreel.providers.runflow.responses import run_record
from mockreel.providers.runflow.state import Extra, extra_of, shelf_of
from mockreel.simulator.provider import Provider
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext
from mockreel.webhooks import Delivery


def create_run(context: RequestContext) -> Answer:
    """Begin a run of the model in the path."""
    body = context.body
    metadata = body.get("metadata")
    job = begin(
        context,
        stored(context, context.fields, at=("input",)),
        callback_url=body.get("callback_url"),
        client_ref=body.get("client_ref"),
        metadata=None if metadata is None else exact(stored(context, metadata, at=("metadata",))),
    )
    if context.provider.contract.wire["create_waits"]:
        return _when_ended(context, job)
    return json_response(201, run_record(context.provider, job, context.now))


def begin(
    context: RequestContext,
    request: bytes,
    *,
    callback_url: str | None = None,
    client_ref: str | None = None,
    metadata: bytes | None = None,
    workflow: str | None = None,
) -> Job:
    """Begin the run of a call, if its account can pay for it."""
    plain = client_ref is None and metadata is None and workflow is None
    return context.provider.begin(
        context,
        uuid7,
        request=request,
        callback_url=callback_url,
        extra=None if plain else Extra(client_ref, metadata, workflow=workflow),
        tell=bool(shelf_of(context.provider, context.account).webhooks),
    )


async def _when_ended(context: RequestContext, job: Job) -> Response:
    await context.provider.wait_for(job)
    return json_response(201, run_record(context.provider, job, context.provider.clock.now()))


def run_model(context: RequestContext) -> Awaitable[Response]:
    """The older endpoint: begin a run, and answer with its result."""
    return _result(context, begin(context, stored(context, context.fields)))


async def _result(context: RequestContext, job: Job) -> Response:
    if not await context.provider.wait_for(job):
        raise ErrorResponse("run-too-long")
    now = context.provider.clock.now()
    state, failure = job.state(now), job.failure(now)
    if failure is not None:
        raise ErrorResponse("run-failed", values={"code": failure.code, "message": failure.message})
    if state.kind == "cancelled":
        raise ErrorResponse("run-failed", values={"code": state.word.upper(), "message": state.word})
    result = output(context.provider, job)
    if has_own_output(context.provider, job):
        return json_response(200, result)
    kind = job.model.output if job.model else ""
    if kind in context.provider.contract.wire["older_lists"]:
        return json_response(
            200, {context.provider.contract.wire["older_lists"][kind]: [{"url": url} for url in urls_of(result)]}
        )
    return json_response(200, {kind: {"url": first_url(result)}})


def get_run(context: RequestContext) -> Response:
    provider = context.provider
    job = provider.job_of(context.account, context.params["run_id"])
    return provider.view(context, job, _record)


def _record(context: RequestContext, job: Job) -> Response:
    return json_response(200, run_record(context.provider, job, context.now))


def cancel_run(context: RequestContext) -> Response:
    """Cancel a run as an admin; one that has ended is left as it is."""
    provider = context.provider
    job = provider.job_of(context.account, context.params["run_id"])
    if job.state(context.now).terminal:
        return json_response(200, run_record(provider, job, context.now))
    reason = (context.body or {}).get("reason") or ""
    canceled = next(state for state in provider.contract.lifecycle.states.values() if state.kind == "cancelled")
    provider.intervene(job, Intervention(context.now, canceled, reason=reason))
    return json_response(201, run_record(provider, job, context.now))


def set_run_feedback(context: RequestContext) -> Response:
    """Set or clear a client's feedback on a run."""
    job = context.provider.job_of(context.account, context.params["run_id"])
    extra = extra_of(job)
    is_positive, reason = extra.feedback or (None, None)
    job.extra = extra._replace(
        feedback=(context.body.get("is_positive", is_positive), context.body.get("reason", reason)),
    )
    return json_response(200, run_record(context.provider, job, context.now))


def get_run_callback_history(context: RequestContext) -> Response:
    """The deliveries about a run."""
    provider = context.provider
    job = provider.job_of(context.account, context.params["run_id"])
    if provider.contract.wire["callback_history"] == "envelope":
        return Response(200, _webhook_payload(provider, job, context.now), ((b"content-type", b"application/json"),))
    found = deliveries.history(provider, job.id)
    return json_response(200, [deliveries.delivery_record(provider, delivery, "run_id") for delivery in found])


def _webhook_payload(provider: Provider, job: Job, now: float) -> bytes:
    if job.callback_url is None or not job.state(now).terminal:
        raise ErrorResponse("unknown-thing", values={"noun": "Callback"})
    return webhooks.run_payload(provider, job)


def redeliver_run_callback(context: RequestContext) -> Response:
    """Deliver a run's callback again, with a payload from its state now."""
    provider = context.provider
    job = provider.job_of(context.account, context.params["run_id"])
    return json_response(201, deliveries.delivery_record(provider, redeliver(provider, job), "run_id"))


def redeliver(provider: Provider, job: Job) -> Delivery:
    """Deliver a run's webhook again.

    Raises:
        ErrorResponse: it has not ended, it has no webhook, or another redelivery is in progress.
    """
    event = provider.contract.callbacks.event_on(job.state(provider.clock.now()).name)
    possible = event is not None and job.callback_url is not None
    deliveries.check_redelivery(provider, job.id, "run", possible=possible)
    assert event is not None
    assert job.callback_url is not None
    body = webhooks.run_payload(provider, job)
    return webhooks.deliver(
        provider, job.account, subject=job.id, url=job.callback_url, event=event.word, body=body, automatic=False
    )

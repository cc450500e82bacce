"""Runs: create, read, cancel, and what a client says of them."""

from collections.abc import Awaitable

from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply, exact, json_reply
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow import webhooks
from mockreel.providers.runflow.inputs import stored
from mockreel.providers.runflow.outputs import first_url, has_own_output, output, urls_of
from mockreel.providers.runflow.resources import deliveries
from mockreel.providers.runflow.responses import run_record
from mockreel.providers.runflow.state import PLAIN, Extra, extra_of, shelf_of
from mockreel.simulator.adapter import Answer
from mockreel.simulator.context import Call
from mockreel.simulator.provider import Part
from mockreel.webhooks import Delivery


def create_run(call: Call) -> Answer:
    """Begin a run of the model in the path."""
    body = call.body
    metadata = body.get("metadata")
    job = begin(
        call,
        stored(call, call.fields, at=("input",)),
        callback_url=body.get("callback_url"),
        client_ref=body.get("client_ref"),
        metadata=None if metadata is None else exact(stored(call, metadata, at=("metadata",))),
    )
    if call.part.contract.wire["create_waits"]:
        return _when_ended(call, job)
    return json_reply(201, run_record(call.part, job, call.now))


def begin(
    call: Call,
    request: bytes,
    *,
    callback_url: str | None = None,
    client_ref: str | None = None,
    metadata: bytes | None = None,
    workflow: str | None = None,
) -> Job:
    """Begin the run of a call, if its account can pay for it."""
    extra = Extra(client_ref, metadata, workflow=workflow)
    return call.part.begin(
        call,
        uuid7,
        request=request,
        callback_url=callback_url,
        extra=None if extra == PLAIN else extra,
        tell=bool(shelf_of(call.part, call.account).webhooks),
    )


async def _when_ended(call: Call, job: Job) -> Reply:
    await call.part.wait_for(job)
    return json_reply(201, run_record(call.part, job, call.part.clock.now()))


def run_model(call: Call) -> Awaitable[Reply]:
    """The older endpoint: begin a run, and answer with its result."""
    return _result(call, begin(call, stored(call, call.fields)))


async def _result(call: Call, job: Job) -> Reply:
    if not await call.part.wait_for(job):
        raise Refused("run-too-long")
    now = call.part.clock.now()
    state, failure = job.state(now), job.failure(now)
    if failure is not None:
        raise Refused("run-failed", values={"code": failure.code, "message": failure.message})
    if state.kind == "cancelled":
        raise Refused("run-failed", values={"code": state.word.upper(), "message": state.word})
    made = output(call.part, job)
    if has_own_output(call.part, job):
        return json_reply(200, made)
    kind = job.model.output if job.model else ""
    if kind in call.part.contract.wire["older_lists"]:
        return json_reply(200, {call.part.contract.wire["older_lists"][kind]: [{"url": url} for url in urls_of(made)]})
    return json_reply(200, {kind: {"url": first_url(made)}})


def get_run(call: Call) -> Reply:
    """Read a run."""
    job = call.part.job_of(call.account, call.params["run_id"])
    return json_reply(200, run_record(call.part, job, call.now))


def cancel_run(call: Call) -> Reply:
    """Cancel a run as an admin; one that has ended is left as it is."""
    part = call.part
    job = part.job_of(call.account, call.params["run_id"])
    if job.state(call.now).terminal:
        return json_reply(200, run_record(part, job, call.now))
    reason = (call.body or {}).get("reason") or ""
    canceled = next(state for state in part.contract.lifecycle.states.values() if state.kind == "cancelled")
    part.intervene(job, Intervention(call.now, canceled, reason=reason))
    return json_reply(201, run_record(part, job, call.now))


def set_run_feedback(call: Call) -> Reply:
    """Set or clear what a client says of a run."""
    job = call.part.job_of(call.account, call.params["run_id"])
    extra = extra_of(job)
    is_positive, reason = extra.feedback or (None, None)
    job.extra = extra._replace(
        feedback=(call.body.get("is_positive", is_positive), call.body.get("reason", reason)),
    )
    return json_reply(200, run_record(call.part, job, call.now))


def get_run_callback_history(call: Call) -> Reply:
    """The deliveries that told of a run."""
    part = call.part
    job = part.job_of(call.account, call.params["run_id"])
    if part.contract.wire["callback_history"] == "envelope":
        return Reply(200, _told(part, job, call.now), ((b"content-type", b"application/json"),))
    found = deliveries.history(part, job.id)
    return json_reply(200, [deliveries.delivery_record(part, delivery, "run_id") for delivery in found])


def _told(part: Part, job: Job, now: float) -> bytes:
    if job.callback_url is None or not job.state(now).terminal:
        raise Refused("unknown-thing", values={"noun": "Callback"})
    return webhooks.run_payload(part, job)


def redeliver_run_callback(call: Call) -> Reply:
    """Deliver a run's callback again, with a payload from its state now."""
    part = call.part
    job = part.job_of(call.account, call.params["run_id"])
    return json_reply(201, deliveries.delivery_record(part, redeliver(part, job), "run_id"))


def redeliver(part: Part, job: Job) -> Delivery:
    """Begin to deliver a run's callback again.

    Raises:
        Refused: it is not over, it has nobody to tell, or another redelivery is under way.
    """
    event = part.contract.callbacks.event_on(job.state(part.clock.now()).name)
    possible = event is not None and job.callback_url is not None
    deliveries.check_redelivery(part, job.id, "run", possible=possible)
    assert event is not None
    assert job.callback_url is not None
    body = webhooks.run_payload(part, job)
    return webhooks.deliver(
        part, job.account, subject=job.id, url=job.callback_url, event=event.word, body=body, automatic=False
    )

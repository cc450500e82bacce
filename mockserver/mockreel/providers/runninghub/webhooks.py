"""A webhook's payload, its time, and the records of its delivery."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import exact
from mockreel.engine.jobs.job import Job
from mockreel.providers.runninghub import responses
from mockreel.providers.runninghub.error_bodies import fill, row_words
from mockreel.providers.runninghub.state import state_of
from mockreel.simulator.provider import Provider
from mockreel.webhooks import Delivery

POLICY = "webhook"
# A webhook's record is made two milliseconds after its task, whose id has the milliseconds above 22 low bits.
_AFTER = 2 << 22


def record_id(job: Job) -> str:
    """The id of the webhook event of a task."""
    return str(int(job.id) + _AFTER)


def job_ended(provider: Provider, job: Job) -> None:
    """Send the webhook of a task, once, where it named a URL."""
    event = provider.contract.callbacks.event_on(job.state(provider.clock.now()).name)
    if job.callback_url is None or event is None or provider.deliveries.of(job.id):
        return
    body = exact(orjson.dumps(_event(provider, job, event.word)))
    deliver(provider, job, record_id(job), url=job.callback_url, event=event.word, body=body)


def deliver_again(provider: Provider, job: Job, record: Delivery, *, url: str) -> Delivery:
    """Send a stored event again, to the address that is named now."""
    number = len(provider.deliveries.of(job.id))
    return deliver(
        provider, job, f"{record.id}-{number}", url=url, event=record.event, body=record.body, owner=record.id
    )


def deliver(
    provider: Provider,
    job: Job,
    id: str,  # noqa: A002  (what the delivery calls it)
    *,
    url: str,
    event: str,
    body: bytes,
    owner: str | None = None,
) -> Delivery:
    """Begin to deliver an event, for the first time or (with its first record as `owner`) again."""
    contract = provider.contract
    delivery = Delivery(
        id=id,
        subject=job.id,
        kind=POLICY,
        account=job.account,
        url=url,
        event=event,
        body=body,
        headers=tuple((header.name, header.value) for header in contract.callbacks.headers),
        policy=contract.callbacks.policies[POLICY],
        created=provider.clock.now(),
        automatic=owner is None,
        owner=owner,
    )
    provider.deliveries.schedule(delivery)
    return delivery


def detail(provider: Provider, job: Job) -> dict[str, Any]:
    """The event of a task and how its latest delivery went, as `getWebhookDetail` has it."""
    sent = provider.deliveries.of(job.id)
    last = sent[-1] if sent else None
    return {
        "id": record_id(job),
        "userApiKey": provider.contract.wire["masked_key"],
        "taskId": job.id,
        "webhookUrl": last.url if last else job.callback_url,
        "eventData": _event_data(provider, last.body) if last else None,
        "callbackStatus": provider.contract.wire["callback_words"][_delivery_status(last)],
        "callbackResponse": _response(provider, last) if last and last.attempts else None,
        "retryCount": max(0, len(last.attempts) - 1) if last else 0,
        "createTime": local_time(provider, job.created),
        "updateTime": local_time(provider, last.updated if last else job.created),
    }


def _event(provider: Provider, job: Job, word: str) -> Any:
    shape = _shape(provider, job)
    now = provider.clock.now()
    data: Any = responses.task(provider, job, now) if shape["body"] == "flat" else _wrapped(provider, job, now)
    if shape["as"] == "bare":
        return data
    return {
        "event": word,
        "taskId": job.id,
        "eventData": orjson.dumps(data).decode() if shape["as"] == "string" else data,
    }


def _shape(provider: Provider, job: Job) -> dict[str, str]:
    """How the event of a task is built: in the dialect in which the task was begun."""
    shapes: dict[str, dict[str, str]] = provider.contract.wire["event_data"]
    return shapes[state_of(provider).dialects.of(job.kind).name]


def _wrapped(provider: Provider, job: Job, now: float) -> dict[str, Any]:
    """The old API's response to a request for a task's outputs."""
    dialect = state_of(provider).dialects.dialect_of("envelope")
    try:
        return dialect.says(data=responses.outputs_of(provider, job, now))
    except ErrorResponse as error:
        words = row_words(provider.contract.errors[error.row], dialect)
        return dialect.refuses(words["code"], words["message"], **error.values)


def _event_data(provider: Provider, body: bytes) -> str:
    """The event's data as text, whatever its shape was."""
    event = orjson.loads(body)
    data = event.get("eventData", event)
    return data if isinstance(data, str) else orjson.dumps(data).decode()


def _delivery_status(delivery: Delivery | None) -> str:
    if delivery is None or (delivery.status == "pending" and not delivery.attempts):
        return "pending"
    return "retrying" if delivery.status == "pending" else delivery.status


def _response(provider: Provider, delivery: Delivery) -> str:
    """What the receiver answered, or why there was no answer."""
    outcome = delivery.attempts[-1].outcome
    if outcome.error is None:
        return outcome.response
    return fill(provider.contract.wire["unreachable_text"], {"url": delivery.url, "reason": outcome.detail})


def local_time(provider: Provider, moment: float) -> str:
    """A moment as the provider writes it: its own wall clock, whole seconds, no zone."""
    there = datetime.fromtimestamp(moment, UTC) + timedelta(hours=provider.contract.wire["utc_offset_hours"])
    return there.strftime("%Y-%m-%dT%H:%M:%S")

"""What a webhook carries, when it is sent, and what is said of its delivery."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import exact
from mockreel.engine.jobs.job import Job
from mockreel.providers.runninghub import responses
from mockreel.providers.runninghub.errors import fill, row_words
from mockreel.providers.runninghub.state import state_of
from mockreel.simulator.provider import Part
from mockreel.webhooks import Delivery

POLICY = "webhook"
# A webhook's record is made two milliseconds after its task, whose id has the milliseconds above 22 low bits.
_AFTER = 2 << 22


def record_id(job: Job) -> str:
    """The id of the webhook event of a task."""
    return str(int(job.id) + _AFTER)


def job_ended(part: Part, job: Job) -> None:
    """Tell whoever a task named, once."""
    event = part.contract.callbacks.event_on(job.state(part.clock.now()).name)
    if job.callback_url is None or event is None or part.deliveries.of(job.id):
        return
    body = exact(orjson.dumps(_event(part, job, event.word)))
    deliver(part, job, record_id(job), url=job.callback_url, event=event.word, body=body)


def deliver_again(part: Part, job: Job, record: Delivery, *, url: str) -> Delivery:
    """Send a stored event again, to the address that is named now."""
    number = len(part.deliveries.of(job.id))
    return deliver(part, job, f"{record.id}-{number}", url=url, event=record.event, body=record.body, owner=record.id)


def deliver(part: Part, job: Job, id: str, *, url: str, event: str, body: bytes, owner: str | None = None) -> Delivery:  # noqa: A002
    """Begin to deliver an event, for the first time or (with its first record as `owner`) again."""
    contract = part.contract
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
        created=part.clock.now(),
        automatic=owner is None,
        owner=owner,
    )
    part.deliveries.schedule(delivery)
    return delivery


def detail(part: Part, job: Job) -> dict[str, Any]:
    """The event of a task and how its latest delivery went, as `getWebhookDetail` has it."""
    sent = part.deliveries.of(job.id)
    last = sent[-1] if sent else None
    return {
        "id": record_id(job),
        "userApiKey": part.contract.wire["masked_key"],
        "taskId": job.id,
        "webhookUrl": last.url if last else job.callback_url,
        "eventData": _event_data(part, last.body) if last else None,
        "callbackStatus": part.contract.wire["callback_words"][_standing(last)],
        "callbackResponse": _response(part, last) if last and last.attempts else None,
        "retryCount": max(0, len(last.attempts) - 1) if last else 0,
        "createTime": local_time(part, job.created),
        "updateTime": local_time(part, last.updated if last else job.created),
    }


def _event(part: Part, job: Job, word: str) -> Any:
    shape = _shape(part, job)
    now = part.clock.now()
    data: Any = responses.task(part, job, now) if shape["body"] == "flat" else _wrapped(part, job, now)
    if shape["as"] == "bare":
        return data
    return {
        "event": word,
        "taskId": job.id,
        "eventData": orjson.dumps(data).decode() if shape["as"] == "string" else data,
    }


def _shape(part: Part, job: Job) -> dict[str, str]:
    """How the event of a task is put together: by the dialect in which the task was begun."""
    shapes: dict[str, dict[str, str]] = part.contract.wire["event_data"]
    return shapes[state_of(part).dialects.of(job.kind).name]


def _wrapped(part: Part, job: Job, now: float) -> dict[str, Any]:
    """The reply that the old API gives when it is asked for a task's outputs."""
    dialect = state_of(part).dialects.named("envelope")
    try:
        return dialect.says(data=responses.outputs_of(part, job, now))
    except Refused as refused:
        words = row_words(part.contract.errors[refused.row], dialect)
        return dialect.refuses(words["code"], words["message"], **refused.values)


def _event_data(part: Part, body: bytes) -> str:
    """The event's data as text, whatever its shape was."""
    event = orjson.loads(body)
    data = event.get("eventData", event)
    return data if isinstance(data, str) else orjson.dumps(data).decode()


def _standing(delivery: Delivery | None) -> str:
    if delivery is None or (delivery.status == "pending" and not delivery.attempts):
        return "pending"
    return "retrying" if delivery.status == "pending" else delivery.status


def _response(part: Part, delivery: Delivery) -> str:
    """What the receiver answered, or why there was no answer."""
    outcome = delivery.attempts[-1].outcome
    if outcome.error is None:
        return outcome.response
    return fill(part.contract.wire["unreachable_text"], {"url": delivery.url, "reason": outcome.detail})


def local_time(part: Part, moment: float) -> str:
    """A moment as the provider writes it: its own wall clock, whole seconds, no zone."""
    there = datetime.fromtimestamp(moment, UTC) + timedelta(hours=part.contract.wire["utc_offset_hours"])
    return there.strftime("%Y-%m-%dT%H:%M:%S")

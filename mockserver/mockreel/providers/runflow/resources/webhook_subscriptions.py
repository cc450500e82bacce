"""An organization's webhooks: whom else Runflow tells when a run ends."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from orjson import Fragment

from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply, json_reply
from mockreel.contract.validation import Violation
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow.errors import unknown
from mockreel.providers.runflow.lists.list_page import listed
from mockreel.providers.runflow.resources.deliveries import attempt_id
from mockreel.providers.runflow.state import Webhook, own_shelf, state_of
from mockreel.providers.runflow.timestamps import means, milliseconds, read, written
from mockreel.providers.runflow.webhooks import WEBHOOK
from mockreel.simulator.context import Call
from mockreel.webhooks import Attempt, Delivery

Record = Mapping[str, Any]


def _webhook(call: Call) -> Webhook:
    found = own_shelf(call).webhooks.get(call.params["webhook_id"])
    if found is None:
        raise unknown("Webhook")
    return found


def _record(call: Call, webhook: Webhook) -> Record:
    style = call.part.contract.wire["record_times"]
    return {
        **state_of(call.part).blank("webhook.json"),
        "id": webhook.id,
        "org_id": own_shelf(call).org_id,
        "url": webhook.url,
        "secret_fingerprint": hashlib.sha256(webhook.secret.encode()).hexdigest()[:16] if webhook.secret else None,
        "disabled_at": written(webhook.disabled, style),
        "last_triggered_at": written(webhook.triggered, style),
        "created_at": written(webhook.created, style),
        "updated_at": written(webhook.updated, style),
        "event_subscriptions": [{"webhook_id": webhook.id, "event_type_code": code} for code in webhook.events],
    }


def list_webhooks(call: Call) -> Reply:
    """The organization's webhooks."""
    return listed(
        call,
        "webhook.json",
        list(own_shelf(call).webhooks.values()),
        number=lambda webhook: webhook.number,
        render=lambda webhook: _record(call, webhook),
    )


def create_webhook(call: Call) -> Reply:
    """Make a webhook; runs that are under way are told of as well."""
    part, shelf = call.part, own_shelf(call)
    number = part.count("webhook")
    webhook = Webhook(
        uuid7(call.now, part.draw("webhook", number)),
        number,
        call.body["url"],
        call.body.get("secret"),
        _events(call),
        call.now,
        call.now,
    )
    shelf.webhooks[webhook.id] = webhook
    for job in call.account.jobs:
        if not job.state(call.now).terminal:
            part.watch(job)
    return json_reply(201, _record(call, webhook))


def _events(call: Call) -> tuple[str, ...]:
    """The event types in a body, each of them known."""
    asked = call.body.get("event_subscriptions") or []
    known = _codes(call)
    wrong = tuple(
        Violation(("event_subscriptions", index), "enum", f"{code!r} is not one of {', '.join(known)}", code, known)
        for index, code in enumerate(asked)
        if code not in known
    )
    if wrong:
        raise Refused("invalid-body", violations=wrong)
    return tuple(dict.fromkeys(asked))


def get_webhook(call: Call) -> Reply:
    """One webhook."""
    return json_reply(200, _record(call, _webhook(call)))


def update_webhook(call: Call) -> Reply:
    """Change what the contract lets be changed; an `updated_at` that is not the last one is refused."""
    webhook, body = _webhook(call), call.body
    seen = body.get("updated_at")
    if seen is not None and not means(seen, webhook.updated, call.part.contract.wire["record_times"]):
        raise Refused("conflict")
    changed = {name for name in call.part.contract.wire["webhook_patch"] if name in body}
    if "url" in changed and body["url"] is not None:
        webhook.url = body["url"]
    if "disabled_at" in changed:
        webhook.disabled = _moment(body["disabled_at"])
    if "secret" in changed:
        webhook.secret = body["secret"]
    if "event_subscriptions" in changed:
        webhook.events = _events(call)
    webhook.updated = call.now
    return json_reply(200, _record(call, webhook))


def _moment(text: str | None) -> float | None:
    try:
        return None if text is None else read(text)
    except ValueError as problem:
        wrong = Violation(("disabled_at",), "format", str(problem), text, "date-time")
        raise Refused("invalid-body", violations=(wrong,)) from problem


def delete_webhook(call: Call) -> Reply:
    """Delete a webhook; what is being delivered to it goes on."""
    del own_shelf(call).webhooks[_webhook(call).id]
    return Reply(204, b"")


# Event types -----------------------------------------------------------------------------------------------------


def _codes(call: Call) -> list[str]:
    return [event.word for event in call.part.contract.callbacks.events.values()]


def list_event_types(call: Call) -> Reply:
    """Every event that a webhook can subscribe to."""
    rows = list(enumerate(_codes(call)))
    return listed(
        call,
        "event-type.json",
        rows,
        number=lambda row: row[0],
        render=lambda row: {"code": row[1]},
        newest_first=False,
    )


def get_event_type(call: Call) -> Reply:
    """One event type."""
    if call.params["code"] not in _codes(call):
        raise unknown("Event type")
    return json_reply(200, {"code": call.params["code"]})


# Deliveries ------------------------------------------------------------------------------------------------------


def _deliveries(call: Call) -> list[Delivery]:
    """The deliveries of the webhook that the path names, or of all where it names any, oldest first."""
    any_of_them = call.params["webhook_id"] == call.part.contract.wire["any"]
    owner = None if any_of_them else _webhook(call).id
    found = [
        delivery
        for delivery in call.part.deliveries
        if delivery.kind == WEBHOOK and delivery.account is call.account and owner in (None, delivery.owner)
    ]
    return sorted(found, key=_number)


def _number(delivery: Delivery) -> int:
    """Its place among the others for good: its id grows with time."""
    return int(delivery.id.replace("-", ""), 16)


def _delivery(call: Call) -> Delivery:
    return _one(_deliveries(call), call.params["delivery_id"])


def _one(deliveries: Iterable[Delivery], id: str) -> Delivery:  # noqa: A002  (what the docs call it)
    found = next((delivery for delivery in deliveries if delivery.id == id), None)
    if found is None:
        raise unknown("Delivery")
    return found


def _delivery_record(call: Call, delivery: Delivery) -> Record:
    return {
        **state_of(call.part).blank("webhook-delivery.json"),
        "id": delivery.id,
        "webhook_id": delivery.owner,
        "event_type_code": delivery.event,
        "payload": Fragment(delivery.body),
        "created_at": written(delivery.created, call.part.contract.wire["record_times"]),
        "attempts": [_attempt_record(call, delivery, attempt) for attempt in delivery.attempts],
    }


def _attempt_record(call: Call, delivery: Delivery, attempt: Attempt) -> Record:
    style = call.part.contract.wire["record_times"]
    outcome = attempt.outcome
    last = attempt is delivery.attempts[-1]
    return {
        **state_of(call.part).blank("webhook-attempt.json"),
        "id": attempt_id(call.part, delivery, attempt),
        "delivery_id": delivery.id,
        "attempt_number": attempt.number,
        "status_code": outcome.status,
        "response_body": outcome.response if outcome.error is None else None,
        "response_time_ms": milliseconds(attempt.ended - attempt.at),
        "succeeded": attempt.succeeded,
        "next_retry_at": written(delivery.next_at, style) if last else None,
        "created_at": written(attempt.at, style),
    }


def list_webhook_deliveries(call: Call) -> Reply:
    """What was delivered to a webhook."""
    return listed(
        call,
        "webhook-delivery.json",
        _deliveries(call),
        number=_number,
        render=lambda delivery: _delivery_record(call, delivery),
    )


def get_webhook_delivery(call: Call) -> Reply:
    """One delivery."""
    return json_reply(200, _delivery_record(call, _delivery(call)))


def list_webhook_attempts(call: Call) -> Reply:
    """Every attempt at a delivery, in order."""
    delivery = _delivery(call)
    return listed(
        call,
        "webhook-attempt.json",
        delivery.attempts,
        number=lambda attempt: attempt.number,
        render=lambda attempt: _attempt_record(call, delivery, attempt),
        newest_first=False,
    )


def get_webhook_attempt(call: Call) -> Reply:
    """One attempt."""
    delivery = _delivery(call)
    for attempt in delivery.attempts:
        if attempt_id(call.part, delivery, attempt) == call.params["id"]:
            return json_reply(200, _attempt_record(call, delivery, attempt))
    raise unknown("Attempt")

"""An organization's webhooks, which Runflow also calls when a run ends."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from orjson import Fragment

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response, json_response
from mockreel.contract.validation import Violation
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow.error_bodies import unknown
from mockreel.providers.runflow.lists.list_page import list_response
from mockreel.providers.runflow.resources.deliveries import attempt_id
from mockreel.providers.runflow.state import Webhook, own_shelf, state_of
from mockreel.providers.runflow.timestamps import format_timestamp, means, milliseconds, parse_timestamp
from mockreel.providers.runflow.webhooks import WEBHOOK
from mockreel.simulator.cooperative_work import MANY, Work, chunks, run_work
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext
from mockreel.webhooks import Attempt, Delivery

Record = Mapping[str, Any]


def _webhook(context: RequestContext) -> Webhook:
    found = own_shelf(context).webhooks.get(context.params["webhook_id"])
    if found is None:
        raise unknown("Webhook")
    return found


def _record(context: RequestContext, webhook: Webhook) -> Record:
    style = context.provider.contract.wire["record_times"]
    return {
        **state_of(context.provider).blank("webhook.json"),
        "id": webhook.id,
        "org_id": own_shelf(context).org_id,
        "url": webhook.url,
        "secret_fingerprint": hashlib.sha256(webhook.secret.encode()).hexdigest()[:16] if webhook.secret else None,
        "disabled_at": format_timestamp(webhook.disabled, style),
        "last_triggered_at": format_timestamp(webhook.triggered, style),
        "created_at": format_timestamp(webhook.created, style),
        "updated_at": format_timestamp(webhook.updated, style),
        "event_subscriptions": [{"webhook_id": webhook.id, "event_type_code": code} for code in webhook.events],
    }


def list_webhooks(context: RequestContext) -> Answer:
    return list_response(
        context,
        "webhook.json",
        list(own_shelf(context).webhooks.values()),
        number=lambda webhook: webhook.number,
        render=lambda webhook: _record(context, webhook),
    )


def create_webhook(context: RequestContext) -> Answer:
    """Create a webhook; running runs are reported to it as well."""
    provider, shelf = context.provider, own_shelf(context)
    number = provider.count("webhook")
    webhook = Webhook(
        uuid7(context.now, provider.draw("webhook", number)),
        number,
        context.body["url"],
        context.body.get("secret"),
        _events(context),
        context.now,
        context.now,
    )
    shelf.webhooks[webhook.id] = webhook
    return run_work(context, _watched(context, webhook))


def _watched(context: RequestContext, webhook: Webhook) -> Work:
    """The new webhook, once every run that is under way is watched."""
    for jobs in chunks([*context.account.jobs], size=MANY):
        for job in jobs:
            if not job.state(context.now).terminal:
                context.provider.watch(job)
        if len(jobs) == MANY:
            yield
    return json_response(201, _record(context, webhook))


def _events(context: RequestContext) -> tuple[str, ...]:
    """The event types in a body, each of them known."""
    events = context.body.get("event_subscriptions") or []
    codes = _codes(context)
    wrong = tuple(
        Violation(("event_subscriptions", index), "enum", f"{code!r} is not one of {', '.join(codes)}", code, codes)
        for index, code in enumerate(events)
        if code not in codes
    )
    if wrong:
        raise ErrorResponse("invalid-body", violations=wrong)
    return tuple(dict.fromkeys(events))


def get_webhook(context: RequestContext) -> Response:
    return json_response(200, _record(context, _webhook(context)))


def update_webhook(context: RequestContext) -> Response:
    """Change what the contract allows; an outdated `updated_at` is rejected."""
    webhook, body = _webhook(context), context.body
    seen = body.get("updated_at")
    if seen is not None and not means(seen, webhook.updated, context.provider.contract.wire["record_times"]):
        raise ErrorResponse("conflict")
    changed = {name for name in context.provider.contract.wire["webhook_patch"] if name in body}
    if "url" in changed and body["url"] is not None:
        webhook.url = body["url"]
    if "disabled_at" in changed:
        webhook.disabled = _moment(body["disabled_at"])
    if "secret" in changed:
        webhook.secret = body["secret"]
    if "event_subscriptions" in changed:
        webhook.events = _events(context)
    webhook.updated = context.now
    return json_response(200, _record(context, webhook))


def _moment(text: str | None) -> float | None:
    try:
        return None if text is None else parse_timestamp(text)
    except ValueError as problem:
        wrong = Violation(("disabled_at",), "format", str(problem), text, "date-time")
        raise ErrorResponse("invalid-body", violations=(wrong,)) from problem


def delete_webhook(context: RequestContext) -> Response:
    """Delete a webhook; deliveries to it in progress go on."""
    del own_shelf(context).webhooks[_webhook(context).id]
    return Response(204, b"")


# Event types -----------------------------------------------------------------------------------------------------


def _codes(context: RequestContext) -> list[str]:
    return [event.word for event in context.provider.contract.callbacks.events.values()]


def list_event_types(context: RequestContext) -> Answer:
    """Every event that a webhook can subscribe to."""
    rows = list(enumerate(_codes(context)))
    return list_response(
        context,
        "event-type.json",
        rows,
        number=lambda row: row[0],
        render=lambda row: {"code": row[1]},
        newest_first=False,
    )


def get_event_type(context: RequestContext) -> Response:
    if context.params["code"] not in _codes(context):
        raise unknown("Event type")
    return json_response(200, {"code": context.params["code"]})


# Deliveries ------------------------------------------------------------------------------------------------------


def _deliveries(context: RequestContext) -> list[Delivery]:
    """The deliveries of the webhook that the path names, or of all where it names any, oldest first."""
    any_of_them = context.params["webhook_id"] == context.provider.contract.wire["any"]
    owner = None if any_of_them else _webhook(context).id
    found = [
        delivery
        for delivery in context.provider.deliveries
        if delivery.kind == WEBHOOK and delivery.account is context.account and owner in (None, delivery.owner)
    ]
    return sorted(found, key=_number)


def _number(delivery: Delivery) -> int:
    """Its place among the others for good: its id grows with time."""
    return int(delivery.id.replace("-", ""), 16)


def _delivery(context: RequestContext) -> Delivery:
    return _one(_deliveries(context), context.params["delivery_id"])


def _one(deliveries: Iterable[Delivery], id: str) -> Delivery:  # noqa: A002  (what the docs call it)
    found = next((delivery for delivery in deliveries if delivery.id == id), None)
    if found is None:
        raise unknown("Delivery")
    return found


def _delivery_record(context: RequestContext, delivery: Delivery) -> Record:
    return {
        **state_of(context.provider).blank("webhook-delivery.json"),
        "id": delivery.id,
        "webhook_id": delivery.owner,
        "event_type_code": delivery.event,
        "payload": Fragment(delivery.body),
        "created_at": format_timestamp(delivery.created, context.provider.contract.wire["record_times"]),
        "attempts": [_attempt_record(context, delivery, attempt) for attempt in delivery.attempts],
    }


def _attempt_record(context: RequestContext, delivery: Delivery, attempt: Attempt) -> Record:
    style = context.provider.contract.wire["record_times"]
    outcome = attempt.outcome
    last = attempt is delivery.attempts[-1]
    return {
        **state_of(context.provider).blank("webhook-attempt.json"),
        "id": attempt_id(context.provider, delivery, attempt),
        "delivery_id": delivery.id,
        "attempt_number": attempt.number,
        "status_code": outcome.status,
        "response_body": outcome.response if outcome.error is None else None,
        "response_time_ms": milliseconds(attempt.ended - attempt.at),
        "succeeded": attempt.succeeded,
        "next_retry_at": format_timestamp(delivery.next_at, style) if last else None,
        "created_at": format_timestamp(attempt.at, style),
    }


def list_webhook_deliveries(context: RequestContext) -> Answer:
    return list_response(
        context,
        "webhook-delivery.json",
        _deliveries(context),
        number=_number,
        render=lambda delivery: _delivery_record(context, delivery),
    )


def get_webhook_delivery(context: RequestContext) -> Response:
    return json_response(200, _delivery_record(context, _delivery(context)))


def list_webhook_attempts(context: RequestContext) -> Answer:
    """Every attempt at a delivery, in order."""
    delivery = _delivery(context)
    return list_response(
        context,
        "webhook-attempt.json",
        delivery.attempts,
        number=lambda attempt: attempt.number,
        render=lambda attempt: _attempt_record(context, delivery, attempt),
        newest_first=False,
    )


def get_webhook_attempt(context: RequestContext) -> Response:
    delivery = _delivery(context)
    for attempt in delivery.attempts:
        if attempt_id(context.provider, delivery, attempt) == context.params["id"]:
            return json_response(200, _attempt_record(context, delivery, attempt))
    raise unknown("Attempt")

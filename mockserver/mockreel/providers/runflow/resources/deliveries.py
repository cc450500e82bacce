"""Callback deliveries as records, and delivering again."""

from collections.abc import Mapping
from typing import Any

from orjson import Fragment

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.engine.randomness import uuid4
from mockreel.providers.runflow.timestamps import format_timestamp, milliseconds
from mockreel.providers.runflow.webhooks import CALLBACK
from mockreel.simulator.provider import Provider
from mockreel.webhooks import Attempt, Delivery


def history(provider: Provider, subject: str) -> list[Delivery]:
    """The webhook deliveries about a run or a batch, oldest first."""
    return [delivery for delivery in provider.deliveries.of(subject) if delivery.kind == CALLBACK]


def check_redelivery(provider: Provider, subject: str, noun: str, *, possible: bool) -> None:
    """Check that a webhook can be delivered again.

    Raises:
        ErrorResponse: it has not ended, it has no webhook, or another redelivery is in progress.
    """
    if not possible:
        raise ErrorResponse("redelivery-impossible", values={"noun": noun})
    if any(delivery.status == "pending" and not delivery.automatic for delivery in history(provider, subject)):
        raise ErrorResponse("redelivery-in-flight")


def delivery_record(provider: Provider, delivery: Delivery, subject: str) -> Mapping[str, Any]:
    """One delivery; `subject` is the key of its run or batch."""
    wire = provider.contract.wire
    style = wire["record_times"]
    return {
        "id": delivery.id,
        subject: delivery.subject,
        "callback_url": delivery.url,
        "payload_bytes": delivery.body.decode(),
        "payload": Fragment(delivery.body),
        "signing_secret_id": delivery.secret_id,
        "is_automatic": delivery.automatic,
        "status_code": wire["delivery_status"][delivery.status],
        "failure_reason_code": _reason(provider, delivery),
        "failure_detail": delivery.reason or None,
        "attempt_count": len(delivery.attempts),
        "max_attempts": delivery.policy.attempts,
        "next_attempt_at": format_timestamp(delivery.next_at, style),
        "created_at": format_timestamp(delivery.created, style),
        "updated_at": format_timestamp(delivery.updated, style),
        "completed_at": format_timestamp(delivery.completed, style),
        "attempts": [_attempt_record(provider, delivery, attempt) for attempt in delivery.attempts],
    }


def _reason(provider: Provider, delivery: Delivery) -> str | None:
    if delivery.status != "failed":
        return None
    return str(provider.contract.wire["delivery_reason"][delivery.attempts[-1].outcome.error or "status"])


def _attempt_record(provider: Provider, delivery: Delivery, attempt: Attempt) -> Mapping[str, Any]:
    outcome = attempt.outcome
    return {
        "id": attempt_id(provider, delivery, attempt),
        "delivery_id": delivery.id,
        "attempt_number": attempt.number,
        "status_code": outcome.status,
        "response_body": outcome.response if outcome.error is None else None,
        "response_time_ms": milliseconds(attempt.ended - attempt.at),
        "error_message": outcome.detail or None,
        "created_at": format_timestamp(attempt.at, provider.contract.wire["record_times"]),
    }


def attempt_id(provider: Provider, delivery: Delivery, attempt: Attempt) -> str:
    return uuid4(provider.draw("attempt", delivery.id, attempt.number))

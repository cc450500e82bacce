"""Runflow's webhooks at the end of a run: payload, headers, signature, and receivers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from orjson import Fragment

from mockreel.engine.accounts.account import Account
from mockreel.engine.jobs.job import Job
from mockreel.engine.randomness import uuid4, uuid7
from mockreel.providers.runflow.error_bodies import envelope
from mockreel.providers.runflow.outputs import output
from mockreel.providers.runflow.state import Secret, Webhook, extra_of, shelf_of
from mockreel.providers.runflow.timestamps import format_timestamp, milliseconds
from mockreel.simulator.jobs.job_end import JobEnd
from mockreel.simulator.provider import Provider
from mockreel.webhooks import Delivery, sign

# The names of the policies in the contract.
CALLBACK, WEBHOOK = "callback", "webhook"
# The most webhooks for one run's end in one step.
AT_ONCE = 50


def deliver_run_end(provider: Provider, job: Job) -> None:
    """Deliver a run's end to its own webhook and to the organization's, each once."""
    event = provider.contract.callbacks.event_on(job.state(provider.clock.now()).name)
    if event is None:
        return
    if job.callback_url is not None and (CALLBACK, None) not in _delivered(provider, job):
        deliver(
            provider,
            job.account,
            subject=job.id,
            url=job.callback_url,
            event=event.word,
            body=run_payload(provider, job),
        )
    _deliver_to(provider, job, event.word, _subscribed(shelf_of(provider, job.account).webhooks.values(), event.word))


def _delivered(provider: Provider, job: Job) -> set[tuple[str, str | None]]:
    return {(delivery.kind, delivery.owner) for delivery in provider.deliveries.of(job.id) if delivery.automatic}


def _deliver_to(provider: Provider, job: Job, event: str, webhooks: list[Webhook]) -> None:
    """Deliver to these webhooks, in steps that do not delay requests."""
    delivered, now = _delivered(provider, job) if webhooks else set(), provider.clock.now()
    remaining = [webhook for webhook in webhooks if (WEBHOOK, webhook.id) not in delivered]
    body = run_payload(provider, job) if remaining else b""
    for webhook in remaining[:AT_ONCE]:
        webhook.triggered = now
        deliver(provider, job.account, subject=job.id, url=webhook.url, event=event, body=body, webhook=webhook)
    if len(remaining) > AT_ONCE:
        ended = job.ends or now
        provider.scheduler.at(ended, RestOfEnd(provider, job, ended, event, remaining[AT_ONCE:]))


@dataclass(frozen=True, slots=True, eq=False)
class RestOfEnd(JobEnd):
    """The scheduler's action for the webhooks of a run's end beyond the first step."""

    event: str
    webhooks: list[Webhook]

    def __call__(self) -> None:
        _deliver_to(self.provider, self.job, self.event, self.webhooks)


def _subscribed(webhooks: Iterable[Webhook], event: str) -> list[Webhook]:
    return [
        webhook for webhook in webhooks if webhook.disabled is None and (not webhook.events or event in webhook.events)
    ]


def run_payload(provider: Provider, job: Job) -> bytes:
    """The callback payload of a run that has ended, from its state now."""
    state = job.state(provider.clock.now())
    wire = provider.contract.wire
    event = provider.contract.callbacks.event_on(state.name)
    metadata = extra_of(job).metadata
    ended = job.ends or job.created
    return orjson.dumps(
        {
            "event": event.word if event else None,
            "run_id": job.id,
            "status": wire["callback_status"].get(state.name, state.word),
            "output": _output(provider, job),
            "duration_ms": milliseconds(ended - job.created),
            "created_at": format_timestamp(job.created, wire["callback_times"]),
            "completed_at": format_timestamp(ended, wire["callback_times"]),
            "metadata": Fragment(metadata) if metadata is not None else None,
        }
    )


def _output(provider: Provider, job: Job) -> Mapping[str, Any] | None:
    now = provider.clock.now()
    if job.state(now).kind in ("succeeded", "partial"):
        return output(provider, job)
    failure = job.failure(now)
    if failure is None or provider.contract.wire["failed_output"] == "nothing":
        return None
    return envelope(failure.code, failure.message)


def deliver(
    provider: Provider,
    account: Account,
    *,
    subject: str,
    url: str,
    event: str,
    body: bytes,
    webhook: Webhook | None = None,
    automatic: bool = True,
) -> Delivery:
    """Begin to deliver one payload; bytes and headers are frozen here."""
    now = provider.clock.now()
    number = provider.count("delivery")
    secret = None if webhook else current_secret(shelf_of(provider, account).secrets.values())
    kind = WEBHOOK if webhook else CALLBACK
    delivery = Delivery(
        uuid7(now, provider.draw("delivery", number)),
        subject,
        kind,
        account,
        url,
        event,
        body,
        _headers(provider, number, body, _key(provider, secret, webhook)),
        provider.contract.callbacks.policies[kind],
        now,
        automatic=automatic,
        secret_id=secret.id if secret else None,
        owner=webhook.id if webhook else None,
    )
    if secret is not None:
        secret.last_used = now
    provider.deliveries.schedule(delivery)
    return delivery


def current_secret(secrets: Iterable[Secret]) -> Secret | None:
    return next((secret for secret in secrets if secret.current), None)


def secrets_of(provider: Provider, delivery: Delivery) -> tuple[str, ...]:
    """What a delivery is signed with, then the other secrets of its organization, the newest first."""
    shelf = shelf_of(provider, delivery.account)
    if delivery.kind == WEBHOOK:
        webhook = shelf.webhooks.get(delivery.owner or "")
        key = _key(provider, None, webhook) if webhook else None
        return () if key is None else (key,)
    secrets = sorted(shelf.secrets.values(), key=lambda secret: (not secret.current, -secret.number))
    return tuple(secret.plain for secret in secrets)


def _key(provider: Provider, secret: Secret | None, webhook: Webhook | None) -> str | None:
    """What a delivery is signed with."""
    if webhook is not None:
        return webhook.secret if provider.contract.wire["webhook_signed"] else None
    return secret.plain if secret else None


def _headers(provider: Provider, number: int, body: bytes, key: str | None) -> tuple[tuple[str, str], ...]:
    contract = provider.contract.callbacks
    filled = {"request-id": uuid4(provider.draw("delivery-request", number))}
    headers = [(header.name, filled.get(header.value, header.value)) for header in contract.headers]
    if key is not None and contract.signature is not None:
        headers.append((contract.signature.header, sign(contract.signature, key, body)))
    return tuple(headers)

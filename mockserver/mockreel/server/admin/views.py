"""What the control API shows: scenarios, jobs, deliveries, exchanges, as plain values, and no secret."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from mockreel.contract.messages.body import read_json
from mockreel.engine.artifacts import artifact as artifacts
from mockreel.engine.jobs.job import Job
from mockreel.engine.journal.exchange_content import header_text
from mockreel.engine.journal.journal import AttemptEntry, Entry
from mockreel.simulator.provider import Provider
from mockreel.webhooks import Delivery


def scenarios_row(provider: Provider) -> Mapping[str, Any]:
    """The available scenarios, failure codes and error codes."""
    scenarios = provider.contract.scenarios
    return {
        "default": scenarios.default,
        "jobs": {name: list(scenario.states) for name, scenario in scenarios.jobs.items()},
        "requests": {name: scenario.row for name, scenario in scenarios.requests.items()},
        "failure_codes": {name: failure.code for name, failure in provider.contract.failures.items()},
        "error_codes": {name: row.code for name, row in provider.contract.errors.items()},
    }


def job_row(provider: Provider, job: Job) -> Mapping[str, Any]:
    """A job with every state that it has passed."""
    now = provider.clock.now()
    failure = job.failure(now)
    return {
        "provider": provider.name,
        "id": job.id,
        "account": job.account.name,
        "model": job.model.id if job.model else None,
        "operation": job.kind,
        "created": job.created,
        "ends": job.ends,
        "state": job.state(now).name,
        "passed": [{"state": state.name, "word": state.word, "at": at} for state, at in job.passed(now)],
        "failure": failure.name if failure else None,
        "clip": clip_row(provider, job, now),
    }


def clip_row(provider: Provider, job: Job, now: float) -> Mapping[str, Any] | None:
    """The result of a successful job; `says` reports how it differs from the request."""
    if job.state(now).kind not in ("succeeded", "partial"):
        return None
    artifact = artifacts.of_job(provider, job)
    return {"url": artifact.url, "file": artifact.clip.name, "says": artifact.clip.difference}


def job_detail(provider: Provider, job: Job) -> Mapping[str, Any]:
    """All about a job: its request, its plan, its failure, its webhooks."""
    now = provider.clock.now()
    failure, changed = job.failure(now), job.intervention
    return {
        **job_row(provider, job),
        "input": shown_json(provider, job.request),
        "callback_url": shown_url(provider, job.callback_url),
        "plan": [
            {"state": state.name, "word": state.word, "at": job.created + begin}
            for state, begin in zip(job.plan.states, job.plan.begins, strict=True)
        ],
        "intervention": {"at": changed.at, "state": changed.state.name, "reason": changed.reason} if changed else None,
        "why": {"name": failure.name, "code": failure.code, "message": failure.message} if failure else None,
        "deliveries": [delivery_detail(provider, one) for one in provider.deliveries.of(job.id)],
    }


def delivery_row(provider: Provider, delivery: Delivery) -> Mapping[str, Any]:
    return {
        "provider": provider.name,
        "id": delivery.id,
        "subject": delivery.subject,
        "kind": delivery.kind,
        "event": delivery.event,
        "url": shown_url(provider, delivery.url),
        "automatic": delivery.automatic,
        "status": delivery.status,
        "reason": delivery.reason,
        "created": delivery.created,
        "next_at": delivery.next_at,
        "attempts": [
            {
                "number": attempt.number,
                "at": attempt.at,
                "ended": attempt.ended,
                "status": attempt.outcome.status,
                "error": attempt.outcome.error,
                "detail": shown_text(provider, attempt.outcome.detail),
                "fault": attempt.fault,
            }
            for attempt in delivery.attempts
        ],
    }


def delivery_detail(provider: Provider, delivery: Delivery) -> Mapping[str, Any]:
    return {
        **delivery_row(provider, delivery),
        "account": delivery.account.name,
        "headers": dict(shown_pairs(provider, delivery.headers)),
        "body": shown_json(provider, delivery.body),
    }


def shown_entry(provider: Provider, entry: Entry) -> Entry:
    """An exchange without keys that were unknown when it was redacted: another account's, or a later one."""
    known, content = provider.keyring.known, entry.read()
    shown = shown_line(provider, entry)
    if not known or content.added == known.added:
        return shown
    masked = content._replace(
        query=known.masked_text(content.query),
        body=known.masked(content.body),
        reply=known.masked(content.reply),
        headers=tuple([(name, known.masked(value)) for name, value in content.headers]),
    )
    return replace(shown, content=masked)


def shown_line(provider: Provider, entry: Entry) -> Entry:
    """The same without reading the content."""
    known = provider.keyring.known
    if not known:
        return entry
    violations = tuple([one.for_storage(message=known.masked_text(one.message)) for one in entry.violations])
    return replace(entry, path=known.masked_text(entry.path), violations=violations)


def entry_row(number: int, entry: Entry) -> Mapping[str, Any]:
    """An exchange without its content."""
    return {"number": number, **entry.shown(), "job": entry.job}


def entry_detail(number: int, entry: Entry) -> Mapping[str, Any]:
    """An exchange with its content, as far as it is stored."""
    return {
        **entry_row(number, entry),
        "query": entry.query,
        "headers": _headers(entry.headers),
        "body": _body_value(entry.body),
        "reply_headers": _headers(entry.reply_headers),
        "reply": _body_value(entry.reply),
    }


def attempt_row(provider: Provider, tried: AttemptEntry) -> Mapping[str, Any]:
    """One attempt to deliver a callback, with what was sent."""
    tried = shown_tried(provider, tried)
    return {
        "at": tried.at,
        "ended": tried.ended,
        "provider": tried.provider,
        "account": tried.account,
        "delivery": tried.delivery,
        "subject": tried.subject,
        "kind": tried.kind,
        "event": tried.event,
        "number": tried.number,
        "url": tried.url,
        "headers": dict(tried.headers),
        "body": _body_value(tried.body),
        "status": tried.status,
        "error": tried.error,
        "detail": tried.detail,
        "forged": tried.forged,
        "fault": tried.fault,
    }


def shown_json(provider: Provider, body: bytes) -> Any:
    """A stored body without secrets: JSON if it is JSON, else text."""
    shown = shown_json_bytes(provider, body)
    try:
        return read_json(shown) if shown else None
    except ValueError:
        return shown.decode("utf-8", "replace")


def shown_json_bytes(provider: Provider, body: bytes) -> bytes:
    """A stored body without secrets, as bytes again."""
    redactor, known = provider.capture.redactor, provider.keyring.known
    if not body:
        return b""
    try:
        return redactor.json(body, read_json(body), known)
    except ValueError:
        return redactor.text(body.decode("utf-8", "replace"), known, loose=True).encode()


def shown_url(provider: Provider, url: str | None) -> str | None:
    """The URL of a webhook without credentials."""
    return None if url is None else provider.capture.redactor.address(url, provider.keyring.known)


def shown_tried(provider: Provider, tried: AttemptEntry) -> AttemptEntry:
    """An attempt to deliver without secrets."""
    return tried._replace(
        url=shown_url(provider, tried.url) or "",
        headers=tuple(shown_pairs(provider, tried.headers)),
        body=shown_json_bytes(provider, tried.body),
        detail=shown_text(provider, tried.detail),
    )


def shown_text(provider: Provider, text: str) -> str:
    """A text without secrets."""
    return provider.capture.redactor.text(text, provider.keyring.known)


def shown_pairs(provider: Provider, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers without secrets."""
    return [(name, shown_text(provider, value)) for name, value in pairs]


def _body_value(body: bytes) -> Any:
    """A body that is masked already: JSON where it is JSON, else text."""
    try:
        return read_json(body) if body else None
    except ValueError:
        return body.decode("utf-8", "replace")


def _headers(pairs: tuple[tuple[bytes, bytes], ...]) -> Mapping[str, str]:
    return {name.decode("latin-1"): header_text(value) for name, value in pairs}

"""Take a snapshot: everything that has come to be on a simulator, as one JSON document."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import orjson

from mockreel import __version__
from mockreel.contract import Contract
from mockreel.engine.accounts.account import Account
from mockreel.engine.artifacts.uploads import Upload
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.engine.jobs.lifecycle import Plan
from mockreel.engine.redaction import Fingerprints, json_in
from mockreel.engine.scenarios.rules import Rule
from mockreel.simulator.jobs.job_end import JobEnd, Reckoning
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.snapshots.named_references import references
from mockreel.simulator.snapshots.snapshot_seal import sealed
from mockreel.simulator.snapshots.value_codec import BYTES, Writer, read_bytes, write_bytes
from mockreel.webhooks import Attempt, Delivery
from mockreel.webhooks.dispatcher import AttemptDue

# The form of the document; another one is not read.
FORM = 2

Row = dict[str, Any]
# Fields with words of the contract or the code; these are no secrets even if a client's key is spelled the same.
_OF_THE_CONTRACT = frozenset(
    {"model", "operation", "class", "kind", "what", "provider", "states", "state", "through", "failure", "currency"}
)


def take(simulator: Simulator) -> Row:
    """A server as a document that `restore` takes; the simulator is left as it is."""
    masked: Row = _without_keys(
        document(simulator), [provider.keyring.keys for provider in simulator.providers.values()]
    )
    return sealed(masked)


# How the jobs of a provider are written.
WriteJobs = Callable[[Provider, Writer], Any]


def job_rows(provider: Provider, writer: Writer) -> list[Row]:
    """Every job as a snapshot has it, without secrets."""
    return [_job(provider, job, writer) for job in provider.jobs]


def document(simulator: Simulator, *, jobs: WriteJobs = job_rows, again: bool = True) -> Row:
    """The same as `take` gives, with the keys that programs have written into it, and without the seal.

    Args:
        jobs: writes the jobs of a provider in another way.
        again: attempts that are under way are due again.
    """
    now = simulator.clock.now()
    return {
        "snapshot": FORM,
        "mockreel": __version__,
        "seed": simulator.settings.seed,
        "clock": {"now": now, "held": simulator.clock.held, "speed": simulator.clock.speed},
        "rules": [rule_row(rule) for rule in simulator.rules.all],
        "providers": {name: _part(provider, jobs) for name, provider in simulator.providers.items()},
        "due": [*(_under_way(simulator, now) if again else ()), *_due(simulator)],
    }


def rule_row(rule: Rule) -> Row:
    turns = [[provider, account, turn] for (provider, account), turn in rule.turns.items()]
    return {**rule.row(), "turns": turns}


def _part(provider: Provider, jobs: WriteJobs) -> Row:
    writer = Writer(provider.adapter.keepsakes, references(provider))
    damage, held = provider.deliveries.damaged()
    return {
        "contract": version(provider.contract),
        "readings": other_readings(provider.contract),
        "base_url": provider.base_url,
        "opened": provider.ledger.opened,
        "numbers": dict(provider.numbers),
        "accounts": [_account(account, listed, writer) for account, listed in provider.keyring.used_accounts()],
        "jobs": jobs(provider, writer),
        "deliveries": [_delivery(provider, delivery) for delivery in provider.deliveries],
        "damage": {subject: fault.row() for subject, fault in damage.items()},
        "held": [delivery.id for delivery in held],
        "uploads": [_upload(upload, writer) for upload in provider.uploads],
        "state": writer.write(provider.adapter.stored(provider)),
    }


def version(contract: Contract) -> str:
    """The version of a contract's document."""
    return str(contract.document["info"]["version"])


def other_readings(contract: Contract) -> Mapping[str, str]:
    """The readings that were not left at their defaults."""
    return {name: option for name, option in contract.chosen.items() if option != contract.readings[name].default}


def _account(account: Account, listed: bool, writer: Writer) -> Row:
    running = account.running
    return {
        "number": account.number,
        "name": account.name,
        "listed": listed,
        "balance": _amount(account.balance),
        "running_balance": None
        if running is None
        else {
            "opening": _amount(running.opening),
            "limited": running.limited,
            "added": [[at, str(amount)] for at, amount in running.added],
        },
        "drawn": account.drawn,
        "shelf": writer.write(account.shelf),
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _job(provider: Provider, job: Job, writer: Writer) -> Row:
    return {
        "id": job.id,
        "number": job.number,
        "account": job.account.number,
        "model": job.model.id if job.model else None,
        "operation": job.kind,
        "created": job.created,
        "plan": _plan(job.plan),
        "request": _request(provider, job.request),
        "callback_url": job.callback_url,
        "intervention": intervention_row(job.intervention) if job.intervention else None,
        "extra": writer.write(job.extra),
        "cost": {"amount": _amount(job.cost.amount), "currency": job.cost.currency, "certainty": job.cost.certainty}
        if job.cost
        else None,
    }


def _request(provider: Provider, body: bytes) -> str:
    """A job's request with its secrets redacted; without any, byte for byte."""
    redactor, known = provider.capture.redactor, provider.keyring.known
    if not body:
        return ""
    value = orjson.loads(body)
    masked = redactor.value(value, known)
    return body.decode() if masked == value else orjson.dumps(masked).decode()


def _plan(plan: Plan) -> Row:
    return {
        "states": [state.name for state in plan.states],
        "begins": list(plan.begins),
        "failure": plan.failure.name if plan.failure else None,
        "fields": dict(plan.fields),
    }


def intervention_row(one: Intervention) -> Row:
    return {
        "at": one.at,
        "state": one.state.name,
        "failure": one.failure.name if one.failure else None,
        "reason": one.reason,
        "through": [state.name for state in one.through],
        "fields": None if one.fields is None else dict(one.fields),
    }


def _delivery(provider: Provider, one: Delivery) -> Row:
    return {
        "id": one.id,
        "subject": one.subject,
        "kind": one.kind,
        "account": one.account.number,
        "url": one.url,
        "event": one.event,
        "body": one.body.decode(),
        "headers": [list(pair) for pair in one.headers],
        "created": one.created,
        "automatic": one.automatic,
        "secret_id": one.secret_id,
        "owner": one.owner,
        "status": one.status,
        "reason": one.reason,
        "next_at": one.next_at,
        "completed": one.completed,
        "fault": one.fault.row() if one.fault else None,
        "attempts": [_attempt(provider, attempt) for attempt in one.attempts],
    }


def _attempt(provider: Provider, one: Attempt) -> Row:
    headers = None if one.headers is None else [list(pair) for pair in one.headers]
    outcome = {**asdict(one.outcome), "response": _received(provider, one.outcome.response)}
    return {**asdict(one), "headers": headers, "outcome": outcome}


def _received(provider: Provider, text: str) -> str:
    """What a receiver answered, with its secrets redacted."""
    redactor, known = provider.capture.redactor, provider.keyring.known
    inner = json_in(text)
    if inner is None:
        return redactor.text(text, known)
    masked = redactor.value(inner, known)
    return text if masked == inner else orjson.dumps(masked).decode()


def _upload(one: Upload, writer: Writer) -> Row:
    return {"id": one.id, "mime": one.mime, "size": one.size, "expires": one.expires, "data": writer.write(one.data)}


def _due(simulator: Simulator) -> Iterable[Row]:
    """What waits for its moment, in order; what a connection waits for is left out, as it ends with it."""
    for at, _, action in simulator.scheduler.pending():
        if isinstance(action, JobEnd):
            yield {"at": at, "what": "end", "provider": action.provider.name, "id": action.job.id}
        elif isinstance(action, AttemptDue):
            for provider in simulator.providers.values():
                if provider.deliveries is action.deliveries:
                    yield {"at": at, "what": "attempt", "provider": provider.name, "id": action.delivery.id}
        elif isinstance(action, Reckoning):
            yield {"at": at, "what": "reckoning", "provider": action.provider.name, "id": action.account.number}


def _under_way(simulator: Simulator, now: float) -> Iterable[Row]:
    """Attempts that have begun and not ended: they are repeated."""
    for provider in simulator.providers.values():
        for delivery in provider.deliveries:
            if provider.deliveries.is_under_way(delivery):
                yield {"at": now, "what": "attempt", "provider": provider.name, "id": delivery.id}


def _without_keys(value: Any, known: list[Fingerprints]) -> Any:
    """Every text without the keys that are known, wherever a program has written them; bytes stay base64."""
    if isinstance(value, str):
        for keys in known:
            value = keys.masked_text(value)
        return value
    if isinstance(value, list):
        return [_without_keys(inner, known) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {BYTES} and (data := read_bytes(value[BYTES])) is not None:
        for keys in known:
            data = keys.masked(data)
        return write_bytes(data)
    return {
        _without_keys(name, known): inner if name in _OF_THE_CONTRACT else _without_keys(inner, known)
        for name, inner in value.items()
    }

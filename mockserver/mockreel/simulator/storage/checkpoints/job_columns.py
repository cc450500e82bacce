"""The jobs of a provider in a checkpoint, and what is due: in columns, as there may be a hundred thousand of them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from mockreel.contract.pricing import Cost
from mockreel.engine.accounts.account import Account
from mockreel.engine.jobs.job import Job
from mockreel.engine.jobs.lifecycle import Plan
from mockreel.simulator.provider import Provider
from mockreel.simulator.snapshots.snapshot_reader import JobsRead, intervention
from mockreel.simulator.snapshots.snapshot_writer import intervention_row
from mockreel.simulator.snapshots.value_codec import Writer
from mockreel.simulator.storage.checkpoints.column_codec import (
    Shared,
    floats,
    read_floats,
    read_shared,
    read_whole,
    whole,
)
from mockreel.simulator.storage.logs.log_entry import read, written


def write_jobs(provider: Provider, writer: Writer) -> Any:
    """Every job; what is equal for many is written once."""
    jobs = list(provider.jobs)
    return {
        "ids": [job.id for job in jobs],
        "numbers": whole([job.number for job in jobs]),
        "accounts": whole([job.account.number for job in jobs]),
        "created": floats([job.created for job in jobs]),
        "begins": floats([moment for job in jobs for moment in job.plan.begins]),
        "models": _shared((job.model for job in jobs), lambda model: model.id),
        "states": _shared((job.plan.states for job in jobs), lambda states: [state.name for state in states]),
        "failures": _shared((job.plan.failure for job in jobs), lambda failure: failure.name),
        "fields": _shared((job.plan.fields for job in jobs), dict),
        "kinds": _shared((job.kind for job in jobs), str),
        "costs": _shared((job.cost for job in jobs), _cost),
        "requests": [_text(job.request) for job in jobs],
        "urls": _equal([job.callback_url for job in jobs]),
        "interventions": [
            [place, intervention_row(job.intervention)]
            for place, job in enumerate(jobs)
            if job.intervention is not None
        ],
        "extras": [[place, writer.write(job.extra)] for place, job in enumerate(jobs) if job.extra is not None],
    }


def _shared(values: Iterable[Any], row: Any) -> dict[str, Any]:
    found = Shared()
    for value in values:
        found.add(value, row)
    return found.row()


def _equal(texts: list[str | None]) -> dict[str, Any]:
    """Texts of which many are equal, though each is another object."""
    known = {text: text for text in texts}
    return _shared((known[text] for text in texts), str)


def _cost(cost: Cost) -> list[str | None]:
    return [None if cost.amount is None else str(cost.amount), cost.currency, cost.certainty]


def _text(data: bytes) -> Any:
    found = written(data)
    return found.get("text", found)


def read_jobs(provider: Provider, stored: Any, accounts: Mapping[int, Account]) -> JobsRead:
    """The jobs that were written, and what the provider's package keeps for some of them."""
    contract = provider.contract
    states = read_shared(stored["states"], lambda names: tuple([contract.lifecycle.states[name] for name in names]))
    begins = iter(read_floats(stored["begins"]).tolist())
    changed = {place: intervention(provider, row) for place, row in stored["interventions"]}
    columns = zip(
        stored["ids"],
        read_whole(stored["numbers"]),
        read_whole(stored["accounts"]),
        read_shared(stored["models"], contract.models.__getitem__),
        read_floats(stored["created"]),
        states,
        read_shared(stored["failures"], contract.failures.__getitem__),
        read_shared(stored["fields"], dict),
        stored["requests"],
        read_shared(stored["kinds"], str),
        read_shared(stored["urls"], str),
        read_shared(stored["costs"], _read_cost),
        strict=True,
    )
    jobs: dict[str, Job] = {}
    for place, row in enumerate(columns):
        id_, number, account, model, created, passed, failure, fields, request, kind, url, cost = row
        plan = Plan(passed, tuple([next(begins) for _ in passed]), failure, fields)
        body = request.encode() if type(request) is str else read(request)
        by = changed.get(place)
        jobs[id_] = Job(id_, number, accounts[account], model, created, plan, body, kind, url, by, None, cost)
    every = list(jobs.values())
    return jobs, [(every[place], extra) for place, extra in stored["extras"]]


def _read_cost(row: list[str]) -> Cost:
    amount, currency, certainty = row
    return Cost(None if amount is None else Decimal(amount), currency, certainty)  # type: ignore[arg-type]


def write_due(rows: list[dict[str, Any]]) -> Any:
    """What must happen at a moment, in order."""
    return {
        "at": floats([row["at"] for row in rows]),
        "what": _equal([row["what"] for row in rows]),
        "provider": _equal([row["provider"] for row in rows]),
        "id": [row["id"] for row in rows],
    }


def read_due_rows(stored: Any) -> list[dict[str, Any]]:
    """The rows that were written."""
    columns = zip(
        read_floats(stored["at"]),
        read_shared(stored["what"], str),
        read_shared(stored["provider"], str),
        stored["id"],
        strict=True,
    )
    return [{"at": at, "what": what, "provider": provider, "id": id_} for at, what, provider, id_ in columns]

"""What a provider's own values name, and where it is found again."""

from collections.abc import Callable, Mapping
from typing import Any

from mockreel.contract import Model
from mockreel.engine.accounts.account import Account
from mockreel.engine.jobs.job import Job
from mockreel.simulator.provider import Provider
from mockreel.simulator.snapshots.value_codec import Reference


def references(
    provider: Provider, *, jobs: Mapping[str, Job] | None = None, accounts: Mapping[int, Account] | None = None
) -> tuple[Reference, ...]:
    """Jobs by id, accounts by number, models by id; the first two are looked up among those that are given."""
    return (
        Reference(Job, "job", lambda job: str(job.id), _in(jobs)),
        Reference(Account, "account", lambda account: int(account.number), _in(accounts)),
        Reference(Model, "model", lambda model: str(model.id), _in(provider.contract.models)),
    )


def _in(known: Mapping[Any, Any] | None) -> Callable[[Any], Any]:
    return (known or {}).__getitem__

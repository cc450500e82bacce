"""What the scheduler does that changes a simulator: named in a log, and recognised again."""

from collections.abc import Mapping
from typing import Any

from mockreel.engine.scheduler import Action
from mockreel.simulator.jobs.job_end import JobEnd, Reckoning
from mockreel.simulator.provider import Provider
from mockreel.webhooks.dispatcher import AttemptDue

RECORDED = (JobEnd, Reckoning, AttemptDue)


def is_recorded(action: Action) -> bool:
    """Whether an action changes the simulator; others only wake who waits."""
    return isinstance(action, RECORDED)


def named(action: Action, providers: Mapping[str, Provider]) -> dict[str, Any]:
    if isinstance(action, JobEnd):
        return {"what": "end", "provider": action.provider.name, "id": action.job.id}
    if isinstance(action, Reckoning):
        return {"what": "reckoning", "provider": action.provider.name, "id": action.account.number}
    assert isinstance(action, AttemptDue)
    name = next(name for name, provider in providers.items() if provider.deliveries is action.deliveries)
    return {"what": "attempt", "provider": name, "id": action.delivery.id}

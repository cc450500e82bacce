"""The next change of every open job."""

from support.caller import START, MakeSimulator

from mockreel.contract import State
from mockreel.engine.accounts.account import Account
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.engine.jobs.lifecycle import Plan
from mockreel.simulator.events.due_changes import Upcoming


def _states(make_encore: MakeSimulator) -> dict[str, State]:
    return dict(make_encore().provider("encore").contract.lifecycle.states)


def _job(*states: State, begins: tuple[float, ...], created: float = START) -> Job:
    plan = Plan(states, begins, None, {})
    return Job("j", 1, Account(1, "one"), None, created, plan, b"", "create")


def _names(upcoming: Upcoming, now: float) -> list[tuple[float, str]]:
    return [(at - START, state.name) for at, _, _, state in upcoming.until(now)]


def test_a_change_is_reported_once_when_it_is_due(make_encore: MakeSimulator) -> None:
    """In the order of time, and several that were due at one look."""
    waiting, done = list(_states(make_encore).values())[:2]
    upcoming = Upcoming()
    upcoming.add("encore", _job(waiting, done, begins=(0, 5)))
    upcoming.add("encore", _job(waiting, done, begins=(0, 3), created=START + 1))

    assert _names(upcoming, START) == [(0, waiting.name)]
    assert _names(upcoming, START + 4.5) == [(1, waiting.name), (4, done.name)]
    assert _names(upcoming, START + 4.5) == []
    assert _names(upcoming, START + 9) == [(5, done.name)]
    assert len(upcoming) == 0
    assert upcoming.next_at is None


def test_a_change_that_an_intervention_prevents_is_not_reported(make_encore: MakeSimulator) -> None:
    """The intervention's change is reported instead, with the passed states."""
    first, second, third = list(_states(make_encore).values())[:3]
    job = _job(first, second, begins=(0, 5))
    upcoming = Upcoming()
    upcoming.add("encore", job)
    list(upcoming.until(START + 1))
    job.intervention = Intervention(START + 2, third, through=(second,))
    upcoming.changed("encore", job, since=START + 1)

    assert _names(upcoming, START + 100) == [(2, second.name), (2, third.name)]


def test_a_job_that_never_ends_can_still_be_changed(make_encore: MakeSimulator) -> None:
    """Though nothing was expected of it any more."""
    first, second = list(_states(make_encore).values())[:2]
    job = _job(first, begins=(0,))
    upcoming = Upcoming()
    upcoming.add("encore", job)
    list(upcoming.until(START))
    assert upcoming.next_at is None

    job.intervention = Intervention(START + 50, second)
    upcoming.changed("encore", job, since=START + 40)

    assert _names(upcoming, START + 60) == [(50, second.name)]

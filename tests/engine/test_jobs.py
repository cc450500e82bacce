"""Jobs and the store that keeps them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.caller import FOURTH

from mockreel.contract import load_contract
from mockreel.engine.accounts.account import Account
from mockreel.engine.jobs.job import Intervention, Job, MemoryJobs
from mockreel.engine.jobs.lifecycle import PlanTemplates

CONTRACT = load_contract("encore", root=FOURTH)
COURSES = PlanTemplates(CONTRACT)
STATES = CONTRACT.lifecycle.states
CREATED = 1000.0
blocks = st.binary(min_size=64, max_size=64)
names = st.sampled_from(sorted(CONTRACT.scenarios.jobs))


def job(name: str = "succeed", block: bytes = bytes(64), *, id: str = "j", account: Account | None = None) -> Job:  # noqa: A002
    plan = COURSES.template(name).plan(block)
    return Job(id, 1, account or Account(1, "one"), None, CREATED, plan, b"{}", "create_job")


@given(names, blocks, st.floats(0, 1), st.lists(st.floats(0, 200), min_size=2).map(sorted), st.booleans())
def test_a_job_moves_along_its_plan_and_a_final_state_is_final(
    name: str, block: bytes, when: float, ages: list[float], cancelled: bool
) -> None:
    """Whenever it is looked at, and wherever it was cancelled before its end."""
    one = job(name, block)
    if cancelled:
        one.intervention = Intervention(CREATED + when * (one.plan.end or 20.0), STATES["dropped"])
    seen = [one.state(CREATED + age) for age in ages]

    for before, after in pairwise(seen):
        assert not before.terminal or after is before
    for age, state in zip(ages, seen, strict=True):
        ended = one.ends is not None and CREATED + age >= one.ends
        assert state.terminal == ended
        assert one.passed(CREATED + age)[-1][0] is state


@given(names, blocks, st.floats(0, 100))
def test_passed_states_are_listed_in_order(name: str, block: bytes, age: float) -> None:
    """Each state with the moment at which it began, none of the future, the first at its creation."""
    one = job(name, block)
    steps = one.passed(CREATED + age)

    assert steps[0] == (STATES["waiting"], CREATED)
    assert [moment for _, moment in steps] == sorted(moment for _, moment in steps)
    assert steps[-1][1] <= CREATED + age
    for moment in (moment for _, moment in steps[1:2]):
        assert one.began(CREATED + age) == moment


def test_it_has_failed_only_once_it_has_failed() -> None:
    """The failure is not known before."""
    one = job("fail")
    end = one.ends
    assert end is not None

    assert one.failure(end - 0.01) is None
    assert one.failure(end) is CONTRACT.failures["default"]
    assert job("succeed").failure(1e9) is None


def test_an_intervention_brings_its_own_failure() -> None:
    """From its moment on, and not before."""
    one = job("succeed")
    one.intervention = Intervention(CREATED + 0.5, STATES["broken"], failure=CONTRACT.failures["stage-fright"])

    assert one.state(CREATED + 0.4) is STATES["waiting"]
    assert one.failure(CREATED + 0.5) is CONTRACT.failures["stage-fright"]
    assert one.ends == CREATED + 0.5
    assert one.passed(CREATED + 9) == ((STATES["waiting"], CREATED), (STATES["broken"], CREATED + 0.5))


def test_a_job_that_was_stopped_before_it_began_began_when_it_was_stopped() -> None:
    """It left its first state then."""
    one = job()
    one.intervention = Intervention(CREATED + 0.5, STATES["dropped"])

    assert one.began(CREATED + 0.4) is None
    assert one.began(CREATED + 5) == CREATED + 0.5


def test_a_job_that_never_ends_has_no_end_until_an_intervention() -> None:
    """`stuck` is what cancelling is tried on."""
    one = job("stuck")
    assert one.ends is None
    assert not one.state(1e12).terminal

    one.intervention = Intervention(CREATED + 5000, STATES["dropped"])

    assert one.ends == CREATED + 5000


def test_jobs_are_found_by_id_and_listed_oldest_first() -> None:
    """In the store, and on their account."""
    store = MemoryJobs()
    account = Account(1, "one")
    jobs = [job(id=name, account=account) for name in "abc"]
    for one in jobs:
        store.add(one)

    assert list(store) == account.jobs == jobs
    assert store.get("b") is jobs[1]
    assert store.get("z") is None
    assert len(store) == 3


@pytest.mark.parametrize("limit", [1, 2])
def test_beyond_the_limit_the_oldest_job_is_forgotten(limit: int) -> None:
    """By the store and by its account."""
    store = MemoryJobs(limit=limit)
    one, other = Account(1, "one"), Account(2, "other")
    for name, account in (("a", one), ("b", other), ("c", one)):
        store.add(job(id=name, account=account))

    assert [found.id for found in store] == ["a", "b", "c"][-limit:]
    assert [found.id for account in (one, other) for found in account.jobs] == {1: ["c"], 2: ["c", "b"]}[limit]
    assert store.get("a") is None


def test_beyond_so_many_bytes_of_requests_the_oldest_jobs_are_forgotten() -> None:
    """However few they are; the newest is always cached."""
    forgotten: list[str] = []
    store = MemoryJobs(most_bytes=5, forgetting=lambda one: forgotten.append(one.id))
    for name in "abc":
        store.add(job(id=name))
    assert ([one.id for one in store], forgotten) == (["b", "c"], ["a"])

    large = job(id="d")
    large.request = bytes(100)
    store.add(large)
    assert [one.id for one in store] == ["d"]

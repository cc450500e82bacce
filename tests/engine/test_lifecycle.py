"""A job in time: plans, courses, and the state that follows from both and the clock."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.caller import FOURTH

from mockreel.contract import load_contract
from mockreel.engine.jobs.lifecycle import PlanTemplates
from mockreel.errors import DataError, OptionError

CONTRACT = load_contract("encore", root=FOURTH)
COURSES = PlanTemplates(CONTRACT)
blocks = st.binary(min_size=64, max_size=64)
names = st.sampled_from(sorted(CONTRACT.scenarios.jobs))


@given(names, blocks)
def test_a_plan_starts_at_once_and_never_goes_back(name: str, block: bytes) -> None:
    """Each state starts no earlier than the one before it, within the span of its pace."""
    template = COURSES.template(name)
    plan = template.plan(block)

    assert plan.begins[0] == 0.0
    assert len(plan.states) == len(plan.begins)
    for (before, after), (low, high) in zip(pairwise(plan.begins), template.spans, strict=True):
        assert low - 1e-9 <= after - before <= high + 1e-9


@given(names, blocks, st.lists(st.floats(-10, 100), min_size=2).map(sorted))
def test_the_state_moves_forward_with_the_time(name: str, block: bytes, moments: list[float]) -> None:
    """A later look never shows an earlier state, and after the end it shows the last."""
    plan = COURSES.template(name).plan(block)
    places = [plan.at(1000.0 + moment, created=1000.0) for moment in moments]

    assert places == sorted(places)
    assert plan.at(1e9, created=1000.0) == len(plan.states) - 1
    for moment, place in zip(moments, places, strict=True):
        assert place == 0 or 1000.0 + plan.begins[place] <= 1000.0 + moment


@given(names, blocks, st.floats(0, 4e9))
def test_a_state_applies_at_the_moment_it_starts(name: str, block: bytes, created: float) -> None:
    """No rounding separates a due action from the state at its moment."""
    plan = COURSES.template(name).plan(block)

    for place, begin in enumerate(plan.begins):
        assert plan.at(created + begin, created=created) >= place


@given(names, blocks)
def test_a_plan_ends_where_its_last_state_is_final(name: str, block: bytes) -> None:
    """A job that is stuck has no end."""
    plan = COURSES.template(name).plan(block)

    assert (plan.end is None) == (name == "stuck")
    assert plan.end in (None, plan.begins[-1])


def test_a_slow_job_lasts_so_many_times_longer() -> None:
    """The stretch of a scenario multiplies every span."""
    normal, slow = COURSES.template("succeed"), COURSES.template("slow")

    assert slow.spans == tuple((low * 10, high * 10) for low, high in normal.spans)


def test_the_pace_is_chosen_by_name() -> None:
    """Another pace, other spans; the states are the same."""
    documented = PlanTemplates(CONTRACT, pace="documented").template("succeed")

    assert documented.spans == ((10.0, 10.0), (50.0, 50.0))
    assert documented.states == COURSES.template("succeed").states


@pytest.mark.parametrize(
    ("code", "name"), [(None, "default"), ("stage-fright", "stage-fright"), ("default", "default")]
)
def test_a_failing_plan_has_its_failure(code: str | None, name: str) -> None:
    """By key or by the provider's own code; the default where none is named."""
    failure = COURSES.template("fail", code=code).failure

    assert failure is not None
    assert failure.name == name


def test_a_failure_is_found_by_its_wire_code() -> None:
    """Which is what a user has read in the docs."""
    assert COURSES.failure("forgot-the-words").name == "default"


def test_a_course_is_made_once() -> None:
    """A million jobs share it."""
    assert COURSES.template("succeed") is COURSES.template("succeed")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: COURSES.template("sleep"), r"job scenario for encore: 'sleep' is not valid\. Valid: .*succeed.*stuck"),
        (
            lambda: COURSES.template("fail", code="X"),
            r"failure code for encore: 'X' is not valid\. Valid: .*stage-fright",
        ),
        (lambda: COURSES.template("succeed", code="X"), r"Only a scenario in which the job fails takes a code"),
        (
            lambda: PlanTemplates(CONTRACT, pace="lento"),
            r"pace for encore: 'lento' is not valid\. Valid: quick, documented",
        ),
    ],
)
def test_an_unknown_name_is_rejected_with_the_known_ones(ask: Any, message: str) -> None:
    """Scenarios, codes and paces alike."""
    with pytest.raises(OptionError, match=message):
        ask()


def test_a_scenario_through_a_state_that_does_not_exist_is_a_mistake_in_the_data() -> None:
    """The message names the file, the scenario and the states that there are."""
    jobs = {**CONTRACT.scenarios.jobs, "odd": replace(CONTRACT.scenarios.jobs["succeed"], states=("waiting", "gone"))}
    contract = replace(CONTRACT, scenarios=replace(CONTRACT.scenarios, jobs=jobs))

    with pytest.raises(DataError, match=r"scenarios\.yaml /jobs/succeed: the state 'gone' does not exist.*waiting"):
        PlanTemplates(contract).template("odd")

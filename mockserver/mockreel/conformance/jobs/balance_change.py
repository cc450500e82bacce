"""What a job takes from the balance of an account that nothing else in the run uses."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from mockreel.conformance.jobs.job_traces import Start, Story
from mockreel.conformance.jobs.task_queue import Task
from mockreel.contract import Model, Operation
from mockreel.contract.exchanges.exchange import Ask, first
from mockreel.simulator.in_process.mock_target import NotApplicable

if TYPE_CHECKING:
    from mockreel.conformance.check_context import Scene


@dataclass
class Spent:
    """One job with the balance before and after it; `trouble` says why there is none."""

    story: Story
    asked: Ask
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    whole: bool = False
    trouble: str = ""


def spend(scene: "Scene", found: list[Spent]) -> Task:
    """Begin a job, then one that fails where the target plays it, and look at the balance before and after."""
    row = scene.contract.conversation.account
    assert row is not None
    ask = replace(scene.requests.good(scene.contract.operation(row.operation)), who="other")
    for start in _starts(scene):
        before = _balance(scene, ask, row.at)
        story = scene.telling.begin(start.talk, start.submit, start.model, scenario=start.scenario, who="other")
        spent = Spent(story, ask, before)
        found.append(spent)
        age = 0.0
        while not story.ended and age <= scene.waits.patience:
            yield scene.waits.step(age)
            scene.telling.look(story)
            age = scene.target.now() - story.began
        yield 0.5
        spent.after, spent.whole = _balance(scene, ask, row.at), story.ended


def _balance(scene: "Scene", ask: Ask, place: str) -> Decimal:
    told = scene.send(ask)
    value = first(told.json, place)
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise NotApplicable(f"the account shows no balance at {place}: {told.shown()[:120]}") from None


def _starts(scene: "Scene") -> Iterator[Start]:
    """A job of the cheapest model with an exact price, else of any model, and one that fails."""
    found = next(((talk, submit) for talk, submit in scene.submits() if scene.casting.leads(submit)), None)
    if found is None:
        return
    talk, submit = found
    model = _cheapest(scene, submit)
    yield Start(talk, submit, model)
    fails = next((name for name, row in scene.contract.scenarios.jobs.items() if row.failure is not None), None)
    if scene.plays and fails:
        yield Start(talk, submit, model, fails)


def _cheapest(scene: "Scene", submit: Operation) -> Model | None:
    models = scene.contract.names_at.get(submit.id, {}).values()
    exact = [one for one in models if one.price.certainty == "exact" and one.price.amount is not None]
    exact = [one for one in exact if one.price.unit not in _counted(scene)]
    return min(exact, key=lambda one: (one.price.amount, one.id), default=scene.casting.leads(submit)[0])


def _counted(scene: "Scene") -> set[str]:
    rows = scene.contract.root.get("media", {})
    return {*rows.get("counts", {}), *rows.get("lengths", {}), "second"}

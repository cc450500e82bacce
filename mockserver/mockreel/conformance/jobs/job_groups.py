"""Groups of jobs that checks look at together: which jobs each group begins, all of them side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockreel.conformance.jobs.job_traces import Start
from mockreel.conformance.jobs.wait_times import attempts_after
from mockreel.simulator.in_process.memory_receiver import Behaviour

if TYPE_CHECKING:
    from mockreel.conformance.check_context import Scene
    from mockreel.contract import Operation
    from mockreel.contract.conversation.conversation import JobTalk

PLAIN, BURST, CANCELLED, FAILURES, CHARGED = "plain", "burst", "cancelled", "failures", "charged"
# So many looks at once show whether looking moves a job.
BURST_LOOKS = 20
# What the attempts at a callback are answered with, by the name of the group.
ANSWERS: dict[str, tuple[Behaviour, ...]] = {
    "500": (500,),
    "503": (503,),
    "429": (429,),
    "404": (404,),
    "410": (410,),
    "302": (302,),
    "204": (204,),
    "timeout": ("timeout",),
    "refused": ("refused",),
    "broken": ("broken",),
    "slow": ("slow",),
    "500-200": (500, 200),
}


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a group takes: jobs, callbacks, seconds until all is over by the docs, and the least that it can take."""

    jobs: int
    callbacks: int
    seconds: float
    least: float


def starts(scene: "Scene", group: str) -> Iterator[Start]:
    """The jobs of a group, always the same."""
    if group == PLAIN:
        yield from _plain(scene)
    elif group == BURST:
        yield from _one_each(scene, burst=BURST_LOOKS)
    elif group == CANCELLED:
        yield from _cancelled(scene)
    elif group == FAILURES:
        yield from _failures(scene)
    else:
        yield from _answered(scene, ANSWERS[group])


def forecast(scene: "Scene", group: str) -> Forecast:
    """What a group takes at this target."""
    if group == CHARGED:
        jobs = 2 if scene.plays else 1
        return Forecast(jobs, 0, jobs * (scene.waits.documented + 1), 0.0)
    every, seconds, least, callbacks = list(starts(scene, group)), 0.0, 0.0, 0
    for start in every:
        lasts = scene.waits.documented
        if start.behaviours and start.talk.told:
            policy = scene.contract.callbacks.policies[start.talk.told.policy]
            takes = scene.waits.delivery(policy, start.behaviours)
            takes += scene.waits.after(policy, attempts_after(policy, start.behaviours))
            callbacks += 1
            least, lasts = max(least, takes), lasts + takes
        seconds = max(seconds, lasts)
    return Forecast(len(every), callbacks, seconds, least)


def _begun(scene: "Scene") -> "Iterator[tuple[JobTalk, Operation]]":
    """The submits that take one of the models of the run, or none."""
    return ((talk, submit) for talk, submit in scene.submits() if scene.casting.leads(submit))


def _plain(scene: "Scene") -> Iterator[Start]:
    """One job for each submit and model, and one for each other course where the target plays one."""
    seen = set()
    for talk, submit in _begun(scene):
        answered = (200,) if scene.calls_back(talk, submit) else None
        for model in scene.casting.leads(submit):
            yield Start(talk, submit, model, behaviours=answered)
        if scene.own or talk.name not in seen:
            for scenario in scene.courses():
                yield Start(talk, submit, scene.casting.leads(submit)[0], scenario, answered)
        seen.add(talk.name)


def _one_each(scene: "Scene", *, burst: int) -> Iterator[Start]:
    """One job of each sort."""
    seen = set()
    for talk, submit in _begun(scene):
        if talk.name not in seen:
            seen.add(talk.name)
            yield Start(talk, submit, scene.casting.leads(submit)[0], burst=burst)


def _cancelled(scene: "Scene") -> Iterator[Start]:
    """One job of each sort from whose submit a link leads to the operation that cancels."""
    seen = set()
    for talk, submit in _begun(scene):
        if talk.name not in seen and scene.can_cancel(submit):
            seen.add(talk.name)
            answered = (200,) if scene.calls_back(talk, submit) else None
            yield Start(talk, submit, scene.casting.leads(submit)[0], behaviours=answered, cancels=True)


def _failures(scene: "Scene") -> Iterator[Start]:
    """One job for each way to fail, where the target plays it."""
    scenario = next((name for name, row in scene.contract.scenarios.jobs.items() if row.failure is not None), None)
    for talk, submit in list(_begun(scene))[: 1 if scene.plays and scenario else 0]:
        for name in scene.contract.failures:
            yield Start(talk, submit, scene.casting.leads(submit)[0], f"{scenario}; code={name}")


def _answered(scene: "Scene", behaviours: tuple[Behaviour, ...]) -> Iterator[Start]:
    """One job for each submit that takes a callback; on another's server one of each sort if it is to be quick."""
    seen = set()
    for talk, submit in _begun(scene):
        if scene.calls_back(talk, submit) and (scene.own or not scene.wanted.quick or talk.name not in seen):
            seen.add(talk.name)
            yield Start(talk, submit, scene.casting.leads(submit)[0], behaviours=behaviours)

"""Groups of jobs that checks look at together: which jobs each group begins, all of them side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockreel.conformance.jobs.job_counters import released_starts
from mockreel.conformance.jobs.job_shapes import SORTS, has_optional, optional_fields, other_shape
from mockreel.conformance.jobs.job_traces import Start
from mockreel.conformance.jobs.wait_times import attempts_after
from mockreel.simulator.in_process.memory_receiver import Behaviour

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext
    from mockreel.contract import Model, Operation
    from mockreel.contract.conversation.conversation import JobTalk

PLAIN, BURST, CANCELLED, FAILURES, CHARGED = "plain", "burst", "cancelled", "failures", "charged"
SHAPED, COUNTED, BATCH, SUBSCRIBED = "shaped", "counted", "batch", "subscribed"
OPTIONAL = "optional"  # no group: those of PLAIN that a server may well refuse
# Groups without a record for each job: they have their own traces.
APART = (CHARGED, COUNTED, BATCH, SUBSCRIBED)
# So many looks at once show whether looking moves a job.
BURST_LOOKS = 20
# So many of the cheapest models are looked at for one whose clips can have another length.
MOST_FILMS = 30
# So many of those that have a sort of optional field for one that is valid with it.
MOST_OPTIONAL = 3
# What the attempts at a callback are answered with, by the name of the group.
ANSWERS: dict[str, tuple[Behaviour, ...]] = {
    "500": (500,),
    "502": (502,),
    "503": (503,),
    "504": (504,),
    "400": (400,),
    "408": (408,),
    "429": (429,),
    "404": (404,),
    "410": (410,),
    "302": (302,),
    "201": (201,),
    "202": (202,),
    "204": (204,),
    "timeout": ("timeout",),
    "refused": ("refused",),
    "broken": ("broken",),
    "slow": ("slow",),
    "500-200": (500, 200),
    "302-200": (302, 200),
    "307-200": (307, 200),
}


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a group takes: jobs, callbacks, seconds until all is over by the docs, and the least that it can take."""

    jobs: int
    callbacks: int
    seconds: float
    least: float


def starts(context: "CheckContext", group: str) -> Iterator[Start]:
    """The jobs of a group, always the same."""
    if group == PLAIN:
        yield from _plain(context)
    elif group == BURST:
        yield from _one_each(context, burst=BURST_LOOKS)
    elif group == CANCELLED:
        yield from _cancellations(context)
    elif group == FAILURES:
        yield from _failures(context)
    elif group == SHAPED:
        yield from _shaped(context)
    else:
        yield from _webhook_jobs(context, ANSWERS[group])


def forecast(context: "CheckContext", group: str) -> Forecast:
    """What a group takes at this target."""
    if group == CHARGED:
        jobs = (3 if context.plays else 2) + len([*released_starts(context)])
        jobs += context.contract.conversation.batch is not None
        return Forecast(jobs, 0, jobs * (context.waits.documented + 1), 0.0)
    if group in APART:
        return Forecast(1, int(group in (BATCH, SUBSCRIBED)), context.waits.documented + 2, 0.0)
    every, seconds, least, callbacks = list(starts(context, group)), 0.0, 0.0, 0
    for start in every:
        lasts = context.waits.documented
        if start.behaviours and start.talk.webhook:
            policy = context.contract.callbacks.policies[start.talk.webhook.policy]
            takes = context.waits.delivery(policy, start.behaviours)
            takes += context.waits.after(policy, attempts_after(policy, start.behaviours))
            callbacks += 1
            least, lasts = max(least, takes), lasts + takes
        seconds = max(seconds, lasts)
    return Forecast(len(every), callbacks, seconds, least)


def _submits(context: "CheckContext") -> "Iterator[tuple[JobTalk, Operation]]":
    """The submits that take one of the models of the run, or none."""
    return ((talk, submit) for talk, submit in context.submits() if context.model_selection.leads(submit))


def _plain(context: "CheckContext") -> Iterator[Start]:
    """One job for each submit and model, and one for each other scenario that the target supports."""
    seen = set()
    for talk, submit in _submits(context):
        answered = (200,) if context.calls_back(talk, submit) else None
        for model in context.model_selection.leads(submit):
            yield Start(talk, submit, model, behaviours=answered)
        if context.own or talk.name not in seen:
            for scenario in context.courses():
                yield Start(talk, submit, context.model_selection.leads(submit)[0], scenario, answered)
        seen.add(talk.name)
    yield from _optional(context)


def _one_each(context: "CheckContext", *, burst: int) -> Iterator[Start]:
    """One job of each sort."""
    seen = set()
    for talk, submit in _submits(context):
        if talk.name not in seen:
            seen.add(talk.name)
            yield Start(talk, submit, context.model_selection.leads(submit)[0], burst=burst)


def _shaped(context: "CheckContext") -> Iterator[Start]:
    """One job of each kind with another length, shape or size than the usual one."""
    seen = set()
    for talk, submit in _submits(context):
        found = next(_with_shape(context, talk, submit), None) if talk.name not in seen else None
        if found is not None:
            seen.add(talk.name)
            yield found


def _optional(context: "CheckContext") -> Iterator[Start]:
    """One job of each kind with each sort of what a request may have beside what it must have."""
    seen = set()
    for talk, submit in _submits(context):
        leads = context.model_selection.leads(submit)
        cheapest = [one for kind in ("video", "image") for one in _cheapest(context, submit, kind)]
        for sort in SORTS:
            able = [one for one in (*leads, *cheapest) if one and has_optional(context, submit, one, sort)]
            for model in able[:MOST_OPTIONAL] if (talk.name, sort) not in seen else ():
                shape = optional_fields(context, submit, model, sort)
                if shape:
                    seen.add((talk.name, sort))
                    yield Start(talk, submit, model, shape=shape, optional=True)
                    break


def _cheapest(context: "CheckContext", submit: "Operation", output: str) -> "list[Model]":
    """The cheapest models with a known price that make one kind of file."""
    known = {one.id: one for one in context.contract.names_at.get(submit.id, {}).values() if context.wants(one)}
    found = [one for one in known.values() if one.output == output and one.price.amount is not None]
    return sorted(found, key=lambda one: (one.price.certainty != "exact", one.price.amount, one.id))


def _with_shape(context: "CheckContext", talk: "JobTalk", submit: "Operation") -> Iterator[Start]:
    """Jobs of the cheapest models that make films of a length that can be chosen, then of any others of the run."""
    films = _cheapest(context, submit, "video")[:MOST_FILMS]
    for model in (*films, *context.model_selection.at(submit)):
        shape = other_shape(context, submit, model) if model is not None else {}
        if shape:
            yield Start(talk, submit, model, shape=shape)


def _cancellations(context: "CheckContext") -> Iterator[Start]:
    """One job of each kind whose submit has a link to the cancellation."""
    seen = set()
    for talk, submit in _submits(context):
        if talk.name not in seen and context.can_cancel(submit):
            seen.add(talk.name)
            answered = (200,) if context.calls_back(talk, submit) else None
            yield Start(talk, submit, context.model_selection.leads(submit)[0], behaviours=answered, cancels=True)


def _failures(context: "CheckContext") -> Iterator[Start]:
    """One job for each failure, if the target supports it."""
    scenario = next((name for name, row in context.contract.scenarios.jobs.items() if row.failure is not None), None)
    for talk, submit in list(_submits(context))[: 1 if context.plays and scenario else 0]:
        for name in context.contract.failures:
            yield Start(talk, submit, context.model_selection.leads(submit)[0], f"{scenario}; code={name}")


def _webhook_jobs(context: "CheckContext", behaviours: tuple[Behaviour, ...]) -> Iterator[Start]:
    """One job for each submit that takes a callback; one of each sort for several answers, and elsewhere if quick."""
    seen, every = set(), len(behaviours) == 1 and (context.own or not context.options.quick)
    for talk, submit in _submits(context):
        if context.calls_back(talk, submit) and (every or talk.name not in seen):
            seen.add(talk.name)
            yield Start(talk, submit, context.model_selection.leads(submit)[0], behaviours=behaviours)

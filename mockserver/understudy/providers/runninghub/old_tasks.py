"""The older task API: start, status, outputs and cancellation, each in an envelope."""

from typing import Any

from understudy.call import Call
from understudy.jobs import Intervention, Job
from understudy.messages import Reply, json_reply
from understudy.part import Part
from understudy.providers.runninghub import wire
from understudy.providers.runninghub.state import state_of
from understudy.providers.runninghub.tasks import begin
from understudy.refused import Refused


def enveloped(call: Call, data: Any) -> Reply:
    """A good answer in the envelope of the call's operation, with the operation's own text where it has one."""
    dialect = state_of(call.part).dialects.of(call.operation.id)
    own = call.operation.raw["x-understudy"]
    texts = dict.fromkeys(dialect.texts, own["text"]) if "text" in own else {}
    return json_reply(200, dialect.says(data=data, **texts))


def task_of(call: Call) -> Job:
    """The task that a call names.

    Raises:
        Refused: there is none, or it is another account's.
    """
    return call.part.job_of(call.account, str(call.body["taskId"]))


def start(call: Call) -> Reply:
    """Start a workflow or an app."""
    return enveloped(call, wire.started(call.part, begin(call, call.body), call.now))


def get_status(call: Call) -> Reply:
    """The word for how a task is."""
    return enveloped(call, task_of(call).state(call.now).word)


def get_outputs(call: Call) -> Reply:
    """What a task made."""
    return enveloped(call, outputs_of(call.part, task_of(call), call.now))


def outputs_of(part: Part, job: Job, now: float) -> list[wire.Body]:
    """The outputs of a task.

    Raises:
        Refused: it has none yet, or never will; the row says which.
    """
    state = job.state(now)
    if state.kind == "succeeded":
        return wire.outputs(part, job)
    if state.kind == "pending":
        raise Refused(part.contract.wire["pending_rows"][state.name])
    details = {"failedReason": wire.reason(wire.failure_of(part, job, now))}
    raise Refused(part.contract.wire["ended_row"], values={"data": details})


def cancel(call: Call) -> Reply:
    """Cancel a task; one that has ended stays as it is."""
    job = task_of(call)
    if not job.state(call.now).terminal:
        states = call.part.contract.lifecycle.states.values()
        cancelled = next(state for state in states if state.kind == "cancelled")
        call.part.intervene(job, Intervention(at=call.now, state=cancelled))
    return enveloped(call, None)

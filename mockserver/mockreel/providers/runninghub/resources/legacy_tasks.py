"""The older task API: start, status, outputs and cancellation, each in an envelope."""

from typing import Any

from mockreel.contract.messages.message import Reply, json_reply
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.providers.runninghub import responses, workflows
from mockreel.providers.runninghub.resources.tasks import begin
from mockreel.providers.runninghub.state import state_of
from mockreel.simulator.context import Call


def enveloped(call: Call, data: Any) -> Reply:
    """A good answer in the envelope of the call's operation, with the operation's own text where it has one."""
    dialect = state_of(call.part).dialects.of(call.operation.id)
    own = call.operation.raw["x-mockreel"]
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
    return enveloped(call, responses.started(call.part, begin(call, call.body, request=workflows.kept(call)), call.now))


def get_status(call: Call) -> Reply:
    """The word for how a task is."""
    return enveloped(call, task_of(call).state(call.now).word)


def get_outputs(call: Call) -> Reply:
    """What a task made."""
    return enveloped(call, responses.outputs_of(call.part, task_of(call), call.now))


def cancel(call: Call) -> Reply:
    """Cancel a task; one that has ended stays as it is."""
    job = task_of(call)
    if not job.state(call.now).terminal:
        states = call.part.contract.lifecycle.states.values()
        cancelled = next(state for state in states if state.kind == "cancelled")
        call.part.intervene(job, Intervention(at=call.now, state=cancelled))
    return enveloped(call, None)

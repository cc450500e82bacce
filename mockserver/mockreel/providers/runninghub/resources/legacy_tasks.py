"""The older task API: start, status, outputs and cancellation, each in an envelope."""

from typing import Any

from mockreel.contract.messages.message import Response, json_response
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.providers.runninghub import responses, workflows
from mockreel.providers.runninghub.resources.tasks import begin
from mockreel.providers.runninghub.state import state_of
from mockreel.simulator.request_context import RequestContext


def enveloped(context: RequestContext, data: Any) -> Response:
    """A good answer in the envelope of the call's operation, with the operation's own text where it has one."""
    dialect = state_of(context.provider).dialects.of(context.operation.id)
    own = context.operation.raw["x-mockreel"]
    texts = dict.fromkeys(dialect.texts, own["text"]) if "text" in own else {}
    return json_response(200, dialect.says(data=data, **texts))


def task_of(context: RequestContext) -> Job:
    """The task that a call names.

    Raises:
        ErrorResponse: there is none, or it is another account's.
    """
    return context.provider.job_of(context.account, str(context.body["taskId"]))


def start(context: RequestContext) -> Response:
    """Start a workflow or an app."""
    return enveloped(
        context,
        responses.started(
            context.provider, begin(context, context.body, request=workflows.stored(context)), context.now
        ),
    )


def get_status(context: RequestContext) -> Response:
    """The word for how a task is."""
    return enveloped(context, task_of(context).state(context.now).word)


def get_outputs(context: RequestContext) -> Response:
    """What a task made."""
    return enveloped(context, responses.outputs_of(context.provider, task_of(context), context.now))


def cancel(context: RequestContext) -> Response:
    """Cancel a task; one that has ended stays as it is."""
    job = task_of(context)
    if not job.state(context.now).terminal:
        states = context.provider.contract.lifecycle.states.values()
        cancelled = next(state for state in states if state.kind == "cancelled")
        context.provider.intervene(job, Intervention(at=context.now, state=cancelled))
    return enveloped(context, None)

"""ComfyUI workflows: create, list, read, change, delete, and run; a run of one is polled as any other."""

from collections.abc import Mapping
from typing import Any

import orjson

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response, json_response
from mockreel.engine.randomness import uuid4, uuid7
from mockreel.providers.runflow.error_bodies import unknown
from mockreel.providers.runflow.inputs import stored
from mockreel.providers.runflow.lists.list_page import list_response
from mockreel.providers.runflow.resources.runs import begin
from mockreel.providers.runflow.responses import run_record
from mockreel.providers.runflow.state import Workflow, own_shelf, state_of
from mockreel.providers.runflow.timestamps import format_timestamp
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext


def _record(context: RequestContext, workflow: Workflow) -> Mapping[str, Any]:
    style = context.provider.contract.wire["record_times"]
    return {
        **state_of(context.provider).blank("comfyui-workflow.json"),
        **orjson.loads(workflow.fields),
        "id": workflow.id,
        "org_id": own_shelf(context).org_id,
        "owner": context.account.name,
        "created_at": format_timestamp(workflow.created, style),
        "updated_at": format_timestamp(workflow.updated, style),
    }


def _by_id(context: RequestContext) -> Workflow:
    found = own_shelf(context).workflows.get(context.params["id"])
    if found is None:
        raise unknown("ComfyUI workflow")
    return found


def _by_slug(context: RequestContext) -> Workflow:
    """By owner and slug; whatever the caller calls its organization, the workflows are its own."""
    found = _with_slug(context, context.params["slug"])
    if found is None:
        raise unknown("ComfyUI workflow")
    return found


def _runnable(context: RequestContext) -> str:
    """The id of a workflow to run: one's own, one that the provider shares, or any if unknown ones are accepted."""
    own = _with_slug(context, context.params["slug"])
    if own is not None:
        return own.id
    contract, name = context.provider.contract, f"{context.params['owner']}/{context.params['slug']}"
    if name not in contract.wire["shared_workflows"]:
        if not contract.additions.accept_unknown:
            raise unknown("ComfyUI workflow")
        context.notes += (f"the ComfyUI workflow {name!r} is unknown, and accepted with any input",)
    return uuid4(context.provider.draw("shared-workflow", name))


def _with_slug(context: RequestContext, slug: Any) -> Workflow | None:
    among = own_shelf(context).workflows.values()
    return next((workflow for workflow in among if orjson.loads(workflow.fields).get("slug") == slug), None)


def _check_slug(context: RequestContext, slug: Any, *, own: Workflow | None = None) -> None:
    """See that no other workflow of the organization has the slug."""
    if _with_slug(context, slug) not in (None, own):
        raise ErrorResponse("slug-taken", values={"slug": slug})


def list_comfyui_workflows(context: RequestContext) -> Answer:
    return list_response(
        context,
        "comfyui-workflow.json",
        list(own_shelf(context).workflows.values()),
        number=lambda workflow: workflow.number,
        render=lambda workflow: _record(context, workflow),
    )


def create_comfyui_workflow(context: RequestContext) -> Response:
    """Keep a workflow; what is in its graph is not looked at."""
    _check_slug(context, context.body["slug"])
    number = context.provider.count("workflow")
    id_ = uuid7(context.now, context.provider.draw("workflow", number))
    workflow = Workflow(id_, number, orjson.dumps(context.body), context.now, context.now)
    own_shelf(context).workflows[id_] = workflow
    return json_response(201, _record(context, workflow))


def get_comfyui_workflow(context: RequestContext) -> Response:
    return json_response(200, _record(context, _by_id(context)))


def get_comfyui_workflow_by_slug(context: RequestContext) -> Response:
    return json_response(200, _record(context, _by_slug(context)))


def update_comfyui_workflow(context: RequestContext) -> Response:
    """Change fields of a workflow."""
    workflow = _by_id(context)
    fields = {**orjson.loads(workflow.fields), **context.body}
    _check_slug(context, fields["slug"], own=workflow)
    workflow.fields = orjson.dumps(fields)
    workflow.updated = context.now
    return json_response(200, _record(context, workflow))


def delete_comfyui_workflow(context: RequestContext) -> Response:
    """Delete a workflow; its runs stay."""
    del own_shelf(context).workflows[_by_id(context).id]
    return Response(204, b"")


def create_comfyui_workflow_run(context: RequestContext) -> Response:
    """Begin a run of a workflow; clients poll it by `run_id` or `id`."""
    workflow = _runnable(context)
    job = begin(
        context,
        stored(context, context.body.get("input") or {}, at=("input",)),
        callback_url=context.body.get("callback_url"),
        client_ref=context.body.get("client_ref"),
        workflow=workflow,
    )
    return json_response(201, {**run_record(context.provider, job, context.now), "run_id": job.id})

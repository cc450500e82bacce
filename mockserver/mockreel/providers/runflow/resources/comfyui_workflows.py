"""ComfyUI workflows: create, list, read, change, delete, and run; a run of one is polled as any other."""

from collections.abc import Mapping
from typing import Any

import orjson

from mockreel.contract.messages.message import Reply, json_reply
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow.errors import unknown
from mockreel.providers.runflow.inputs import stored
from mockreel.providers.runflow.lists.list_page import listed
from mockreel.providers.runflow.resources.runs import begin
from mockreel.providers.runflow.responses import run_record
from mockreel.providers.runflow.state import Workflow, own_shelf, state_of
from mockreel.providers.runflow.timestamps import written
from mockreel.simulator.context import Call


def _record(call: Call, workflow: Workflow) -> Mapping[str, Any]:
    style = call.part.contract.wire["record_times"]
    return {
        **state_of(call.part).blank("comfyui-workflow.json"),
        **orjson.loads(workflow.fields),
        "id": workflow.id,
        "org_id": own_shelf(call).org_id,
        "owner": call.account.name,
        "created_at": written(workflow.created, style),
        "updated_at": written(workflow.updated, style),
    }


def _by_id(call: Call) -> Workflow:
    found = own_shelf(call).workflows.get(call.params["id"])
    if found is None:
        raise unknown("ComfyUI workflow")
    return found


def _by_slug(call: Call) -> Workflow:
    """By owner and slug; whatever the caller calls its organization, the workflows are its own."""
    for workflow in own_shelf(call).workflows.values():
        if orjson.loads(workflow.fields).get("slug") == call.params["slug"]:
            return workflow
    raise unknown("ComfyUI workflow")


def list_comfyui_workflows(call: Call) -> Reply:
    """The account's workflows."""
    return listed(
        call,
        "comfyui-workflow.json",
        list(own_shelf(call).workflows.values()),
        number=lambda workflow: workflow.number,
        render=lambda workflow: _record(call, workflow),
    )


def create_comfyui_workflow(call: Call) -> Reply:
    """Keep a workflow; what is in its graph is not looked at."""
    number = call.part.count("workflow")
    id_ = uuid7(call.now, call.part.draw("workflow", number))
    workflow = Workflow(id_, number, orjson.dumps(call.body), call.now, call.now)
    own_shelf(call).workflows[id_] = workflow
    return json_reply(201, _record(call, workflow))


def get_comfyui_workflow(call: Call) -> Reply:
    """One workflow by its id."""
    return json_reply(200, _record(call, _by_id(call)))


def get_comfyui_workflow_by_slug(call: Call) -> Reply:
    """One workflow by owner and slug."""
    return json_reply(200, _record(call, _by_slug(call)))


def update_comfyui_workflow(call: Call) -> Reply:
    """Change fields of a workflow."""
    workflow = _by_id(call)
    workflow.fields = orjson.dumps({**orjson.loads(workflow.fields), **call.body})
    workflow.updated = call.now
    return json_reply(200, _record(call, workflow))


def delete_comfyui_workflow(call: Call) -> Reply:
    """Delete a workflow; its runs stay."""
    del own_shelf(call).workflows[_by_id(call).id]
    return Reply(204, b"")


def create_comfyui_workflow_run(call: Call) -> Reply:
    """Begin a run of a workflow; clients poll it by `run_id` or `id`."""
    workflow = _by_slug(call)
    job = begin(
        call,
        stored(call, call.body.get("input") or {}, at=("input",)),
        callback_url=call.body.get("callback_url"),
        client_ref=call.body.get("client_ref"),
        workflow=workflow.id,
    )
    return json_reply(201, {**run_record(call.part, job, call.now), "run_id": job.id})

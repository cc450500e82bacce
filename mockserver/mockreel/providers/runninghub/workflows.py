"""What a workflow or an app is started with: which kind of file its nodes make, and on which instance it runs."""

from collections.abc import Mapping
from typing import Any

import orjson

from mockreel.engine.jobs.job import Job
from mockreel.simulator.request_context import RequestContext


def stored(context: RequestContext) -> bytes:
    """What is stored of a start: the kind of output, the instance, and what was started."""
    body = context.body if isinstance(context.body, Mapping) else {}
    started = context.params.get("workflowId") or context.params.get("webappId") or _id(body)
    kind = kind_made(context.provider.contract.wire["outputs_by_node"], body)
    own = {"kind": kind, "instance": body.get("instanceType") or "default", "started": started}
    return orjson.dumps({name: value for name, value in own.items() if value is not None})


def kind_made(rules: list[Mapping[str, Any]], body: Mapping[str, Any]) -> str | None:
    """The kind of the first rule that fits the graph that was sent, or a field that is changed; None if none does."""
    classes, fields = _classes(body.get("workflow")), _fields(body.get("nodeInfoList"))
    for rule in rules:
        if classes & set(rule.get("classes", ())) or fields & set(rule.get("fields", ())):
            return str(rule["kind"])
    return None


def start_of(job: Job) -> Mapping[str, Any]:
    """What was stored of a job's start; empty for a standard model."""
    found: Mapping[str, Any] = orjson.loads(job.request) if job.model is None and job.request else {}
    return found


def _id(body: Mapping[str, Any]) -> str | None:
    found = body.get("workflowId") or body.get("webappId")
    return None if found is None else str(found)


def _classes(workflow: Any) -> set[str]:
    """The classes of the nodes of a graph, which is sent as text; a text that is no graph has none."""
    if not isinstance(workflow, str):
        return set()
    try:
        graph = orjson.loads(workflow)
    except orjson.JSONDecodeError:
        return set()
    nodes = graph.values() if isinstance(graph, dict) else ()
    return {str(node["class_type"]) for node in nodes if isinstance(node, dict) and "class_type" in node}


def _fields(nodes: Any) -> set[str]:
    changed = nodes if isinstance(nodes, list) else ()
    return {str(node.get("fieldName")) for node in changed if isinstance(node, dict)}

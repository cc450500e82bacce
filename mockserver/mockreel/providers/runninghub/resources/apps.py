"""Apps: the nodes of one that may be changed, and the lists in which apps and the models of nodes are found."""

from collections.abc import Mapping
from typing import Any

import orjson

from mockreel.contract.messages.message import Response
from mockreel.contract.messages.query import whole_number
from mockreel.providers.runninghub.resources.legacy_tasks import enveloped
from mockreel.providers.templates import fill
from mockreel.simulator.request_context import RequestContext


def get_app_demo(context: RequestContext) -> Response:
    """The nodes of an app that may be changed; the same for every app."""
    return enveloped(context, _description(context, str(context.query["webappId"])))


def get_app_detail(context: RequestContext) -> Response:
    """An app as on the site; the same for every app."""
    return enveloped(context, _description(context, str(context.body["webappId"])))


def list_apps(context: RequestContext) -> Response:
    """A page of the apps that anybody may run: there is one."""
    return _page(context, [_description(context, context.provider.contract.wire["app"]["id"])])


def list_resources(context: RequestContext) -> Response:
    """A page of the models that nodes may load."""
    return _page(context, context.provider.contract.wire["resources"])


def _description(context: RequestContext, id_: str) -> Any:
    row: Mapping[str, Any] = context.provider.contract.wire["app"]
    words = {
        "id": id_,
        "name": row["name"],
        "description": row["description"],
        "workflow": row["workflow"],
        "nodes": row["nodes"],
        "tags": row["tags"],
        "statistics": row["statistics"],
        "covers": [],
        "cover": "",
        "curl": _curl(context, row, id_),
    }
    return fill(row["told"][context.operation.raw["x-mockreel"]["tells"]], words)


def _curl(context: RequestContext, row: Mapping[str, Any], id_: str) -> str:
    changed = ("nodeId", "fieldName", "fieldValue", "description")
    nodes = [{name: node[name] for name in changed} for node in row["nodes"]]
    body = orjson.dumps({"nodeInfoList": nodes}).decode()
    template: str = row["curl"]
    return template.replace("{base}", context.request.base_url).replace("{id}", id_).replace("{body}", body)


def _page(context: RequestContext, records: list[Any]) -> Response:
    body = context.body if isinstance(context.body, Mapping) else {}
    current, size = whole_number(body.get("current") or 1), whole_number(body.get("size") or 10)
    shown = records[(current - 1) * size : current * size]
    words = {
        "records": shown,
        "total": len(records),
        "size": size,
        "current": current,
        "pages": -(-len(records) // size),
        "more": current * size < len(records),
    }
    return enveloped(context, fill(context.provider.contract.wire["app"]["page"], words))

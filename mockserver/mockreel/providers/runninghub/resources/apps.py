"""Apps: the nodes of one that may be changed, and the lists in which apps and the models of nodes are found."""

from collections.abc import Mapping
from typing import Any

import orjson

from mockreel.contract.messages.message import Reply
from mockreel.contract.messages.query import whole
from mockreel.providers.runninghub.resources.legacy_tasks import enveloped
from mockreel.providers.templates import fill
from mockreel.simulator.context import Call


def get_app_demo(call: Call) -> Reply:
    """The nodes of an app that may be changed; the same for every app."""
    return enveloped(call, _told(call, str(call.query["webappId"])))


def get_app_detail(call: Call) -> Reply:
    """An app as the site tells of it; the same for every app."""
    return enveloped(call, _told(call, str(call.body["webappId"])))


def list_apps(call: Call) -> Reply:
    """A page of the apps that anybody may run: there is one."""
    return _page(call, [_told(call, call.part.contract.wire["app"]["id"])])


def list_resources(call: Call) -> Reply:
    """A page of the models that nodes may load."""
    return _page(call, call.part.contract.wire["resources"])


def _told(call: Call, id_: str) -> Any:
    """What the operation tells of an app."""
    row: Mapping[str, Any] = call.part.contract.wire["app"]
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
        "curl": _curl(call, row, id_),
    }
    return fill(row["told"][call.operation.raw["x-mockreel"]["tells"]], words)


def _curl(call: Call, row: Mapping[str, Any], id_: str) -> str:
    changed = ("nodeId", "fieldName", "fieldValue", "description")
    nodes = [{name: node[name] for name in changed} for node in row["nodes"]]
    body = orjson.dumps({"nodeInfoList": nodes}).decode()
    template: str = row["curl"]
    return template.replace("{base}", call.request.base_url).replace("{id}", id_).replace("{body}", body)


def _page(call: Call, records: list[Any]) -> Reply:
    body = call.body if isinstance(call.body, Mapping) else {}
    current, size = whole(body.get("current") or 1), whole(body.get("size") or 10)
    shown = records[(current - 1) * size : current * size]
    words = {
        "records": shown,
        "total": len(records),
        "size": size,
        "current": current,
        "pages": -(-len(records) // size),
        "more": current * size < len(records),
    }
    return enveloped(call, fill(call.part.contract.wire["app"]["page"], words))

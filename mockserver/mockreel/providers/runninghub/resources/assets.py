"""Assets and their groups: made of a file's address, ready after a while, listed, called otherwise, given up."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response
from mockreel.contract.messages.query import whole_number
from mockreel.providers.runninghub.resources.legacy_tasks import enveloped
from mockreel.providers.runninghub.state import Asset, Group, shelf_of
from mockreel.providers.runninghub.webhooks import local_time
from mockreel.providers.templates import fill
from mockreel.simulator.request_context import RequestContext

# By field of a request: what of an asset or a group it must be.
Filters = Mapping[str, Callable[[Any], Any]]


@dataclass(frozen=True, slots=True)
class Collection:
    """One of the two: its store, its id field, and its templates."""

    name: str
    field: str
    filters: Filters


ASSETS = Collection("asset", "assetId", {"groupId": lambda one: one.group, "name": lambda one: one.name})
GROUPS = Collection("group", "groupId", {"name": lambda one: one.name})


def create_asset(context: RequestContext) -> Response:
    """Make an asset of the file at an address, which is never fetched."""
    body = context.body
    asset = Asset(
        _new_id(context, ASSETS), context.now, body["url"], body["assetType"], body.get("name"), body.get("groupId")
    )
    shelf_of(context.account).assets[asset.id] = asset
    return enveloped(context, _record(context, ASSETS, asset))


def create_group(context: RequestContext) -> Response:
    group = Group(_new_id(context, GROUPS), context.now, context.body["name"], context.body.get("description"))
    shelf_of(context.account).groups[group.id] = group
    return enveloped(context, _record(context, GROUPS, group))


def get_asset(context: RequestContext) -> Response:
    """An asset in its current state."""
    return enveloped(context, _record(context, ASSETS, _named_by(context, ASSETS)))


def get_group(context: RequestContext) -> Response:
    return enveloped(context, _record(context, GROUPS, _named_by(context, GROUPS)))


def list_assets(context: RequestContext) -> Response:
    """The assets of an account, a page of them."""
    return _page(context, ASSETS)


def list_groups(context: RequestContext) -> Response:
    """The groups of an account, a page of them."""
    return _page(context, GROUPS)


def update_asset(context: RequestContext) -> Response:
    """Call an asset otherwise."""
    asset = _named_by(context, ASSETS)
    asset.name = context.body["name"]
    return enveloped(context, _record(context, ASSETS, asset))


def update_group(context: RequestContext) -> Response:
    """Call or describe a group otherwise."""
    group = _named_by(context, GROUPS)
    group.name = context.body.get("name") or group.name
    group.description = context.body.get("description") or group.description
    return enveloped(context, _record(context, GROUPS, group))


def delete_asset(context: RequestContext) -> Response:
    return _delete(context, ASSETS, "deleted")


def delete_group(context: RequestContext) -> Response:
    """Give a group up; its assets stay."""
    return _delete(context, GROUPS, "group_deleted")


def _collection(context: RequestContext, of: Collection) -> dict[str, Any]:
    shelf = shelf_of(context.account)
    return shelf.assets if of is ASSETS else shelf.groups


def _named_by(context: RequestContext, of: Collection) -> Any:
    """What a request names.

    Raises:
        ErrorResponse: the account has none of that id.
    """
    id_ = str(context.body[of.field])
    found = _collection(context, of).get(id_)
    if found is None:
        raise ErrorResponse("unknown-asset", values={"id": id_})
    return found


def _delete(context: RequestContext, of: Collection, template: str) -> Response:
    found = _named_by(context, of)
    del _collection(context, of)[found.id]
    return enveloped(context, fill(context.provider.contract.wire["assets"][template], {"id": found.id}))


def _page(context: RequestContext, of: Collection) -> Response:
    rows = context.provider.contract.wire["assets"]
    number, size = (
        whole_number(context.body.get("pageNumber") or 1),
        whole_number(context.body.get("pageSize") or rows["page_size"]),
    )
    records = [_record(context, of, one) for one in _matching(context, of)]
    if filters := context.body.get("status"):
        records = [one for one in records if one.get("status") == filters]
    items = records[(number - 1) * size : number * size]
    return enveloped(context, fill(rows["page"], {"items": items, "total": len(records), "page": number, "size": size}))


def _matching(context: RequestContext, of: Collection) -> Iterable[Any]:
    """The requested items of an account, the newest first."""
    conditions = {field: value for field in of.filters if (value := context.body.get(field))}
    for one in reversed(_collection(context, of).values()):
        if all(of.filters[field](one) == value for field, value in conditions.items()):
            yield one


def _record(context: RequestContext, of: Collection, one: Any) -> dict[str, Any]:
    rows = context.provider.contract.wire["assets"]
    words = {"id": one.id, "name": one.name, "created": local_time(context.provider, one.created)}
    if of is ASSETS:
        ready = context.now >= one.created + rows["seconds"]
        status = rows["words"]["ready" if ready else "new"]
        words |= {"group": one.group, "type": one.type, "url": one.url, "status": status}
    else:
        words |= {"description": one.description}
    records: dict[str, Any] = fill(rows[of.name], words)
    return records


def _new_id(context: RequestContext, of: Collection) -> str:
    shelf = shelf_of(context.account)
    shelf.numbered += 1
    drawn = context.provider.draw(of.name, context.account.number, shelf.numbered, size=8).hex()
    template: str = context.provider.contract.wire["assets"]["ids"][of.name]
    return template.replace("{hex}", drawn)

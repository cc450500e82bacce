"""Assets and their groups: made of a file's address, ready after a while, listed, called otherwise, given up."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response
from mockreel.contract.messages.query import whole
from mockreel.providers.runninghub.resources.legacy_tasks import enveloped
from mockreel.providers.runninghub.state import Asset, Group, shelf_of
from mockreel.providers.runninghub.webhooks import local_time
from mockreel.providers.templates import fill
from mockreel.simulator.request_context import RequestContext

# By field of a request: what of an asset or a group it must be.
Wanted = Mapping[str, Callable[[Any], Any]]


@dataclass(frozen=True, slots=True)
class Collection:
    """One of the two: where it is kept, what names one, and how one is told."""

    name: str
    field: str
    wanted: Wanted


ASSETS = Collection("asset", "assetId", {"groupId": lambda one: one.group, "name": lambda one: one.name})
GROUPS = Collection("group", "groupId", {"name": lambda one: one.name})


def create_asset(context: RequestContext) -> Response:
    """Make an asset of the file at an address, which is never fetched."""
    body = context.body
    asset = Asset(
        _new_id(context, ASSETS), context.now, body["url"], body["assetType"], body.get("name"), body.get("groupId")
    )
    shelf_of(context.account).assets[asset.id] = asset
    return enveloped(context, _told(context, ASSETS, asset))


def create_group(context: RequestContext) -> Response:
    """Make a group."""
    group = Group(_new_id(context, GROUPS), context.now, context.body["name"], context.body.get("description"))
    shelf_of(context.account).groups[group.id] = group
    return enveloped(context, _told(context, GROUPS, group))


def get_asset(context: RequestContext) -> Response:
    """An asset as it stands."""
    return enveloped(context, _told(context, ASSETS, _meant(context, ASSETS)))


def get_group(context: RequestContext) -> Response:
    """A group."""
    return enveloped(context, _told(context, GROUPS, _meant(context, GROUPS)))


def list_assets(context: RequestContext) -> Response:
    """The assets of an account, a page of them."""
    return _page(context, ASSETS)


def list_groups(context: RequestContext) -> Response:
    """The groups of an account, a page of them."""
    return _page(context, GROUPS)


def update_asset(context: RequestContext) -> Response:
    """Call an asset otherwise."""
    asset = _meant(context, ASSETS)
    asset.name = context.body["name"]
    return enveloped(context, _told(context, ASSETS, asset))


def update_group(context: RequestContext) -> Response:
    """Call or describe a group otherwise."""
    group = _meant(context, GROUPS)
    group.name = context.body.get("name") or group.name
    group.description = context.body.get("description") or group.description
    return enveloped(context, _told(context, GROUPS, group))


def delete_asset(context: RequestContext) -> Response:
    """Give an asset up."""
    return _gone(context, ASSETS, "deleted")


def delete_group(context: RequestContext) -> Response:
    """Give a group up; its assets stay."""
    return _gone(context, GROUPS, "group_deleted")


def _held(context: RequestContext, of: Collection) -> dict[str, Any]:
    shelf = shelf_of(context.account)
    return shelf.assets if of is ASSETS else shelf.groups


def _meant(context: RequestContext, of: Collection) -> Any:
    """What a request names.

    Raises:
        ErrorResponse: the account has none of that id.
    """
    id_ = str(context.body[of.field])
    found = _held(context, of).get(id_)
    if found is None:
        raise ErrorResponse("unknown-asset", values={"id": id_})
    return found


def _gone(context: RequestContext, of: Collection, template: str) -> Response:
    found = _meant(context, of)
    del _held(context, of)[found.id]
    return enveloped(context, fill(context.provider.contract.wire["assets"][template], {"id": found.id}))


def _page(context: RequestContext, of: Collection) -> Response:
    rows = context.provider.contract.wire["assets"]
    number, size = whole(context.body.get("pageNumber") or 1), whole(context.body.get("pageSize") or rows["page_size"])
    told = [_told(context, of, one) for one in _kept(context, of)]
    if wanted := context.body.get("status"):
        told = [one for one in told if one.get("status") == wanted]
    items = told[(number - 1) * size : number * size]
    return enveloped(context, fill(rows["page"], {"items": items, "total": len(told), "page": number, "size": size}))


def _kept(context: RequestContext, of: Collection) -> Iterable[Any]:
    """What of an account's is asked for, the newest first."""
    asked = {field: value for field in of.wanted if (value := context.body.get(field))}
    for one in reversed(_held(context, of).values()):
        if all(of.wanted[field](one) == value for field, value in asked.items()):
            yield one


def _told(context: RequestContext, of: Collection, one: Any) -> dict[str, Any]:
    rows = context.provider.contract.wire["assets"]
    words = {"id": one.id, "name": one.name, "created": local_time(context.provider, one.created)}
    if of is ASSETS:
        ready = context.now >= one.created + rows["seconds"]
        status = rows["words"]["ready" if ready else "new"]
        words |= {"group": one.group, "type": one.type, "url": one.url, "status": status}
    else:
        words |= {"description": one.description}
    told: dict[str, Any] = fill(rows[of.name], words)
    return told


def _new_id(context: RequestContext, of: Collection) -> str:
    shelf = shelf_of(context.account)
    shelf.numbered += 1
    drawn = context.provider.draw(of.name, context.account.number, shelf.numbered, size=8).hex()
    template: str = context.provider.contract.wire["assets"]["ids"][of.name]
    return template.replace("{hex}", drawn)

"""Assets and their groups: made of a file's address, ready after a while, listed, called otherwise, given up."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply
from mockreel.contract.messages.query import whole
from mockreel.providers.runninghub.resources.legacy_tasks import enveloped
from mockreel.providers.runninghub.state import Asset, Group, shelf_of
from mockreel.providers.runninghub.webhooks import local_time
from mockreel.providers.templates import fill
from mockreel.simulator.context import Call

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


def create_asset(call: Call) -> Reply:
    """Make an asset of the file at an address, which is never fetched."""
    body = call.body
    asset = Asset(
        _new_id(call, ASSETS), call.now, body["url"], body["assetType"], body.get("name"), body.get("groupId")
    )
    shelf_of(call.account).assets[asset.id] = asset
    return enveloped(call, _told(call, ASSETS, asset))


def create_group(call: Call) -> Reply:
    """Make a group."""
    group = Group(_new_id(call, GROUPS), call.now, call.body["name"], call.body.get("description"))
    shelf_of(call.account).groups[group.id] = group
    return enveloped(call, _told(call, GROUPS, group))


def get_asset(call: Call) -> Reply:
    """An asset as it stands."""
    return enveloped(call, _told(call, ASSETS, _meant(call, ASSETS)))


def get_group(call: Call) -> Reply:
    """A group."""
    return enveloped(call, _told(call, GROUPS, _meant(call, GROUPS)))


def list_assets(call: Call) -> Reply:
    """The assets of an account, a page of them."""
    return _page(call, ASSETS)


def list_groups(call: Call) -> Reply:
    """The groups of an account, a page of them."""
    return _page(call, GROUPS)


def update_asset(call: Call) -> Reply:
    """Call an asset otherwise."""
    asset = _meant(call, ASSETS)
    asset.name = call.body["name"]
    return enveloped(call, _told(call, ASSETS, asset))


def update_group(call: Call) -> Reply:
    """Call or describe a group otherwise."""
    group = _meant(call, GROUPS)
    group.name = call.body.get("name") or group.name
    group.description = call.body.get("description") or group.description
    return enveloped(call, _told(call, GROUPS, group))


def delete_asset(call: Call) -> Reply:
    """Give an asset up."""
    return _gone(call, ASSETS, "deleted")


def delete_group(call: Call) -> Reply:
    """Give a group up; its assets stay."""
    return _gone(call, GROUPS, "group_deleted")


def _held(call: Call, of: Collection) -> dict[str, Any]:
    shelf = shelf_of(call.account)
    return shelf.assets if of is ASSETS else shelf.groups


def _meant(call: Call, of: Collection) -> Any:
    """What a request names.

    Raises:
        Refused: the account has none of that id.
    """
    id_ = str(call.body[of.field])
    found = _held(call, of).get(id_)
    if found is None:
        raise Refused("unknown-asset", values={"id": id_})
    return found


def _gone(call: Call, of: Collection, template: str) -> Reply:
    found = _meant(call, of)
    del _held(call, of)[found.id]
    return enveloped(call, fill(call.part.contract.wire["assets"][template], {"id": found.id}))


def _page(call: Call, of: Collection) -> Reply:
    rows = call.part.contract.wire["assets"]
    number, size = whole(call.body.get("pageNumber") or 1), whole(call.body.get("pageSize") or rows["page_size"])
    told = [_told(call, of, one) for one in _kept(call, of)]
    if wanted := call.body.get("status"):
        told = [one for one in told if one.get("status") == wanted]
    items = told[(number - 1) * size : number * size]
    return enveloped(call, fill(rows["page"], {"items": items, "total": len(told), "page": number, "size": size}))


def _kept(call: Call, of: Collection) -> Iterable[Any]:
    """What of an account's is asked for, the newest first."""
    asked = {field: value for field in of.wanted if (value := call.body.get(field))}
    for one in reversed(_held(call, of).values()):
        if all(of.wanted[field](one) == value for field, value in asked.items()):
            yield one


def _told(call: Call, of: Collection, one: Any) -> dict[str, Any]:
    rows = call.part.contract.wire["assets"]
    words = {"id": one.id, "name": one.name, "created": local_time(call.part, one.created)}
    if of is ASSETS:
        ready = call.now >= one.created + rows["seconds"]
        status = rows["words"]["ready" if ready else "new"]
        words |= {"group": one.group, "type": one.type, "url": one.url, "status": status}
    else:
        words |= {"description": one.description}
    told: dict[str, Any] = fill(rows[of.name], words)
    return told


def _new_id(call: Call, of: Collection) -> str:
    shelf = shelf_of(call.account)
    shelf.numbered += 1
    drawn = call.part.draw(of.name, call.account.number, shelf.numbered, size=8).hex()
    template: str = call.part.contract.wire["assets"]["ids"][of.name]
    return template.replace("{hex}", drawn)

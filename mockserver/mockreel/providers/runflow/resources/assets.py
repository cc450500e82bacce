"""Files: announced, sent to a signed address, confirmed; then assets that inputs may refer to."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply, json_reply
from mockreel.engine.artifacts.artifact import UPLOADS
from mockreel.engine.artifacts.uploads import Upload
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow.errors import unknown
from mockreel.providers.runflow.resources.account import person
from mockreel.providers.runflow.state import Asset, own_shelf, state_of
from mockreel.providers.runflow.timestamps import written
from mockreel.simulator.context import Call
from mockreel.simulator.provider import Part


def create_asset_upload(call: Call) -> Reply:
    """The first step: announce a file, and learn where to send it."""
    part, body = call.part, call.body
    if body["mime_type"] not in part.contract.wire["asset_types"]:
        raise Refused("unsupported-media-type", values={"mime_type": body["mime_type"]})
    id_ = uuid7(call.now, part.draw("asset", part.count("asset")))
    asset = Asset(id_, body["filename"], body["mime_type"], call.now, body["size_bytes"])
    own_shelf(call).assets[id_] = asset
    expires = call.now + part.contract.wire["upload_lifetime"]
    part.uploads.announce(Upload(id_, asset.mime, asset.size, expires))
    address = part.contract.operation("put_upload").path.replace("{asset_id}", id_)
    return json_reply(201, {"asset_id": id_, "upload_url": f"{call.request.base_url}{address}"})


def put_upload(call: Call) -> Reply:
    """The second step, on the storage host: the bytes, with the type that was announced."""
    upload = call.part.uploads.get(call.params["asset_id"])
    if upload is None:
        raise Refused("upload-unknown")
    if upload.expires is not None and call.now > upload.expires:
        raise Refused("upload-expired")
    if _sent_type(call) != upload.mime.lower():
        raise Refused("upload-mismatch")
    call.part.uploads.store(upload.id, call.body)
    return Reply(200, b"")


def _sent_type(call: Call) -> str:
    header = call.request.header(b"content-type") or b""
    return header.decode("latin-1").partition(";")[0].strip().lower()


def confirm_upload(call: Call) -> Reply:
    """The third step: what was sent becomes an asset."""
    asset = _asset(call, call.params["asset_upload_id"])
    upload = call.part.uploads.get(asset.id)
    if upload is None or upload.data is None:
        raise Refused("upload-not-found")
    asset.size = len(upload.data)
    asset.folder = (call.body or {}).get("folder_id", asset.folder)
    asset.confirmed = asset.confirmed or call.now
    return json_reply(201, _record(call, asset))


def _asset(call: Call, id: str) -> Asset:  # noqa: A002  (what the docs call it)
    found = own_shelf(call).assets.get(id)
    if found is None:
        raise unknown("Asset")
    return found


def _confirmed(call: Call) -> Asset:
    asset = _asset(call, call.params["id"])
    if asset.confirmed is None:
        raise unknown("Asset")
    return asset


def _record(call: Call, asset: Asset) -> Mapping[str, Any]:
    shelf, wire = own_shelf(call), call.part.contract.wire
    embedded = "created_by_user" in (call.query.get("embed") or "").split(",")
    return {
        **state_of(call.part).blank("asset.json"),
        "id": asset.id,
        "org_id": shelf.org_id,
        "folder_id": asset.folder,
        "name": asset.name,
        "r2_key": f"{shelf.org_id}/{asset.id}/{asset.name}",
        "url": asset_url(call.part, asset),
        "mime_type": asset.mime,
        "size_bytes": asset.size,
        "asset_type": asset.mime.partition("/")[0],
        "source_type": wire["asset_source"],
        "created_by": shelf.user_id,
        "created_at": written(asset.created, wire["record_times"]),
        "updated_at": written(asset.confirmed, wire["record_times"]),
        "created_by_user": _user(call) if embedded else None,
    }


def asset_url(part: Part, asset: Asset) -> str:
    """Where an asset can be fetched."""
    return f"{part.base_url}{UPLOADS}{asset.id}"


def _user(call: Call) -> Mapping[str, Any]:
    names = call.part.contract.schemas.document("user.json")["properties"]
    return {name: value for name, value in person(call).items() if name in names}


def get_asset(call: Call) -> Reply:
    """One asset."""
    return json_reply(200, _record(call, _confirmed(call)))


def delete_asset(call: Call) -> Reply:
    """Forget an asset."""
    del own_shelf(call).assets[_confirmed(call).id]
    return Reply(204, b"")


def list_asset_types(call: Call) -> Reply:
    """The media types that can be uploaded."""
    types = call.part.contract.wire["asset_types"]
    rows = [{"mime_type": mime, "asset_type": mime.partition("/")[0]} for mime in types]
    keys = call.part.contract.wire["page_keys"].values()
    return json_reply(200, {"items": rows, **{key: None for key in keys if key}})

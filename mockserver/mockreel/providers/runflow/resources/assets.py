"""Files: announced, sent to a signed address, confirmed; then assets that inputs may refer to."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response, json_response
from mockreel.engine.artifacts.artifact import UPLOADS
from mockreel.engine.artifacts.uploads import Upload
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow.error_bodies import unknown
from mockreel.providers.runflow.resources.account_details import person
from mockreel.providers.runflow.state import Asset, own_shelf, state_of
from mockreel.providers.runflow.timestamps import format_timestamp
from mockreel.simulator.provider import Provider
from mockreel.simulator.request_context import RequestContext


def create_asset_upload(context: RequestContext) -> Response:
    """The first step: announce a file, and learn where to send it."""
    provider, body = context.provider, context.body
    if body["mime_type"] not in provider.contract.wire["asset_types"]:
        raise ErrorResponse("unsupported-media-type", values={"mime_type": body["mime_type"]})
    id_ = uuid7(context.now, provider.draw("asset", provider.count("asset")))
    asset = Asset(id_, body["filename"], body["mime_type"], context.now, body["size_bytes"])
    own_shelf(context).assets[id_] = asset
    expires = context.now + provider.contract.wire["upload_lifetime"]
    provider.uploads.announce(Upload(id_, asset.mime, asset.size, expires))
    address = provider.contract.operation("put_upload").path.replace("{asset_id}", id_)
    return json_response(201, {"asset_id": id_, "upload_url": f"{context.request.base_url}{address}"})


def put_upload(context: RequestContext) -> Response:
    """The second step, on the storage host: the bytes, with the type that was announced."""
    upload = context.provider.uploads.get(context.params["asset_id"])
    if upload is None:
        raise ErrorResponse("upload-unknown")
    if upload.expires is not None and context.now > upload.expires:
        raise ErrorResponse("upload-expired")
    if _sent_type(context) != upload.mime.lower():
        raise ErrorResponse("upload-mismatch")
    context.provider.uploads.store(upload.id, context.body)
    return Response(200, b"")


def _sent_type(context: RequestContext) -> str:
    header = context.request.header(b"content-type") or b""
    return header.decode("latin-1").partition(";")[0].strip().lower()


def confirm_upload(context: RequestContext) -> Response:
    """The third step: what was sent becomes an asset."""
    asset = _asset(context, context.params["asset_upload_id"])
    upload = context.provider.uploads.get(asset.id)
    if upload is None or upload.data is None:
        raise ErrorResponse("upload-not-found")
    asset.size = len(upload.data)
    asset.folder = (context.body or {}).get("folder_id", asset.folder)
    asset.confirmed = asset.confirmed or context.now
    return json_response(201, _record(context, asset))


def _asset(context: RequestContext, id: str) -> Asset:  # noqa: A002  (what the docs call it)
    found = own_shelf(context).assets.get(id)
    if found is None:
        raise unknown("Asset")
    return found


def _confirmed(context: RequestContext) -> Asset:
    asset = _asset(context, context.params["id"])
    if asset.confirmed is None:
        raise unknown("Asset")
    return asset


def _record(context: RequestContext, asset: Asset) -> Mapping[str, Any]:
    shelf, wire = own_shelf(context), context.provider.contract.wire
    embedded = "created_by_user" in (context.query.get("embed") or "").split(",")
    return {
        **state_of(context.provider).blank("asset.json"),
        "id": asset.id,
        "org_id": shelf.org_id,
        "folder_id": asset.folder,
        "name": asset.name,
        "r2_key": f"{shelf.org_id}/{asset.id}/{asset.name}",
        "url": asset_url(context.provider, asset),
        "mime_type": asset.mime,
        "size_bytes": asset.size,
        "asset_type": asset.mime.partition("/")[0],
        "source_type": wire["asset_source"],
        "created_by": shelf.user_id,
        "created_at": format_timestamp(asset.created, wire["record_times"]),
        "updated_at": format_timestamp(asset.confirmed, wire["record_times"]),
        "created_by_user": _user(context) if embedded else None,
    }


def asset_url(provider: Provider, asset: Asset) -> str:
    """Where an asset can be fetched."""
    return f"{provider.base_url}{UPLOADS}{asset.id}"


def _user(context: RequestContext) -> Mapping[str, Any]:
    names = context.provider.contract.schemas.document("user.json")["properties"]
    return {name: value for name, value in person(context).items() if name in names}


def get_asset(context: RequestContext) -> Response:
    return json_response(200, _record(context, _confirmed(context)))


def delete_asset(context: RequestContext) -> Response:
    del own_shelf(context).assets[_confirmed(context).id]
    return Response(204, b"")


def list_asset_types(context: RequestContext) -> Response:
    """The media types that can be uploaded."""
    types = context.provider.contract.wire["asset_types"]
    rows = [{"mime_type": mime, "asset_type": mime.partition("/")[0]} for mime in types]
    keys = context.provider.contract.wire["page_keys"].values()
    return json_response(200, {"items": rows, **{key: None for key in keys if key}})

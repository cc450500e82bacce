"""Uploaded files: stored under a drawn name, and served from the provider's own port."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.form import FilePart
from mockreel.contract.messages.message import Response
from mockreel.engine.artifacts.artifact import UPLOADS
from mockreel.engine.artifacts.uploads import Upload
from mockreel.providers.runninghub.resources.legacy_tasks import enveloped
from mockreel.providers.runninghub.state import shelf_of
from mockreel.simulator.request_context import RequestContext

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


def upload_media(context: RequestContext) -> Response:
    """Store a file; the response has its URL and type."""
    file, stem, suffix = _store(context)
    return enveloped(
        context,
        {
            "type": _type(context, file.mime),
            "download_url": f"{context.request.base_url}{UPLOADS}{stem}{suffix}",
            "fileName": _name(context, "new", stem, suffix),
            "size": str(len(file.data)),
        },
    )


def upload_file(context: RequestContext) -> Response:
    """Store a file; the response has its name for a workflow's nodes."""
    file, stem, suffix = _store(context, limit=context.provider.contract.wire["upload_limits"].get("old"))
    name = _name(context, "old", stem, suffix)
    return enveloped(
        context, {"fileName": name, "fileType": context.body.fields.get("fileType") or _type(context, file.mime)}
    )


def get_lora_upload_url(context: RequestContext) -> Response:
    """The upload URL for a LoRA, and its name for the loader: the same for the same bytes."""
    md5 = str(context.body["md5Hex"]).lower()
    name: str = context.provider.contract.wire["lora_name"].replace("{md5}", md5)
    id_ = f"{context.provider.draw('lora', context.account.number, md5, size=16).hex()}{PurePosixPath(name).suffix}"
    if context.provider.uploads.get(id_) is None:
        context.provider.uploads.announce(Upload(id_, "application/octet-stream"))
    return enveloped(context, {"fileName": name, "url": f"{context.request.base_url}{UPLOADS}{id_}"})


def _store(context: RequestContext, *, limit: int | None = None) -> tuple[FilePart, str, str]:
    """Keep the file of a form; gives it with its new stem and its suffix."""
    file: FilePart | None = context.body.files.get("file")
    if file is None:
        raise ErrorResponse("apikey-upload-failed")
    if limit is not None and len(file.data) > limit:
        raise ErrorResponse("apikey-file-size-exceeded")
    shelf = shelf_of(context.account)
    shelf.uploads += 1
    stem = context.provider.draw("upload", context.account.number, shelf.uploads, size=32).hex()
    suffix = _suffix(file.filename)
    # An expiry in the past: the URL is for downloads only.
    context.provider.uploads.announce(Upload(stem + suffix, file.mime, len(file.data), expires=0.0, data=file.data))
    return file, stem, suffix


def _suffix(filename: str) -> str:
    found = PurePosixPath(filename).suffix.lower()
    return found if _SUFFIX.fullmatch(found) else ""


def _name(context: RequestContext, which: str, stem: str, suffix: str) -> str:
    names = context.provider.contract.wire["upload_names"]
    template: str = names.get(f"{which}_by_suffix", {}).get(suffix) or names[which]
    return template.replace("{hex}", stem).replace("{suffix}", suffix)


def _type(context: RequestContext, mime: str) -> str:
    rows: list[Mapping[str, Any]] = context.provider.contract.wire["upload_types"]
    return next(str(row["type"]) for row in rows if mime.startswith(row["prefix"]))

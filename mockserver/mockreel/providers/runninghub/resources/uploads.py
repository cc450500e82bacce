"""Files that are uploaded: kept under a drawn name, and served back from the provider's own port."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.form import FilePart
from mockreel.contract.messages.message import Reply
from mockreel.engine.artifacts.artifact import UPLOADS
from mockreel.engine.artifacts.uploads import Upload
from mockreel.providers.runninghub.resources.legacy_tasks import enveloped
from mockreel.providers.runninghub.state import shelf_of
from mockreel.simulator.context import Call

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


def upload_media(call: Call) -> Reply:
    """Take a file; the answer says where it is fetched and what it is."""
    file, stem, suffix = _take(call)
    return enveloped(
        call,
        {
            "type": _type(call, file.mime),
            "download_url": f"{call.request.base_url}{UPLOADS}{stem}{suffix}",
            "fileName": _name(call, "new", stem, suffix),
            "size": str(len(file.data)),
        },
    )


def upload_file(call: Call) -> Reply:
    """Take a file; the answer has the name that a workflow's nodes know it by."""
    file, stem, suffix = _take(call, limit=call.part.contract.wire["upload_limits"].get("old"))
    name = _name(call, "old", stem, suffix)
    return enveloped(call, {"fileName": name, "fileType": call.body.fields.get("fileType") or _type(call, file.mime)})


def get_lora_upload_url(call: Call) -> Reply:
    """Where the bytes of a LoRA are sent, and the name that its loader knows it by: the same for the same bytes."""
    md5 = str(call.body["md5Hex"]).lower()
    name: str = call.part.contract.wire["lora_name"].replace("{md5}", md5)
    id_ = f"{call.part.draw('lora', call.account.number, md5, size=16).hex()}{PurePosixPath(name).suffix}"
    if call.part.uploads.get(id_) is None:
        call.part.uploads.announce(Upload(id_, "application/octet-stream"))
    return enveloped(call, {"fileName": name, "url": f"{call.request.base_url}{UPLOADS}{id_}"})


def _take(call: Call, *, limit: int | None = None) -> tuple[FilePart, str, str]:
    """Keep the file of a form; gives it with its new stem and its suffix."""
    file: FilePart | None = call.body.files.get("file")
    if file is None:
        raise Refused("apikey-upload-failed")
    if limit is not None and len(file.data) > limit:
        raise Refused("apikey-file-size-exceeded")
    shelf = shelf_of(call.account)
    shelf.uploads += 1
    stem = call.part.draw("upload", call.account.number, shelf.uploads, size=32).hex()
    suffix = _suffix(file.filename)
    # An expiry in the past: the address is for fetching, nobody may send another file to it.
    call.part.uploads.announce(Upload(stem + suffix, file.mime, len(file.data), expires=0.0, data=file.data))
    return file, stem, suffix


def _suffix(filename: str) -> str:
    found = PurePosixPath(filename).suffix.lower()
    return found if _SUFFIX.fullmatch(found) else ""


def _name(call: Call, which: str, stem: str, suffix: str) -> str:
    names = call.part.contract.wire["upload_names"]
    template: str = names.get(f"{which}_by_suffix", {}).get(suffix) or names[which]
    return template.replace("{hex}", stem).replace("{suffix}", suffix)


def _type(call: Call, mime: str) -> str:
    rows: list[Mapping[str, Any]] = call.part.contract.wire["upload_types"]
    return next(str(row["type"]) for row in rows if mime.startswith(row["prefix"]))

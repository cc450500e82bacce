"""What a run is given: media that stand in it are stored as assets, and references to assets are looked up."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from mockreel.contract.messages.error_response import Refused
from mockreel.contract.validation import Violation
from mockreel.engine.artifacts.uploads import Upload
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow.state import Asset, shelf_of, state_of
from mockreel.simulator.context import Call

_DATA_URI = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+)(?P<more>(?:;[\w.+-]+=[^;,]*)*)(?P<base64>;base64)?,")

Path = tuple[str | int, ...]


def stored(call: Call, value: Any, *, at: Path = ()) -> bytes:
    """The JSON of an input or of metadata, with every data URI in it replaced by a reference to its asset.

    Raises:
        Refused: it refers to an asset that this account does not have, or a data URI cannot be decoded.
    """
    raw = orjson.dumps(value)
    if b'"data:' not in raw and state_of(call.part).reference not in raw:
        return raw
    return orjson.dumps(_walk(call, value, at))


def _walk(call: Call, value: Any, at: Path) -> Any:
    if isinstance(value, Mapping):
        return {key: _walk(call, item, (*at, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(call, item, (*at, index)) for index, item in enumerate(value)]
    return _text(call, value, at) if isinstance(value, str) else value


def _text(call: Call, text: str, at: Path) -> str:
    reference = state_of(call.part).reference.decode()
    if text.startswith(reference):
        _look_up(call, text.removeprefix(reference))
        return text
    head = _DATA_URI.match(text)
    return reference + _store(call, head, text[head.end() :], at) if head else text


def _look_up(call: Call, id: str) -> None:  # noqa: A002  (what the docs call it)
    asset = shelf_of(call.part, call.account).assets.get(id)
    if asset is None or asset.confirmed is None:
        raise Refused("asset-not-found", values={"asset": id})


def _store(call: Call, head: re.Match[str], rest: str, at: Path) -> str:
    data = _decoded(head, rest, at)
    id_ = uuid7(call.now, call.part.draw("asset", call.part.count("asset")))
    mime = head["mime"]
    name = f"{id_}.{mime.partition('/')[2]}"
    call.part.uploads.announce(Upload(id_, mime, len(data), call.now, data))
    shelf_of(call.part, call.account).assets[id_] = Asset(id_, name, mime, call.now, len(data), confirmed=call.now)
    return id_


def _decoded(head: re.Match[str], rest: str, at: Path) -> bytes:
    if not head["base64"]:
        return unquote_to_bytes(rest)
    try:
        return b64decode(unquote_to_bytes(rest), validate=True)
    except (NotBase64, ValueError) as problem:
        wrong = Violation(at, "format", f"the data URI cannot be decoded: {problem}", None, "data URI")
        raise Refused("invalid-body", violations=(wrong,)) from problem

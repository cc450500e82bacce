"""What a run is given: media that stand in it are stored as assets, and references to assets are looked up."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.validation import Violation
from mockreel.engine.artifacts.uploads import Upload
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow.state import Asset, shelf_of, state_of
from mockreel.simulator.request_context import RequestContext

_DATA_URI = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+)(?P<more>(?:;[\w.+-]+=[^;,]*)*)(?P<base64>;base64)?,")

Path = tuple[str | int, ...]


def stored(context: RequestContext, value: Any, *, at: Path = ()) -> bytes:
    """The JSON of an input or of metadata, with every data URI in it replaced by a reference to its asset.

    Raises:
        ErrorResponse: it refers to an asset that this account does not have, or a data URI cannot be decoded.
    """
    raw = orjson.dumps(value)
    if b'"data:' not in raw and state_of(context.provider).reference not in raw:
        return raw
    return orjson.dumps(_walk(context, value, at))


def _walk(context: RequestContext, value: Any, at: Path) -> Any:
    if isinstance(value, Mapping):
        return {key: _walk(context, item, (*at, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(context, item, (*at, index)) for index, item in enumerate(value)]
    return _text(context, value, at) if isinstance(value, str) else value


def _text(context: RequestContext, text: str, at: Path) -> str:
    reference = state_of(context.provider).reference.decode()
    if text.startswith(reference):
        _look_up(context, text.removeprefix(reference))
        return text
    head = _DATA_URI.match(text)
    return reference + _store(context, head, text[head.end() :], at) if head else text


def _look_up(context: RequestContext, id: str) -> None:  # noqa: A002  (what the docs call it)
    asset = shelf_of(context.provider, context.account).assets.get(id)
    if asset is None or asset.confirmed is None:
        raise ErrorResponse("asset-not-found", values={"asset": id})


def _store(context: RequestContext, head: re.Match[str], rest: str, at: Path) -> str:
    data = _decoded(head, rest, at)
    id_ = uuid7(context.now, context.provider.draw("asset", context.provider.count("asset")))
    mime = head["mime"]
    name = f"{id_}.{mime.partition('/')[2]}"
    context.provider.uploads.announce(Upload(id_, mime, len(data), context.now, data))
    shelf_of(context.provider, context.account).assets[id_] = Asset(
        id_, name, mime, context.now, len(data), confirmed=context.now
    )
    return id_


def _decoded(head: re.Match[str], rest: str, at: Path) -> bytes:
    data = unquote_to_bytes(rest) if "%" in rest else rest.encode()
    if not head["base64"]:
        return data
    try:
        return b64decode(data, validate=True)
    except (NotBase64, ValueError) as problem:
        wrong = Violation(at, "format", f"the data URI cannot be decoded: {problem}", None, "data URI")
        raise ErrorResponse("invalid-body", violations=(wrong,)) from problem

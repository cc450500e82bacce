"""A request as a log has it: without its key, whole otherwise, and back."""

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

import orjson

from mockreel.contract.messages.message import Request
from mockreel.errors import StateError
from mockreel.simulator.fault_selection import WIRE
from mockreel.simulator.request_context import RequestContext
from mockreel.simulator.storage.logs.log_entry import read, written
from mockreel.simulator.storage.logs.run_log import RunLog

# A longer body is stored beside the log, once for all entries that have it.
MOST_INLINE = 16 * 1024
# The alias of an unknown key; it is rejected where any other is admitted.
UNKNOWN_KEY = "invalid-key"


def alias(number: int) -> str:
    """The alias of an admitted key: the number of its admission with its provider."""
    return f"mockreel-key-{number}"


def alias_of(hashed: str) -> str:
    """The alias of a key in a log that several servers write: its keyed hash."""
    return f"mockreel-key-{hashed}"


class Files(Protocol):
    """Storage of long bodies."""

    def keep_file(self, data: bytes) -> str:
        """Keep a body; gives its name."""
        ...


def write(context: RequestContext, *, key: str, unpacked: bool, files: Files) -> dict[str, Any]:
    """The fields of a request.

    Args:
        key: the alias of its key.
        unpacked: its body was sent compressed, and is not any more.
        files: the storage of long bodies.
    """
    request, own = context.request, context.key
    headers = _headers(context, key=key, unpacked=unpacked)
    query, body, path = request.query, request.body, request.path
    if own:
        query = _without(query, headers.forms, key) if query else query
        body = _without(body, headers.forms, key) if body else body
        path = path.replace(own, key) if len(own) >= MOST_WORD else path
    found: dict[str, Any] = {
        "p": context.provider.name,
        "m": request.method,
        "path": path,
        "u": request.base_url,
        "h": headers.row,
    }
    if query:
        found["q"] = written(query)
    if body:
        found["b"] = _body(body, files)
    if WIRE in (request.state or ()):
        found["w"] = 1
    return found


class _Headers(NamedTuple):
    """What is written of some headers, as JSON; `forms` are the ways to write their key; and what both depend on."""

    row: orjson.Fragment
    forms: Collection[bytes]
    cause: tuple[Any, ...]


def _headers(context: RequestContext, *, key: str, unpacked: bool) -> _Headers:
    """What is written of a request's headers; a connection that sends the same ones again has it ready."""
    facts, operation = context.request.facts, context.known_operation
    cause = (context.provider.capture, None if operation is None else operation.key, context.key, key, unpacked)
    known: _Headers | None = facts.written
    if known is None or known.cause != cause:
        row = orjson.Fragment(orjson.dumps(_rows(context, key, unpacked)))
        known = facts.written = _Headers(row, _forms(context.key) if context.key else (), cause)
    return known


def _rows(context: RequestContext, key: str, unpacked: bool) -> list[tuple[str, str]]:
    own, stored = context.key, context.provider.capture.headers - _NOISE
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in context.request.headers
        if name in stored and not (unpacked and name == b"content-encoding")
    ]
    if own:
        headers = [(name, value.replace(own, key) if own in value else value) for name, value in headers]
        headers += _in_headers(context, own, key)
    return headers


# Headers that the journal stores, and that no response depends on.
_NOISE = frozenset({b"accept", b"content-length", b"range", b"user-agent"})
# A key that is written in one way everywhere.
_PLAIN = re.compile(rb"[\w.~-]+")
# A shorter key may be an ordinary word: it is only replaced where it is a key.
MOST_WORD = 8


def _body(body: bytes, files: Files) -> dict[str, str]:
    """A body as a field; a long one is stored beside the log, unless that is impossible now."""
    if len(body) > MOST_INLINE:
        with suppress(StateError):
            return {"file": files.keep_file(body)}
    return dict(written(body))


def _in_headers(context: RequestContext, own: str, key: str) -> list[tuple[str, str]]:
    """The header that carried the key, with its alias instead."""
    operation = context.known_operation
    for place in operation.key if operation is not None else ():
        value = context.request.header(place.header) if place.kind == "header" else None
        if value and own in (text := value.decode("latin-1")):
            return [(place.header.decode("latin-1"), text.replace(own, key))]
    return []


def _forms(own: str) -> set[bytes]:
    """The ways to write a key: as it is, quoted for an address, and as a text in JSON."""
    raw = own.encode("utf-8", "surrogateescape")
    if _PLAIN.fullmatch(raw):
        return {raw}
    return {raw, quote(raw, safe="").encode(), orjson.dumps(own.encode("utf-8", "replace").decode())[1:-1]}


def _without(data: bytes, forms: Collection[bytes], key: str) -> bytes:
    """Bytes without a key, in any encoding; a short key is replaced only where it is a whole value."""
    for form in forms:
        if form not in data:
            continue
        if len(form) >= MOST_WORD:
            data = data.replace(form, key.encode())
        else:
            data = re.sub(rb"(?<![\w.-])" + re.escape(form) + rb"(?![\w.-])", key.encode(), data)
    return data


def request_of(fields: Mapping[str, Any], log: RunLog) -> Request:
    """The request that was written.

    Raises:
        StateError: its body is missing.
    """
    body = fields.get("b")
    raw = b"" if body is None else log.file(body["file"]) if "file" in body else read(body)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields["h"]]
    query = read(fields["q"]) if "q" in fields else b""
    state = {WIRE: None} if "w" in fields else None
    return Request(fields["m"], fields["path"], headers, query, raw, fields["u"], state)

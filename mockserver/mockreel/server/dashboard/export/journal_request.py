"""A journaled request, ready to be sent again: the place of its key, and what the journal has not stored of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

import orjson

from mockreel.contract import Contract, Operation
from mockreel.contract.operations import Place
from mockreel.engine.journal.journal import Entry
from mockreel.engine.redaction import MASK
from mockreel.simulator.provider import Provider

# Headers that every sender sets itself.
_SENDER_HEADERS = frozenset({"content-length", "user-agent", "accept", "host"})
_SIZE_AND_HASH = frozenset({"bytes", "sha256"})
_URI_MARK = re.compile(rb";base64,\(\d+ bytes, sha256 [0-9a-f]{64}\)")
_NO_BODIES = "The journal of this server stores no bodies, headers or queries (--no-bodies): what was sent is not here."
# No key that anybody admits.
WRONG_KEY = "invalid-key"
# Characters that a path and a query may contain unescaped.
_PATH = "/:@!$&'()*+,;=~-._"
_QUERY = _PATH + "?%"


@dataclass(frozen=True, slots=True)
class JournaledRequest:
    """One request to repeat; `key` is the place of its key, `lacks` what the journal has not stored of it."""

    provider: Provider = field(repr=False)
    entry: Entry
    operation: Operation | None
    key: Place | None
    headers: tuple[tuple[str, str], ...]
    kind: str  # of the body: json, form, bytes or none
    lacks: tuple[str, ...]

    @property
    def path(self) -> str:
        return quote(self.entry.path, safe=_PATH)

    @property
    def query(self) -> str:
        """The query, as in a URL, without its key."""
        name = self.key.name if self.key is not None and self.key.kind == "query" else None
        pairs = [pair for pair in self.entry.query.split("&") if pair and unquote(pair.partition("=")[0]) != name]
        return quote("&".join(pairs), safe=_QUERY, encoding="utf-8")

    @property
    def content_type(self) -> str:
        """The declared kind of its body."""
        return next((value for name, value in self.headers if name == "content-type"), "")

    @property
    def wrong_key(self) -> bool:
        return self.entry.row == "wrong-key"

    @property
    def roles(self) -> tuple[str, str] | None:
        """The prefix of a key and that of the admin's key which this operation takes; None where any will do."""
        if self.operation is None or not self.operation.admin or self.entry.row == "forbidden":
            return None
        contract = self.provider.contract
        rows = contract.root.get("keys", {}).get("prefixes", [])
        admin = next((row["prefix"] for row in rows if row.get("role") == "admin"), None)
        own = next((row["prefix"] for row in rows if contract.example_key.startswith(row["prefix"])), None)
        return (own, admin) if own and admin else None


def journaled_request(provider: Provider, entry: Entry) -> JournaledRequest:
    """A journal's entry as a request that can be sent again."""
    operation = operation_of(provider.contract, entry)
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in entry.headers
        if name.decode("latin-1") not in _SENDER_HEADERS and MASK.encode() not in value
    )
    kind = _kind(entry, operation)
    lacks = [*_lacks(entry, kind), *([] if provider.settings.keep_bodies else [_NO_BODIES])]
    return JournaledRequest(provider, entry, operation, _key_place(operation, entry), headers, kind, tuple(lacks))


def operation_of(contract: Contract, entry: Entry) -> Operation | None:
    """The operation of an entry, or None where its path or method was not known."""
    return contract.operation(entry.operation) if entry.operation is not None else None


def _key_place(operation: Operation | None, entry: Entry) -> Place | None:
    """The place of the key: a masked field or parameter, else the header that the contract names."""
    if operation is None or not operation.key or entry.row == "no-key":
        return None
    for place in operation.key:
        if place.kind == "body" and MASK in str(_fields(entry).get(place.name, "")):
            return place
        if place.kind == "query" and f"{place.name}={MASK}" in unquote(entry.query):
            return place
    return next((place for place in operation.key if place.kind == "header"), operation.key[0])


def _fields(entry: Entry) -> Mapping[str, Any]:
    """The fields of a body, of a form's too."""
    body = entry.json
    if not isinstance(body, dict):
        return {}
    fields = body.get("fields")
    return fields if set(body) == {"fields", "files"} and isinstance(fields, dict) else body


def _kind(entry: Entry, operation: Operation | None) -> str:
    if not entry.body:
        return "none"
    body = entry.json
    if isinstance(body, dict) and set(body) <= _SIZE_AND_HASH and "bytes" in body:
        return "bytes"
    if operation is not None and operation.body == "form" and isinstance(body, dict) and "files" in body:
        return "form"
    return "text" if body is None else "json"


def _lacks(entry: Entry, kind: str) -> list[str]:
    """What must be filled in by hand, without any text of the request."""
    found = []
    if kind == "bytes":
        found.append("The journal has only the size and hash of the body.")
    if kind == "form" and orjson.loads(entry.body)["files"]:
        found.append("The journal has only the size and hash of the files.")
    if _URI_MARK.search(entry.body):
        found.append("The journal has only the size and hash of data URIs.")
    return found

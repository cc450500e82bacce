"""A request as the journal kept it, ready to be sent again: where its key stood, and what of it was not kept."""

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

# Whoever sends the request again says these again.
_LEFT_TO_THE_SENDER = frozenset({"content-length", "user-agent", "accept", "host"})
_KEPT_BYTES = frozenset({"bytes", "sha256"})
_URI_MARK = re.compile(rb";base64,\(\d+ bytes, sha256 [0-9a-f]{64}\)")
_NO_BODIES = "This stage's journal keeps no bodies, headers or queries (--no-bodies): what was sent is not here."
# No key that anybody admits.
WRONG_KEY = "invalid-key"
# What may stand in a path and in a query as it is.
_PATH = "/:@!$&'()*+,;=~-._"
_QUERY = _PATH + "?%"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to be told again; `key` is where its key goes, `lacks` what the journal has not kept of it."""

    provider: Provider = field(repr=False)
    entry: Entry
    operation: Operation | None
    key: Place | None
    headers: tuple[tuple[str, str], ...]
    kind: str  # of the body: json, form, bytes or none
    lacks: tuple[str, ...]

    @property
    def path(self) -> str:
        """The path as it stands in a URL."""
        return quote(self.entry.path, safe=_PATH)

    @property
    def query(self) -> str:
        """The query as it stands in a URL, without its key."""
        name = self.key.name if self.key is not None and self.key.kind == "query" else None
        kept = [pair for pair in self.entry.query.split("&") if pair and unquote(pair.partition("=")[0]) != name]
        return quote("&".join(kept), safe=_QUERY, encoding="utf-8")

    @property
    def content_type(self) -> str:
        """What kind of body it says it has."""
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


def asked(provider: Provider, entry: Entry) -> Asked:
    """A journal's entry as a request that can be sent again."""
    operation = operation_of(provider.contract, entry)
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in entry.headers
        if name.decode("latin-1") not in _LEFT_TO_THE_SENDER and MASK.encode() not in value
    )
    kind = _kind(entry, operation)
    lacks = [*_lacks(entry, kind), *([] if provider.settings.keep_bodies else [_NO_BODIES])]
    return Asked(provider, entry, operation, _key_place(operation, entry), headers, kind, tuple(lacks))


def operation_of(contract: Contract, entry: Entry) -> Operation | None:
    """The operation of an entry, or None where its path or method was not known."""
    return contract.operation(entry.operation) if entry.operation is not None else None


def _key_place(operation: Operation | None, entry: Entry) -> Place | None:
    """Where the key stood: a masked field or parameter, else the header that the contract names."""
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
    if isinstance(body, dict) and set(body) <= _KEPT_BYTES and "bytes" in body:
        return "bytes"
    if operation is not None and operation.body == "form" and isinstance(body, dict) and "files" in body:
        return "form"
    return "text" if body is None else "json"


def _lacks(entry: Entry, kind: str) -> list[str]:
    """What must be filled in by hand, in our words: nothing of the request stands in them."""
    found = []
    if kind == "bytes":
        found.append("Of the body the journal has kept its size and hash.")
    if kind == "form" and orjson.loads(entry.body)["files"]:
        found.append("Of the files the journal has kept their size and hash.")
    if _URI_MARK.search(entry.body):
        found.append("Of data URIs the journal has kept their size and hash.")
    return found

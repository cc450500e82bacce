"""Headers: only those that the contract names are stored, with values that are plain words."""

import re

from mockreel.cassettes.cassette import Headers
from mockreel.cassettes.redaction.placeholders import Placeholders
from mockreel.cassettes.redaction.storable_text import TextRedactor
from mockreel.cassettes.redaction.urls import AddressRedactor
from mockreel.client.profile import ClientProfile
from mockreel.contract import Contract, Operation
from mockreel.contract.operations import resolve

# What HTTP itself needs to be understood.
_HTTP_REQUEST = ("accept", "content-type", "user-agent")
_HTTP_RESPONSE = ("content-type", "location", "retry-after")
_OURS = "mockreel/"
_MEDIA_TYPE = re.compile(r"\s*([\w.+*-]+/[\w.+*-]+)\s*(;\s*charset=[\w-]+)?", re.ASCII)


class HeaderRedactor:
    """Cleans the headers of one provider's exchanges."""

    def __init__(
        self,
        contract: Contract,
        profile: ClientProfile,
        texts: TextRedactor,
        addresses: AddressRedactor,
        placeholders: Placeholders,
    ) -> None:
        self._texts = texts
        self._addresses = addresses
        self._placeholders = placeholders
        operations = contract.operations
        self._keys = {
            place.name.lower(): place.scheme for one in operations for place in one.key if place.kind == "header"
        }
        signature = contract.callbacks.signature
        self._signature = signature.header.lower() if signature else ""
        self._ids = _ids(profile)
        self._request = {
            *_HTTP_REQUEST,
            *self._keys,
            *self._ids,
            *(n for one in operations for n in _parameters(contract, one)),
        }
        self._reply = {
            *_HTTP_RESPONSE,
            *self._ids,
            *_charge_headers(profile),
            *(n for one in operations for n in _replies(contract, one)),
        }
        self._called = {"content-type", self._signature, *(row.name.lower() for row in contract.callbacks.headers)}

    def request(self, headers: Headers) -> Headers:
        return self._redacted(headers, self._request)

    def reply(self, headers: Headers) -> Headers:
        return self._redacted(headers, self._reply)

    def webhook_headers(self, headers: Headers) -> Headers:
        return self._redacted(headers, self._called)

    def _redacted(self, headers: Headers, allowed: set[str]) -> Headers:
        return tuple((name, self._value(name.lower(), value)) for name, value in headers if name.lower() in allowed)

    def _value(self, name: str, value: str) -> str:
        if name in self._keys:
            return self._key(value, self._keys[name])
        if name in ("content-type", "accept"):
            found = _MEDIA_TYPE.match(value)
            return f"{found[1]}{found[2] or ''}" if found else "application/octet-stream"
        if name == "location":
            return self._addresses.address(value)
        if name == self._signature:
            return self._placeholders.of(value, "signature")
        if name in self._ids:
            return self._placeholders.of(value, "id")
        is_stored = value.startswith(_OURS) if name == "user-agent" else self._texts.is_word(value)
        return value if is_stored else self._placeholders.of(value, "text")

    def _key(self, value: str, scheme: str) -> str:
        word, space, key = value.partition(" ")
        if scheme and space and word.lower() == scheme.lower():
            return f"{scheme} {self._placeholders.of(key.strip(), 'key')}"
        return self._placeholders.of(value, "key")


def _ids(profile: ClientProfile) -> set[str]:
    """Headers that name a request."""
    found = {place for place in profile.errors.request_ids if not place.startswith("/")}
    if profile.mark is not None and profile.mark.place.kind == "header":
        found.add(profile.mark.place.name)
    return {name.lower() for name in (*found, *([profile.idempotency] if profile.idempotency else []))}


def _charge_headers(profile: ClientProfile) -> set[str]:
    places = (row.at for job in profile.jobs.values() for row in job.spent)
    return {place.lower() for place in places if not place.startswith("/")}


def _parameters(contract: Contract, operation: Operation) -> set[str]:
    rows = (resolve(contract.document, row, where=operation.id) for row in operation.raw.get("parameters", ()))
    return {row["name"].lower() for row in rows if row["in"] == "header"}


def _replies(contract: Contract, operation: Operation) -> set[str]:
    """The headers that an operation's responses have."""
    rows = (resolve(contract.document, row, where=operation.id) for row in operation.raw.get("responses", {}).values())
    return {name.lower() for row in rows for name in row.get("headers", {})}

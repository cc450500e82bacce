"""What of a message may be kept: no secret, no file, nothing endless."""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import orjson

from mockreel.contract.messages.message import exact

MASK = "…"
_MASK = MASK.encode()
# A longer body is kept as its size and hash.
MOST_KEPT = 64 * 1024

_DATA_URI = re.compile(rb"data:([\w.+/\\-]*(?:;[\w=.+-]+)*);base64,([A-Za-z0-9+/=_\\-]*)")


def left_out(data: bytes) -> bytes:
    """What is kept in place of bytes that are not: their size and hash, as JSON."""
    return orjson.dumps({"bytes": len(data), "sha256": sha256(data).hexdigest()})


def without_files(body: bytes) -> bytes:
    """A body with each data URI replaced by its type, size and hash."""
    return _DATA_URI.sub(_described, body) if b";base64," in body else body


# Who logs in, as it stands in an address; and a parameter of its query that lets somebody in, by its name.
_LOGIN = re.compile(rb"(://)[^/\s\"'<>@]{1,2000}@")
_TICKET = re.compile(
    rb"([?&][\w.%-]{0,100}(?:token|secret|key|sig|signature|auth|credential|password|passwd|pwd|jwt)=)[^&#\s\"'<>]+",
    re.IGNORECASE,
)


def without_logins(body: bytes) -> bytes:
    """A body whose addresses name no user and no password, and carry no token."""
    if b"://" not in body:
        return body
    if b"@" in body:
        body = _LOGIN.sub(rb"\1" + _MASK + b"@", body)
    return _TICKET.sub(rb"\1" + _MASK, body) if b"?" in body else body


def _described(found: "re.Match[bytes]") -> bytes:
    data = found[2]
    return b"data:%s;base64,(%d bytes, sha256 %s)" % (found[1], len(data), sha256(data).hexdigest().encode())


# What JSON writes in another way than it is.
_NEEDS_ESCAPES = re.compile(rb'["\\\x00-\x1f\x7f-\xff]')


def _as_json(text: str) -> bytes:
    """A text as JSON writes it, without its quotes; halves of surrogates, which JSON cannot hold, are replaced."""
    return orjson.dumps(text.encode("utf-8", "replace").decode())[1:-1]


class Texts:
    """The texts that must not be kept, as they may stand in bytes: as they are, and as JSON writes them."""

    __slots__ = ("texts", "written")

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.written = [text.encode("utf-8", "replace") for text in texts]
        for written in self.written:
            if not written.isalnum() and _NEEDS_ESCAPES.search(written):
                self.written = [*self.written, *map(_as_json, texts)]
                break

    def masked(self, data: bytes) -> bytes:
        """The bytes with the texts masked; the same object where there is none."""
        for written in self.written:
            if written in data:
                data = data.replace(written, _MASK)
        return data

    def masked_pairs(self, pairs: list[tuple[bytes, bytes]]) -> tuple[tuple[bytes, bytes], ...]:
        """Headers with the texts masked."""
        values = b"\n".join([value for _, value in pairs])
        for written in self.written:
            if written in values:
                return tuple([(name, self.masked(value)) for name, value in pairs])
        return tuple(pairs)

    def masked_text(self, text: str) -> str:
        """A text with the texts masked."""
        for one in self.texts:
            if one in text:
                text = text.replace(one, MASK)
        return text


def without_fields(value: Any, names: frozenset[str]) -> Any:
    """A JSON value with the texts of these fields masked, however deep they stand."""
    if isinstance(value, dict):
        return {
            name: MASK if name in names and isinstance(inner, str) else without_fields(inner, names)
            for name, inner in value.items()
        }
    return [without_fields(inner, names) for inner in value] if isinstance(value, list) else value


class Masks:
    """The masks of one provider.

    Args:
        fields: names of fields and of query parameters whose texts are secrets.
    """

    def __init__(self, fields: Iterable[str]) -> None:
        self._names = frozenset(fields)
        self._words = tuple(name.encode() for name in self._names)

    def json(self, body: bytes, parsed: Any, hidden: Texts) -> bytes:
        """A JSON body as it may be kept; `parsed` is what it says."""
        kept = body
        if b"\\" in body:  # a key could be written so that nobody finds it
            kept = exact(orjson.dumps(parsed))
        if self.concern(kept):
            kept = exact(orjson.dumps(without_fields(parsed, self._names)))
        if b"@" in kept or b"?" in kept or b";base64," in kept:
            kept = without_logins(without_files(kept))
        return self.bounded(hidden.masked(kept))

    def reply(self, body: bytes, hidden: Texts, *, harmless: bool = False) -> bytes:
        """A reply's body as it may be kept: our own JSON, so without disguises; a harmless one has no secret field."""
        if len(body) > MOST_KEPT:
            return orjson.dumps({"bytes": len(body)})
        if harmless or not self.concern(body):
            kept = exact(body)
            return hidden.masked(without_logins(kept) if b"@" in kept or b"?" in kept else kept)
        try:
            kept = exact(orjson.dumps(without_fields(orjson.loads(body), self._names)))
            return hidden.masked(without_logins(kept))
        except orjson.JSONDecodeError:
            return left_out(body)

    def query(self, query: bytes, hidden: Texts) -> str:
        """A query as it may be kept."""
        if not (self._words and (b"%" in query or self.concern(query))):
            return hidden.masked(query).decode("latin-1")
        shown = (
            f"{name}={MASK if name in self._names else value}"
            for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        )
        return hidden.masked("&".join(shown).encode("utf-8", "replace")).decode()

    def value(self, value: Any) -> Any:
        """A JSON value as it may be shown."""
        return without_fields(value, self._names)

    def address(self, url: str) -> str:
        """An address as it may be shown: secret parameters of its query masked, and no password."""
        try:
            parts = urlsplit(url)
        except ValueError:  # a bracket without its other half
            return MASK if "@" in url or "?" in url else url
        query = self.query(parts.query.encode("utf-8", "replace"), Texts(())) if parts.query else ""
        host = f"{MASK}@{parts.netloc.rpartition('@')[2]}" if "@" in parts.netloc else parts.netloc
        return without_logins(urlunsplit(parts._replace(netloc=host, query=query)).encode("utf-8", "replace")).decode()

    def concern(self, text: bytes) -> bool:
        """Whether a secret field may be named in a text."""
        for word in self._words:  # noqa: SIM110  (any() takes three times as long, and each body comes here)
            if word in text:
                return True
        return False

    def bounded(self, body: bytes) -> bytes:
        return body if len(body) <= MOST_KEPT else left_out(body)

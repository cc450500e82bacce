"""Redaction of messages: no secrets, no files, nothing unbounded. Every output uses it.

A secret is masked by its place (a field, parameter, cookie or part of a URL with such a name, and where the
contract has the key) and by its form (a key that was used here, in any encoding, or a text that looks like one). Any
other text stays: a short word that serves as a key is masked in its place only.
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import unquote_plus

import orjson

from mockreel.contract.messages.body import MOST_VALUES, read_json
from mockreel.contract.messages.message import exact
from mockreel.engine.redaction.data_uris import left_out, without_files
from mockreel.engine.redaction.fingerprints import MASK, Fingerprints, cut_text
from mockreel.engine.redaction.quoted_members import masked_members
from mockreel.engine.redaction.secret_detection import LEAST, SIGNS, is_hex, is_key, is_mixed, secrets_in
from mockreel.engine.redaction.secret_field_names import (
    may_name_secret,
    might_name_secret,
    names_address,
    names_callback,
    names_secret,
)
from mockreel.engine.redaction.url_logins import may_have_login
from mockreel.engine.redaction.url_redaction import (
    masked_callback,
    masked_query,
    masked_steps,
    masked_urls,
    secrets_of,
    strange_path,
)

# A longer body is stored as its size and hash.
MOST_KEPT = 64 * 1024
# A body that is longer without its files is not searched for secrets, so only its size is stored.
MOST_MASKED = 1024 * 1024
# How much is stored of a body that is not JSON.
MOST_UNREAD = 1000
NONE = Fingerprints()
# `api_key=…`, `password: …`, `<token>…`.
_PAIR = re.compile(r"(?<![\w.-])([A-Za-z][\w.-]{1,63})(\s*[=:>]\s*)([^\s\"'<>&;,]+)")
# `Content-Disposition: form-data; name="password"`, its further lines, an empty one, and the value up to the boundary.
_PART = re.compile(
    r"((?i:content-disposition:)[^\r\n]{0,300}?\bname=\"?([\w.-]{1,64})\"?[^\r\n]{0,300}\r?\n(?:[^\r\n]{1,300}\r?\n){0,8}\r?\n)(.*?)(?=\r?\n--|\Z)",
    re.DOTALL,
)
_TOKEN = re.compile(r"[A-Za-z0-9+/_=.~-]{16,}")
# Separators of form data, which a client draws at random without a secret.
_BOUNDARY = "boundary="
# Of the hash of a text that must not be shown so many digits are: two requests with the same one are seen to have it.
_DIGITS = 8
_SIGNS = tuple(sign.encode() for sign in SIGNS)
# Every JSON text with a quote or a backslash in a value has one of these.
_NESTS = (b'\\"', rb"\\", rb"\u00")
# `API_KEY=…` in a text that is read closely.
_ASSIGNED = re.compile(r"(?<![\w.-])([A-Za-z][\w.-]{1,63})=[\"']?([^\s\"'<>&;,]{8,})")
# What may need masking in a text, besides its names: URLs, what is a secret by its form, and assignments.
_ADDRESSES, _FORMS, _ASSIGNMENTS = 1, 2, 4
_ALL = _ADDRESSES | _FORMS | _ASSIGNMENTS
# What a field's name means: nothing, a secret, perhaps a secret, the URL of a webhook.
_PLAIN, _SECRET, _LOOSE, _CALLBACK = range(4)
# The most names with a cached meaning.
_MOST_NAMES = 4096
# So many objects' names are remembered together, where they are no more than this.
_MOST_SHAPES, _LONGEST_SHAPE = 1000, 16
# Deeper in each other than these no values are looked at: what reads them refuses them before.
_DEEPEST = 250


class Redactor:
    """The redaction of one provider.

    Args:
        fields: names of fields and of parameters whose texts are secrets here, whatever they are called elsewhere.
        callbacks: names of fields that hold the address of a callback.
        prefixes: what the provider's keys begin with.
    """

    def __init__(
        self, fields: Iterable[str] = (), *, callbacks: Iterable[str] = (), prefixes: Iterable[str] = ()
    ) -> None:
        self._fields = frozenset(fields)
        self._callbacks = frozenset(callbacks)
        prefixes = tuple(prefixes)
        own = "|".join(re.escape(one) for one in prefixes)
        self._own = re.compile(rf"(?<![A-Za-z0-9])(?:{own})[A-Za-z0-9_-]{{8,}}") if own else None
        self._signs = (*_SIGNS, *(one.lower().encode() for one in prefixes))
        self._kinds: dict[str, int] = {}
        self._plain: set[tuple[str, ...]] = set()  # names of members of objects, none of which means a secret

    def json(self, body: bytes, parsed: Any, known: Fingerprints = NONE) -> bytes:
        """A JSON body, redacted; `parsed` is its value. One without secrets stays byte for byte."""
        stored, checks, named = body, self._checks(body), self.names(parsed)
        escaped = b"\\" in body
        if escaped:  # what is looked for may be escaped itself
            checks = _ALL
        if checks or named:  # a value in a secret's place must not occur elsewhere in it
            carried = [text for text in self.carried(parsed) if not known.knows(text)]
            known = Fingerprints(carried, also=known) if carried else known
        if checks or named:
            # Where texts have quotes or backslashes, a key in them may be escaped more often than any of its forms is.
            deep = escaped and any(sign in body for sign in _NESTS)
            masked = self._value(parsed, known if deep else NONE, checks, None, _DEEPEST)
            stored = exact(orjson.dumps(masked)) if masked != parsed or escaped else body
        stored = known.masked(without_files(stored))
        return stored if len(stored) <= MOST_KEPT else left_out(stored)

    def body(self, raw: bytes, known: Fingerprints = NONE) -> bytes:
        """Any body, redacted: JSON as JSON, another text as its beginning, the rest as its size and hash."""
        if len(raw) > MOST_MASKED:
            raw = without_files(raw)
            if len(raw) > MOST_MASKED:
                return orjson.dumps({"bytes": len(raw)})
        try:
            parsed = read_json(raw, most=MOST_VALUES)
        except ValueError:
            return self._unread(raw, known)
        return self.json(raw, parsed, known)

    def _unread(self, raw: bytes, known: Fingerprints) -> bytes:
        """What was no JSON: its beginning, without anything in it that a secret could be."""
        if b"\\" in raw or not raw.isascii():
            return left_out(raw)
        text = self._parts(known.masked(raw[: 2 * MOST_UNREAD]).decode())
        text = self.text(text, loose=True)
        return text[:MOST_UNREAD].encode()

    def _parts(self, text: str) -> str:
        """The beginning of a multipart body, without the values of fields that name a secret."""
        if "name=" not in text:
            return text
        return _PART.sub(lambda found: f"{found[1]}{MASK}" if self.is_secret(found[2], found[3]) else found[0], text)

    def names(self, value: Any) -> bool:
        """Whether any field in a JSON value has a meaningful name."""
        return self.plain_members(value) is None

    def plain_members(self, value: Any) -> int | None:
        """How many fields the objects in a JSON value have; None if one of them has a meaningful name.

        Fast, as it runs for every request.
        """
        count = 0
        if type(value) is dict:
            if (shape := tuple(value)) not in self._plain and not self._is_plain(shape):
                return None
            count, value = len(shape), value.values()
        elif type(value) is not list:
            return 0
        for inner in value:
            if type(inner) is dict or type(inner) is list:
                more = self.plain_members(inner)
                if more is None:
                    return None
                count += more
        return count

    def _is_plain(self, shape: tuple[str, ...]) -> bool:
        """Whether none of these names has a meaning."""
        for name in shape:
            kind = self._kinds.get(name)
            if (self._learn(name) if kind is None else kind) != _PLAIN:
                return False
        if len(self._plain) < _MOST_SHAPES and len(shape) <= _LONGEST_SHAPE:
            self._plain.add(shape)
        return True

    def _learn(self, name: str) -> int:
        kind = _PLAIN
        if name in self._fields or names_secret(name):
            kind = _SECRET
        elif name in self._callbacks or names_callback(name):
            kind = _CALLBACK
        elif might_name_secret(name):
            kind = _LOOSE
        if len(self._kinds) < _MOST_NAMES:
            self._kinds[name] = kind
        return kind

    def has_addresses(self, data: bytes) -> bool:
        """Whether a text may have a URL with credentials."""
        if may_have_login(data) or (b"://" in data and (b"?" in data or b"#" in data or b"%" in data)):
            return True
        return b"%" in data and (b"3A" in data or b"3a" in data)

    def has_forms(self, data: bytes) -> bool:
        """Whether a text may have something that is a secret by its form."""
        small = data.lower()
        for sign in self._signs:  # noqa: SIM110  (any() takes three times as long)
            if sign in small:
                return True
        return False

    def _checks(self, data: bytes) -> int:
        """What may have to be masked in a text; fast, and rather once too often."""
        found = _ASSIGNMENTS if b"=" in data else 0
        found |= _ADDRESSES if self.has_addresses(data) else 0
        return found | _FORMS if self.has_forms(data) else found

    def query(self, query: bytes, known: Fingerprints = NONE) -> str:
        text = "&".join(map(self._parameter, query.decode("latin-1").split("&")))
        return known.masked_text(self._by_form(masked_query(text)))

    def _parameter(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        if not value:
            return pair
        plain, value_text = unquote_plus(name), unquote_plus(value)
        if self.is_secret(plain, value_text) or (might_name_secret(plain) and is_key(value_text)):
            return f"{name}{equals}{MASK}"
        if self._is_callback(plain):
            shown = self.address(value_text)
        else:
            shown = self._by_form(masked_urls(value_text, address=names_address(plain)))
        return pair if shown == value_text else f"{name}{equals}{shown}"

    def path(self, path: str, known: Fingerprints = NONE, *, strange: bool = False) -> str:
        """The path of a request, redacted; a `strange` one belongs to no operation."""
        shown = masked_urls(path)
        shown = known.masked_text(self._by_form(masked_steps(shown) if "@" in shown else shown))
        if strange:
            shown = strange_path(shown)
        return masked_query(shown) if "=" in shown else shown

    def address(self, url: str, known: Fingerprints = NONE) -> str:
        """The address of a callback as it may be shown."""
        return known.masked_text(masked_callback(self._by_form(url)))

    def text(self, text: str, known: Fingerprints = NONE, *, loose: bool = False) -> str:
        """A text as it may be shown: a sentence, a header's value, an error's message.

        Args:
            loose: it is nothing that anybody reads closely, so that what only looks like a secret is masked too.
        """
        text = known.masked_text(text)
        if not text.isalnum():
            text = masked_members(masked_urls(self._by_form(text)), self.is_secret)
            text = _PAIR.sub(lambda found: self._pair(found, loose=loose), text)
        if loose:
            text = _TOKEN.sub(lambda found: MASK if is_mixed(found[0]) else found[0], text)
        return text

    def header(self, text: str, known: Fingerprints = NONE) -> str:
        """The value of a header as it may be shown: of what its client has drawn a short hash.

        A client may draw an Idempotency-Key as it draws its keys, or use one for the other.
        """
        return _TOKEN.sub(lambda found: _marked(found[0]), self.text(text, known))

    def random_tokens(self, text: str) -> list[str]:
        """What in a header's value its client has drawn."""
        return [token for token in _TOKEN.findall(text) if _is_drawn(token)]

    def value(self, value: Any, known: Fingerprints = NONE) -> Any:
        """A JSON value as it may be shown, member names and all."""
        return self._value(value, known, _ALL, None, _DEEPEST)

    def is_secret(self, name: str, value: Any) -> bool:
        """Whether a field holds a secret, by its name, or by a possible name and its value."""
        kind = self._kinds.get(name)
        kind = self._learn(name) if kind is None else kind
        if kind != _LOOSE or not isinstance(value, str) or not is_key(value):
            return kind == _SECRET
        return is_mixed(value) or (is_hex(value) and may_name_secret(name))

    def _is_callback(self, name: str) -> bool:
        kind = self._kinds.get(name)
        return (self._learn(name) if kind is None else kind) == _CALLBACK

    def carried(self, value: Any, name: str = "") -> Iterator[str]:
        """Every text in a JSON value that is in a secret's place; `name`: of the field that holds it."""
        if isinstance(value, dict):
            for one, inner in value.items():
                yield from _texts(inner) if self.is_secret(one, inner) else self.carried(inner, one)
        elif isinstance(value, list):
            for inner in value:
                secret = isinstance(inner, str) and self.is_secret(name, inner)
                yield from _texts(inner) if secret else self.carried(inner, name)
        elif isinstance(value, str):
            inner = json_in(value)
            address = names_address(name) or self._is_callback(name)
            yield from secrets_of(value, address=address) if inner is None else self.carried(inner)

    def _value(self, value: Any, known: Fingerprints, checks: int, name: str | None, depth: int) -> Any:
        if isinstance(value, str):
            if name is not None and self._is_callback(name):
                return self.address(value, known)
            inner = json_in(value) if depth else None
            address = name is not None and names_address(name)
            text = self._text(value, known, checks, address=address) if inner is None else None
            return self._inner(value, inner, known, depth - 1) if text is None else text
        if not isinstance(value, dict | list):
            return value
        if not depth:
            return MASK
        if isinstance(value, list):
            return [
                MASK
                if isinstance(inner, str) and name is not None and self.is_secret(name, inner)
                else self._value(inner, known, checks, name, depth - 1)
                for inner in value
            ]
        return {
            self._text(one, known, checks): _hidden(inner, depth - 1)
            if self.is_secret(one, inner)
            else self._value(inner, known, checks, one, depth - 1)
            for one, inner in value.items()
        }

    def _inner(self, text: str, inner: Any, known: Fingerprints, depth: int) -> str:
        """A JSON text inside a JSON value; as it is where nothing in it must be masked."""
        masked = self._value(inner, known, _ALL, None, depth)
        return text if masked == inner else orjson.dumps(masked).decode()

    def _text(self, text: str, known: Fingerprints, checks: int, *, address: bool = False) -> str:
        """A text in a JSON value; `address`: it is one and nothing else."""
        if known:
            text = known.masked_text(text)
        if checks & _FORMS and len(text) > LEAST:
            text = self._by_form(text)
        if checks & _ASSIGNMENTS and "=" in text:
            text = _ASSIGNED.sub(_assigned, text)
        return masked_urls(text, address=address) if checks & _ADDRESSES else text

    def _by_form(self, text: str) -> str:
        spans = list(secrets_in(text))
        if self._own is not None:
            spans += [found.span() for found in self._own.finditer(text)]
        return cut_text(text, spans) if spans else text

    def _pair(self, found: "re.Match[str]", *, loose: bool) -> str:
        name, value_text = found[1], found[3]
        secret = (name in self._fields or names_secret(name)) and (loose or is_key(value_text))
        return f"{name}{found[2]}{MASK}" if secret else found[0]


def _assigned(found: "re.Match[str]") -> str:
    name, value = found[1], found[2]
    secret = (is_mixed(value) and may_name_secret(name)) or (is_hex(value) and names_secret(name))
    return found[0].replace(found[2], MASK) if secret else found[0]


def _is_drawn(token: str) -> bool:
    return (is_hex(token) or is_mixed(token)) and not token.startswith(_BOUNDARY)


def _marked(token: str) -> str:
    return f"{MASK}{sha256(token.encode()).hexdigest()[:_DIGITS]}" if _is_drawn(token) else token


def json_in(text: str) -> Any:
    """The object or array that a text holds as JSON, for JSON inside of JSON; None if it holds none."""
    if text[:1] not in ("{", "[") or text[-1:] not in ("}", "]"):
        return None
    try:
        found = read_json(text.encode())
    except ValueError:
        return None
    return found if isinstance(found, dict | list) else None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _hidden(value: Any, depth: int) -> Any:
    """A value in a secret's place: every text and number in it masked, its form unchanged."""
    if isinstance(value, dict | list):
        if not depth:
            return MASK
        if isinstance(value, list):
            return [_hidden(inner, depth - 1) for inner in value]
        return {name if not is_key(name) else MASK: _hidden(inner, depth - 1) for name, inner in value.items()}
    return value if value is None or isinstance(value, bool) or value == "" else MASK

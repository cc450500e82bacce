"""Bodies: fields that the schemas have are stored if allowed, everything else becomes a placeholder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from mockreel.cassettes.recording_rules import Rules
from mockreel.cassettes.redaction.placeholders import Placeholders
from mockreel.cassettes.redaction.schema_fields import Candidates, SchemaFields
from mockreel.cassettes.redaction.storable_text import TextRedactor
from mockreel.cassettes.redaction.urls import AddressRedactor

Names = tuple[str, ...]
LARGE = 10**8  # so large a number names something, unless its field is named among the words
_ADDRESSES = ("http://", "https://", "ws://", "wss://", "data:")


@dataclass(slots=True)
class FieldRedactor:
    """Cleans JSON values.

    Args:
        secret, keys, ids: names of fields with a secret, the key, or an identifier.
        inside: names of fields that may hold JSON as a text, and their schemas.
    """

    rules: Rules
    schema_fields: SchemaFields
    texts: TextRedactor
    addresses: AddressRedactor
    placeholders: Placeholders
    secret: frozenset[str]
    keys: frozenset[str]
    ids: frozenset[str]
    inside: Mapping[str, Candidates] = field(default_factory=dict)
    # Values that were sent and stored: an echo of them reveals nothing new.
    sent: set[Any] = field(default_factory=set)
    # Texts that were stored unchanged.
    stored: set[str] = field(default_factory=set)

    def request(self, body: Any, known: Candidates) -> Any:
        """The body of a request, whose known texts are the recorder's own."""
        return _Walk(self, own=True).value(body, known, ())

    def reply(self, body: Any, known: Candidates) -> Any:
        """The body of a response or of a callback."""
        return _Walk(self, own=False).value(body, known, ())

    def text(self, names: Names, value: str, known: Candidates, *, own: bool) -> str:
        """A text at a place, redacted."""
        name = names[-1] if names else ""
        if not value:
            return value
        if name in self.keys or name in self.secret:
            return self.placeholders.of(value, "key" if name in self.keys else "secret")
        if value[0] in "{[" and (inner := _parsed(value)) is not None:
            found = _Walk(self, own=False).value(inner, self.inside.get(name, ()), names)
            return orjson.dumps(found).decode()
        return self._open(names, value, known, own=own)

    def _open(self, names: Names, value: str, known: Candidates, *, own: bool) -> str:
        """A text that is not secret by its name."""
        if value.startswith(_ADDRESSES) and not self._is_id(names):
            return self.addresses.address(value)
        if known and not self._is_id(names):
            return self._documented_text(names, value, known, own=own)
        if self._is_id(names):
            return self.placeholders.of(value, "id")
        return value if value in self.sent else self.placeholders.of(value)

    def _documented_text(self, names: Names, value: str, known: Candidates, *, own: bool) -> str:
        if self.schema_fields.lists(known, value) or self.texts.is_date(value):
            return value
        if value in self.sent or (_is_named(names, self.rules.words) and self.texts.is_word(value)):
            return value
        if own:
            self.texts.learn(value)
            return self.texts.text(value)
        return self.texts.sentence(value) if _is_named(names, self.rules.texts) else self.placeholders.of(value)

    def number(self, names: Names, value: float, known: Candidates) -> float:
        """A number at a place, redacted."""
        if not known:
            return value if value in self.sent and not self._is_id(names) else 0
        large = abs(value) >= LARGE and not _is_named(names, self.rules.words)
        return self.placeholders.number(value) if large or self._is_id(names) else value

    def _is_id(self, names: Names) -> bool:
        return _is_named(names, self.ids)


@dataclass(slots=True)
class _Walk:
    """One way through a value."""

    redactor: FieldRedactor
    own: bool

    def value(self, value: Any, known: Candidates, names: Names) -> Any:
        if isinstance(value, dict):
            return {self._name(name, known): self._field(name, one, known, names) for name, one in value.items()}
        if isinstance(value, list):
            inner = self.redactor.schema_fields.item(known)
            return [self.value(one, inner, names) for one in value]
        stored = self._scalar(value, known, names)
        if self.own and stored == value and not isinstance(value, bool) and value is not None:
            self.redactor.sent.add(value)
        return stored

    def _field(self, name: str, value: Any, known: Candidates, names: Names) -> Any:
        return self.value(value, self.redactor.schema_fields.field(known, name), (*names, name))

    def _name(self, name: str, known: Candidates) -> str:
        stored = self.redactor.schema_fields.field(known, name) or self.redactor.texts.is_name(name)
        return name if stored else self.redactor.placeholders.of(name, "name")

    def _scalar(self, value: Any, known: Candidates, names: Names) -> Any:
        if isinstance(value, str):
            stored = self.redactor.text(names, value, known, own=self.own)
            self.redactor.stored.update({value} & {stored})
            return stored
        if isinstance(value, bool):
            return value and bool(known)
        return value if value is None else self.redactor.number(names, value, known)


def _is_named(names: Names, rows: frozenset[str]) -> bool:
    """Whether one of the rows names a field, with or without its parent."""
    return bool(names) and (names[-1] in rows or "/".join(names[-2:]) in rows)


def _parsed(text: str) -> Any:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict | list) else None

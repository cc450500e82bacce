"""Placeholders: they replace a value by one of the same kind and form, the same for the same value."""

import re
from collections import Counter
from urllib.parse import urlsplit

from mockreel.cassettes.redaction.secret_patterns import EMAIL, UUID, is_reserved

FILES = "https://files.mockreel.invalid"
LEAST_LENGTH = 6  # a shorter value may occur by chance

_HEX = re.compile(r"[0-9a-fA-F]{16,}")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{2,4}$")
_FIRST = {"person": "person-{n}@example.com", "key": "placeholder-key-{n}", "signature": "placeholder-signature-{n}"}


class Placeholders:
    """What was replaced so far, and by what."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], str] = {}
        self._counts: Counter[str] = Counter()
        self._sorts: dict[str, str] = {}
        self._made: set[str] = set()
        self._longest: list[tuple[str, str]] | None = None  # what is looked for in texts, as long as nothing is new

    @property
    def originals(self) -> dict[str, str]:
        """What must be found nowhere, each with what it is called."""
        return dict(self._sorts)

    def of(self, value: str, sort: str = "text") -> str:
        """The placeholder of a text. A kind that the value's form does not show is `key`, `signature`, `text`…"""
        if value in self._made:
            return value
        if ("key", value) in self._found:
            sort = "key"
        shape = sort if sort in ("key", "signature", "secret") else _shape(value)
        shape = sort if shape == "text" else shape
        placeholder = self._found.get((shape, value))
        if placeholder is None:
            self._counts[shape] += 1
            placeholder = self._found[shape, value] = _placeholder(shape, value, self._counts[shape])
            self._made.add(placeholder)
            self._longest = None
            if placeholder != value:
                self._sorts[value] = _description(shape)
        return placeholder

    def number(self, value: float) -> int:
        return int(self.of(str(value), "id")) if isinstance(value, int) and value >= 0 else 0

    def address(self, url: str) -> str:
        """The placeholder of a URL; one of a reserved host is unchanged."""
        return url if is_placeholder(url) else self.of(url, "url")

    def replace_in(self, text: str) -> str:
        """A text with everything that was replaced elsewhere replaced here, but for what is a common word."""
        if self._longest is None:
            found = ((value, placeholder) for (_, value), placeholder in self._found.items())
            distinctive = [pair for pair in found if len(pair[0]) >= LEAST_LENGTH and not is_common(pair[0])]
            self._longest = sorted(distinctive, key=lambda pair: -len(pair[0]))
        for value, placeholder in self._longest:
            if value in text:
                text = text.replace(value, placeholder)
        return text


def _shape(value: str) -> str:
    if UUID.fullmatch(value):
        return "uuid"
    if value.isdecimal() and value.isascii():
        return "digits"
    if EMAIL.fullmatch(value):
        return "person"
    if value.startswith(("http://", "https://", "wss://", "ws://")):
        return "url"
    if _HEX.fullmatch(value):
        return "hex"
    return "token" if re.fullmatch(r"[A-Za-z0-9_-]{13,64}", value) else "text"


def _placeholder(shape: str, value: str, number: int) -> str:
    if shape in _FIRST:
        return _FIRST[shape].format(n=number)
    if shape in ("hex", "digits", "token"):
        head = {"hex": "", "digits": "1" if len(value) > 3 else "", "token": "placeholder"}[shape]
        return head + str(number).rjust(len(value) - len(head) if len(value) > 3 else 0, "0")
    if shape == "uuid":
        return f"00000000-0000-{value[14]}000-8000-{number:012d}"
    return f"{FILES}/{number}{_suffix(value)}" if shape == "url" else f"placeholder {shape} {number}"


def _suffix(url: str) -> str:
    try:
        found = _SUFFIX.search(urlsplit(url).path)
    except ValueError:
        return ""
    return found[0].lower() if found else ""


def _description(shape: str) -> str:
    """The description of a replaced value in reports."""
    names = {"key": "the key", "person": "an e-mail address", "url": "an address", "signature": "a signature"}
    return names.get(shape, f"a replaced {shape}" if shape in ("secret", "text") else "a replaced id")


def is_common(value: str) -> bool:
    """Whether a text is one plain word, which may occur by chance."""
    return value.isascii() and value.isalpha() and (value.islower() or value.isupper())


def is_placeholder(url: str) -> bool:
    """Whether a URL is one of ours, or of a reserved host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and is_reserved(parts.hostname or "") and not (parts.username or parts.query)

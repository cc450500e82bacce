"""What looks like a secret in a text, of any provider; a place is reported, the secret itself never."""

import base64
import binascii
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mockreel.engine.redaction.secret_formats import FORMS, PURPOSE_PREFIX
from mockreel.engine.redaction.secret_places import BY_NAME, SECRET_PLACES
from mockreel.engine.redaction.url_logins import login_spans

# Placeholders of ours, and reserved values, are no secrets.
HARMLESS = re.compile(
    r"(?:[A-Za-z]{1,8}[_-]){0,2}(?:placeholder|mockreel|example|your|invalid|none|null|xxx|redacted|filtered)"
    r"|\.\.\.|[<${(*…]",
    re.IGNORECASE,
)
_RESERVED = ("example", "invalid", "test", "localhost", "example.com", "example.org", "example.net")
UUID = re.compile(
    r"(?:(?<![0-9A-Fa-f])|(?<=%2[Ff]))[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9A-Fa-f])"
)
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+(?:@|%40)((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})")
URL = re.compile(r"\bhttps?://[^\s\"'<>\\)\]}]+")
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_FILE = re.compile(r"/[^/?#\s\"'<>]{8,}\.[A-Za-z0-9]{2,4}(?=$|[?#\s\"'<>)}\]])")
_PLACEHOLDER = re.compile(r"placeholder(?:-[a-z]+-|0*)\d+")
_DIGEST = re.compile(
    r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})", re.IGNORECASE
)
_MANY = 500
_LONGEST_PIECE = 6
_LONG, _FEW = 12, 4  # a long text of so few different characters is no secret
_WORDY = (
    2.6  # letters in a piece: what is drawn changes between large, small and digits more often than what is written
)


def _passwords(text: str) -> list[tuple[int, int]]:
    """The logins of URLs that have a password."""
    return [(start, end) for start, end in login_spans(text) if ":" in text[start:end]]


# The secrets in a text for a report: their descriptions, and the spans.
Sign = tuple[str, Callable[[str], Iterable[tuple[int, int]]]]
# What is a secret by its form or its place is known to the redaction of the server, too; how a provider's own keys look
# is given to a scan.
SIGNS: tuple[Sign, ...] = (
    *((form.what, form.spans) for form in FORMS if form is not PURPOSE_PREFIX),
    *((place.what, place.spans) for place in SECRET_PLACES),
    ("a name and a password in an address", _passwords),
)


def _looks(pattern: str) -> Sign:
    """A provider's own keys; the first group is the key, the whole match if there is none."""
    compiled = re.compile(pattern)
    group = 1 if compiled.groups else 0
    return "a key of the provider", lambda text: [found.span(group) for found in compiled.finditer(text)]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A possible secret: its description, and its place in the text."""

    what: str
    start: int
    end: int


class Secrets:
    """Finds what looks like a secret.

    Args:
        looks: patterns of the providers' own keys.
        known: texts that are secrets, in any form and encoding, by their descriptions.
        plain: the same, without other encodings.
        allowed: texts that look like secrets, and are none: ids of jobs, for instance.
        digests: whether hex of a digest's length looks random, and a name beside any text makes it a secret; not if
            the caller checks names itself.
    """

    def __init__(
        self,
        looks: Iterable[str] = (),
        *,
        known: Mapping[str, str] | None = None,
        plain: Mapping[str, str] | None = None,
        allowed: Iterable[str] = (),
        digests: bool = True,
    ) -> None:
        signs = SIGNS if digests else tuple(sign for sign in SIGNS if sign[0] != BY_NAME)
        self._signs = (*signs, *map(_looks, looks))
        known = {written: what for text, what in (known or {}).items() for written in disguises(text)}
        self._known = tuple({**(plain or {}), **known}.items())
        self._allowed = frozenset(allowed)
        self._digests = digests

    def find(self, text: str, *, deep: bool = True) -> list[Sighting]:
        """Everything in a text that looks like a secret, in the order of its places."""
        sightings = [*self.formats(text), *self.random_sightings(text, deep=deep)]
        return sorted(sightings, key=lambda one: (one.start, -one.end))

    def random_sightings(self, text: str, *, deep: bool = True) -> list[Sighting]:
        """What in a text looks drawn at random, names a person, or is a secret once base64 is undone."""
        return [*self._mails(text), *self._random(text), *(self._encoded(text) if deep else ())]

    def knows(self, text: str) -> bool:
        """Whether a text is known to be none."""
        return text in self._allowed or text.rsplit(" ", maxsplit=1)[-1] in self._allowed

    def formats(self, text: str) -> list[Sighting]:
        """What in a text is written as some secrets are, whatever it is called; nothing only because it looks drawn."""
        return sorted([*self._by_text(text), *self._by_sign(text)], key=lambda one: (one.start, -one.end))

    def _by_text(self, text: str) -> Iterator[Sighting]:
        for written, what in self._known:
            at = text.find(written)
            while at >= 0:
                yield Sighting(what, at, at + len(written))
                at = text.find(written, at + 1)

    def _by_sign(self, text: str) -> Iterator[Sighting]:
        for what, spans in self._signs:
            for start, end in spans(text):
                if not self._harmless(text[start:end]):
                    yield Sighting(what, start, end)

    def _mails(self, text: str) -> Iterator[Sighting]:
        for match in EMAIL.finditer(text):
            if not is_reserved(match[1]) and match[0] not in self._allowed:
                yield Sighting("an e-mail address", match.start(), match.end())

    def _random(self, text: str) -> Iterator[Sighting]:
        files = [(one.start(), one.end()) for one in _FILE.finditer(text)]
        for match in _TOKEN.finditer(text):
            if not self._digests and _DIGEST.fullmatch(match[0]):
                continue
            token = _PLACEHOLDER.sub("", self._without_allowed(_without_files(match, files)))
            if not self._harmless(token) and is_random(token):
                yield Sighting("a text that looks drawn at random", match.start(), match.end())

    def _encoded(self, text: str) -> Iterator[Sighting]:
        """What shows only once base64 is undone."""
        for match in _BASE64.finditer(text):
            inner = _decoded(match[0])
            if inner and (found := self.find(inner, deep=False)):
                yield Sighting(f"{found[0].what}, in base64", match.start(), match.end())

    def _harmless(self, text: str) -> bool:
        few = len(text) >= _LONG and len(set(text)) <= _FEW
        return few or text in self._allowed or (bool(HARMLESS.match(text)) and not is_random(text))

    def _without_allowed(self, token: str) -> str:
        if len(self._allowed) > _MANY:
            return "/".join(part for part in token.split("/") if part not in self._allowed)
        for one in self._allowed:
            token = token.replace(one, "")
        return token


def is_random(token: str) -> bool:
    """Whether a text of letters and digits looks drawn, and not written: no words, no numbers, no UUID."""
    token = UUID.sub("", token).strip("-_/=+")
    pieces = _PIECE.findall(token)
    if len(token) < 20 or len(pieces) < 6 or len(set(token)) < 10:
        return False
    return sum(min(len(piece), _LONGEST_PIECE) for piece in pieces) / len(pieces) < _WORDY


def _without_files(match: "re.Match[str]", files: Sequence[tuple[int, int]]) -> str:
    """A token without the name of a file that it ends in: a drawn name of a file opens nothing."""
    at = bisect_left(files, (match.end(), 0)) - 1
    if at < 0 or match.end() > files[at][1]:
        return match[0]
    return match.string[match.start() : max(match.start(), files[at][0])]


def is_reserved(host: str) -> bool:
    """Whether a host is reserved: the names for examples and tests."""
    host = host.lower().rstrip(".")
    return any(host == one or host.endswith(f".{one}") for one in _RESERVED)


def disguises(text: str) -> set[str]:
    """A secret as it may be written: as it is, in base64 (wherever it begins), in hex, escaped for a URL or JSON."""
    raw = text.encode("utf-8", "replace")
    found = {text, raw.hex(), raw.hex().upper(), "".join(f"%{byte:02X}" for byte in raw)}
    found |= {re.sub(r"[^A-Za-z0-9._~-]", lambda one: f"%{ord(one[0]):02X}" if ord(one[0]) < 128 else one[0], text)}
    found.add(text.replace("/", "\\/"))
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # Only what no neighbour of the secret can change.
            written = alphabet(b"\0" * shift + raw).decode().rstrip("=")
            end = -1 if (shift + len(raw)) % 3 else None
            core = written[(0, 2, 3)[shift] : end]
            if len(core) >= 6:
                found.add(core)
    return {one for one in found if len(one) >= 4}


def _decoded(token: str) -> str:
    """The text in a base64 text; empty if there is none."""
    plain = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        inner = raw.decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return inner if inner.isprintable() or "\n" in inner else ""

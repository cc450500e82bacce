"""Why a text looks like a secret: by its form, by its name, or by its neighbours."""

import base64
import binascii
import re
from collections.abc import Iterator

from mockreel.cassettes.redaction.secret_patterns import Secrets, Sighting
from mockreel.cassettes.scan.secret_names import Meaning, meaning, opens
from mockreel.cassettes.scan.text_extraction import NamedText
from mockreel.engine.redaction.secret_places import BY_NAME

_PAIR = re.compile(
    r"""(?<![\w.-])(?P<name>[A-Za-z_][\w.\-]{1,60}?)(?:\\?["'])?"""
    r"""[ \t]{0,3}(?P<sign>:=|=>|[:=])[ \t]{0,3}"""
    r"""(?:(?:W/)?(?:\\?["'])+(?P<quoted>[^"'\\\r\n]{4,4000})"""
    r"""|(?P<value>(?:(?:Bearer|Basic|Token)[ ]+)?[^\s"'\\,;&<>(){}\[\]|]{4,})(?P<next>.?))""",
    re.IGNORECASE,
)
_ELEMENT = re.compile(r"<(?P<name>[A-Za-z][\w.-]{1,40})>(?P<value>[^<>\s]{4,400})</")
_PART = re.compile(r"""name="(?P<name>[\w.-]{1,40})"(?:\r?\n[^\r\n]{1,200}){0,4}\r?\n\r?\n(?P<value>[^\r\n]{4,4000})""")
_FLAG = re.compile(r"(?<![\w-])--(?P<name>[a-z][\w-]{1,40})[ =](?P<value>[^\s\"'-][^\s\"']{3,})")
_DIGESTED = re.compile(
    r"(?:sha-?(?:1|224|256|384|512)|md5|crc32c?|blake[23][bs]?)\s*[-:=(]+\s*:?[A-Za-z0-9+/_=-]{8,}:?", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://[^\s\"'<>\\?#]+(?P<query>[?#][^\s\"'<>\\]*)?")
_DATA = re.compile(
    r"(?:;base64,|(?<![A-Za-z0-9+/]))(?P<data>[A-Za-z0-9+/]{256,}={0,2}|(?<=;base64,)[A-Za-z0-9+/]+={0,2})"
)
_CODE = re.compile(r"[A-Za-z_]+(?:\.[A-Za-z_]+)+")
_COOKIES = ("cookie", "setcookie", "cookie2", "setcookie2")
_ATTRIBUTES = frozenset(
    ["path", "domain", "expires", "max-age", "samesite", "secure", "httponly", "version", "priority", "partitioned"]
)
_LONG_COOKIE = 8


def suspicion(one: NamedText, secrets: Secrets) -> str:
    """What a text is suspected to hold; empty where nothing is."""
    sense = meaning(one.name, one.around)
    text, is_identifier = _blanked(one.text, ("digest",)), sense in ("digest", "id")
    bare = _ADDRESS.sub(_query_of, _DATA.sub(_unless_text, _blanked(text, ("digest", "id"))))
    found = [
        sighting for sighting in secrets.formats(text) if sighting.what != PROVIDERS or not _is_hex(text, sighting)
    ]
    if not found and is_providers_key(one.text, secrets):  # in what is called an id
        return PROVIDERS
    if not found and not is_identifier:
        found = [*(key for key in secrets.formats(bare) if key.what == PROVIDERS), *secrets.random_sightings(bare)]
    if found:
        return min(found, key=lambda sighting: sighting.start).what
    if one.name.replace("-", "").replace("_", "").lower() in _COOKIES:
        return "a cookie" if _cookies(one.text) else ""
    named = [(sense, one.text), *_values_with_names(text)]
    return BY_NAME if any(_is_secret(value, what, secrets) for what, value in named) else ""


def is_providers_key(text: str, secrets: Secrets) -> bool:
    """Whether a text has a provider's key that begins as nothing else does."""
    return any(one.what == PROVIDERS and not _is_hex(text, one) for one in secrets.formats(text))


def _is_hex(text: str, one: Sighting) -> bool:
    return _HEX.fullmatch(text[one.start : one.end]) is not None


def _is_secret(value: str, sense: Meaning, secrets: Secrets) -> bool:
    return sense in ("secret", "perhaps") and opens(value, sense) and not secrets.knows(value)


# What a text is called that looks like a provider's key: 32 hex digits do, and so does a digest, or a folder of a URL.
# One that begins as nothing else does is one everywhere.
_HEX = re.compile(r"[0-9A-Fa-f]+")
PROVIDERS = "a key of the provider"


def _values_with_names(text: str) -> Iterator[tuple[Meaning, str]]:
    """The values in a text that have a name beside them, of those that mean a secret."""
    for pattern in (_PAIR, _ELEMENT, _PART, _FLAG):
        for match in pattern.finditer(text):
            if not (pattern is _PAIR and _is_prose(match)):
                start, end = _span(match)
                yield meaning(match["name"]), text[start:end]


def _is_prose(match: re.Match[str]) -> bool:
    """Whether a pair is a sentence, or a line of a program, and no value."""
    if match["quoted"]:
        return False
    if match["next"] in ("(", "[") or _CODE.fullmatch(match["value"]):
        return True
    spoken = match["sign"] == ":" and match["value"].replace("_", "").isalpha()
    return spoken and (match["next"] == " " or not match["value"].islower())


def _blanked(text: str, senses: tuple[Meaning, ...]) -> str:
    """A text without its identifiers."""
    text = _DIGESTED.sub(" ", text)
    for pattern in (_PAIR, _ELEMENT):
        for match in reversed(list(pattern.finditer(text))):
            if meaning(match["name"]) in senses:
                start, end = _span(match)
                text = text[:start] + " " * (end - start) + text[end:]
    return text


def _span(match: re.Match[str]) -> tuple[int, int]:
    """The place of the value of a pair, quoted or not."""
    quoted = match.re is _PAIR and match["quoted"] is not None
    return match.span("quoted" if quoted else "value")


def _query_of(address: re.Match[str]) -> str:
    """The part of a URL that may be a random credential: a path only locates a file."""
    return f" {address['query'] or ''} "


def _unless_text(data: re.Match[str]) -> str:
    """Base64 of a file is left out; of a text it is looked into."""
    try:
        base64.b64decode(data["data"] + "=" * (-len(data["data"]) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return " "
    return data[0]


def _cookies(text: str) -> bool:
    """Whether one of the cookies in a header is more than a setting."""
    for part in text.split(";"):
        name, _, value = part.strip().partition("=")
        if name.lower() in _ATTRIBUTES or not value:
            continue
        sense = meaning(name)
        long = len(value) >= _LONG_COOKIE and not value.replace("-", "").replace("_", "").isdigit()
        if opens(value, sense or "perhaps") and (sense in ("secret", "perhaps") or long):
            return True
    return False

"""URLs without credentials: user and password, secret parameters, tokens behind the `#`; and paths."""

import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

from mockreel.engine.redaction.fingerprints import MASK, cut_text
from mockreel.engine.redaction.secret_detection import is_drawn, is_mixed, secrets_in
from mockreel.engine.redaction.secret_field_names import may_name_secret, might_name_secret
from mockreel.engine.redaction.url_logins import decoded, logins, masked_logins

# A URL inside of a text; what follows it in a sentence is not cut off it, as nothing of it is masked.
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s\"'<>\\^`{|}]+")
# The same that is percent-encoded, perhaps more than once.
_ENCODED = re.compile(r"%(?:25){0,2}3[aA]%(?:25){0,2}2[fF]%(?:25){0,2}2[fF]")
_WORD = re.compile(r"[^\s\"'<>]+")
# Behind two slashes in a path: `//TOKEN@host`, but not `//@user` and not `//react@18.2.0`.
_LOGIN_IN_PATH = re.compile(r"(?<=//)[^/@]+(?=@(?!v?\d+(?:\.\d+){0,2}(?:[/-]|$))[^/@])")
# What stands before the host, where anything does.
_BEFORE_HOST = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]{1,20}:)?[/\\]*")


def masked_urls(text: str, *, address: bool = False) -> str:
    """A text without the logins of URLs, and without the values of parameters that name a secret.

    Args:
        address: the text is an address and nothing else, so that what is before an `@` is a login without any slashes.
    """
    text = masked_logins(text, address=address)
    if "://" in text:
        text = URL.sub(lambda found: _without_secret_parameters(found[0]), text)
    encoded = "%" in text and _ENCODED.search(text)
    return _WORD.sub(lambda found: _decoded_masked(found[0]), text) if encoded else text


def _decoded_masked(token: str) -> str:
    """What has an encoded URL, decoded if something in it is masked."""
    if not _ENCODED.search(token):
        return token
    plain = decoded(token)
    masked = masked_urls(plain)
    return token if masked == plain else masked


def masked_url(url: str) -> str:
    """A URL without its user, and without the values of parameters that name a secret."""
    return _without_secret_parameters(masked_logins(url, address=True))


def _without_secret_parameters(url: str) -> str:
    rest, mark, fragment = url.partition("#")
    place, question_mark, query = rest.partition("?")
    if ";" in place:
        place = _parameters(place, ";")
    return f"{place}{question_mark}{masked_query(query)}{mark}{_fragment(fragment)}"


def secrets_of(text: str, *, address: bool = False) -> Iterator[str]:
    """The credentials of every URL in a text: passwords, the values of secret parameters."""
    yield from logins(text, address=address)
    for found in URL.finditer(text) if "://" in text else ():
        question_mark = found[0].replace("#", "?").partition("?")[2]
        for pair in question_mark.replace("?", "&").replace(";", "&").split("&"):
            name, _, value = pair.partition("=")
            decoded = unquote_plus(value)
            if may_name_secret(unquote_plus(name)):
                yield decoded
            elif "%" in value:
                yield from secrets_of(decoded)


def masked_callback(url: str) -> str:
    """A webhook URL: also without random parts of its path, by which receivers recognise callers."""
    rest, mark, fragment = masked_url(url).partition("#")
    place, question_mark, query = rest.partition("?")
    begun = _BEFORE_HOST.match(place)
    before = begun[0] if begun else ""
    host, slash, path = place[len(before) :].partition("/")
    fragment = MASK if is_drawn(unquote(fragment)) else fragment
    query = _without_random_values(query)
    return f"{before}{host}{slash}{masked_path(path)}{question_mark}{query}{mark}{fragment}"


def masked_path(path: str) -> str:
    """A path without the pieces that look drawn at random."""
    return "/".join(MASK if is_drawn(unquote(piece)) else piece for piece in path.split("/"))


def masked_steps(path: str) -> str:
    """A path without logins, each of its steps read by itself: `/go//TOKEN@host`, `/go/user:password@host/x`."""
    *before, last = _LOGIN_IN_PATH.sub(MASK, path).split("/")
    return "/".join([*(masked_urls(f"{step}?")[:-1] if "@" in step else step for step in before), masked_urls(last)])


def strange_path(path: str) -> str:
    """The path of an unknown operation: without parts that do not look like an id."""
    return "/".join(MASK if is_mixed(unquote(piece)) else piece for piece in path.split("/"))


def masked_query(query: str) -> str:
    """A query without the values of parameters that name a secret."""
    return _parameters(query, "&") if "=" in query else query


def _parameters(text: str, joint: str) -> str:
    return joint.join(_parameter(pair) for pair in text.split(joint))


def _parameter(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if ";" in value:
        first, semicolon, more = value.partition(";")
        return _parameter(f"{name}{equals}{first}") + semicolon + _parameters(more, ";")
    plain, decoded = unquote_plus(name), unquote_plus(value)
    secret = value and (may_name_secret(plain) or (might_name_secret(plain) and is_mixed(decoded)))
    return f"{name}{equals}{MASK}" if secret else f"{name}{equals}{_nested(value)}"


def _nested(value: str) -> str:
    """A value that is an address itself (`?next=https%3A%2F%2F…%3Ftoken%3D…`)."""
    inner = unquote_plus(value) if "%" in value else value
    inner = inner if "://" in inner else decoded(inner)
    if "://" not in inner or not ("@" in inner or "=" in inner):
        return value
    masked = masked_urls(inner)
    return value if masked == inner else masked


def _fragment(text: str) -> str:
    return masked_query(text)


def _without_random_values(query: str) -> str:
    """A query without values that look drawn."""
    pairs = [pair.partition("=") for pair in query.split("&")]
    return "&".join(f"{name}{equals}{MASK if is_mixed(unquote(value)) else value}" for name, equals, value in pairs)


def masked_message(text: str) -> str:
    """A message of ours that repeats what somebody gave, as it may be printed, sent, or stand in a log of CI."""
    spans = list(secrets_in(text))
    text = cut_text(text, spans) if spans else text
    return "\n".join(map(masked_urls, text.split("\n"))) if "@" in text or "://" in text else text

"""Logins in URLs, however they are written: `http://`, `//`, `http:/`, backslashes, none at all, percent-encoded.

Behind slashes everything before the `@` is a login. Without them `a:b@c` is also an e-mail address behind a label, a
package with its version, a time with a place. So in a text it is a login only where its host has a port or a path, or
where its password is no word; where a text is an address it always is.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from mockreel.engine.redaction.fingerprints import cut_text

# A quote inside of a URL; one that ends a quoted text has another sign behind it.
_QUOTE = r"[\"'](?![,:;)\]}\s])"
_SIGN = rf"(?:[^/\\?#\s\"'<>]|{_QUOTE})"
_USER = r"[^/\\?#\s@:\"'<>\[\]]{0,256}"
_DIGEST = r"(?!sha\d{3}:)"
_SPECIAL = r"\b(?i:https?|wss?|ftp):[/\\]?"
_SCHEME = r"(?<=[A-Za-z0-9+.-]{2}):[/\\]{2,}+"
# Behind slashes; then with a colon, behind any slashes; then with a sign in the password that had to be encoded, which
# a port and the name of one are not.
_BEHIND_SLASHES = re.compile(
    rf"(?:{_SCHEME}|{_SPECIAL}|(?<![\w:/\\.])/{{2,}}+)({_SIGN}{{1,2000}})@{_DIGEST}"
    rf"|(?:(?<![/\\])[/\\]{{2,}}+|(?<=[A-Za-z0-9+.-]{{2}}):[/\\])({_USER}:{_SIGN}{{0,2000}})@{_DIGEST}"
    rf"|(?:{_SCHEME}|{_SPECIAL})({_USER}:(?!\d{{0,5}}(?:[/\\?#]|$)|[{{<$]|(?i:port)\b)(?:[^\s\"'<>]|{_QUOTE}){{1,400}}?)@"
    rf"{_DIGEST}"
)
_BARE = re.compile(
    r"(?<![\w@:/\\.+%#~$!-])(?P<user>[\w.~!$%+*-]{0,64}):(?P<password>(?![/\\@])[^\s/?#\"'<>\\]{1,256})"
    r"@(?P<host>\[[0-9A-Fa-f:.]+\]|[\w-]+(?:\.[\w-]+)*)(?P<more>:\d|[/?#\\])?"
)
_WORD = re.compile(r"[^\W\d_A-Z]+(?:[._+-][^\W\d_A-Z]+)*|[A-Z]?[a-z]+")
_TIME = re.compile(r"\d{1,4}(?::\d{1,2})*")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?![\w:/-])")
# `react@18.2.0`, `~1.2`; four numbers are a host.
_VERSION = re.compile(r"v?\d+(?:\.\d+){0,2}(?:-[\w.-]+)?|\dx(?:\..*)?")
_SHA = re.compile(r"sha\d{3}")
# What stands before an e-mail address or the like in a URL, and in a text.
_MAIL_SCHEMES = frozenset({"mailto", "sip", "sips", "xmpp", "acct", "im", "pres", "mid", "cid"})
_LABELS = _MAIL_SCHEMES | {"mail", "email", "e-mail", "from", "to", "cc", "bcc", "reply-to", "re", "fwd", "contact"}
_PACKAGES = frozenset({"npm", "jsr", "pypi", "gem", "cargo", "go", "pkg", "workspace", "node"})
_GIT = "git"
_TOKEN = re.compile(r"[^\s\"'<>]+")
_LEAST = 8
# A URL in a parameter of a URL in a parameter.
_DEEPEST = 3


def masked_logins(text: str, *, address: bool = False) -> str:
    """A text with the login of each URL masked; of a URL that is percent-encoded, what is decoded."""
    if spans := list(login_spans(text, address=address)):
        text = cut_text(text, spans)
    return _TOKEN.sub(lambda found: _decoded_masked(found[0], address=address), text) if _is_encoded(text) else text


def logins(text: str, *, address: bool = False) -> Iterator[str]:
    """Every login in a text, decoded: with its user, and the password by itself."""
    for start, end in login_spans(text, address=address):
        whole = unquote(text[start:end])
        yield whole
        yield whole.partition(":")[2]
    for token in _TOKEN.findall(text) if _is_encoded(text) else ():
        plain = decoded(token)
        if plain != token:
            yield from logins(plain, address=address)


def may_have_login(data: bytes) -> bool:
    """Whether a text may have one; fast, and rather once too often."""
    return b"@" in data or (b"%" in data and b"40" in data)


def _is_encoded(text: str) -> bool:
    return "%" in text and ("@" in text or "40" in text)


def _decoded_masked(token: str, *, address: bool) -> str:
    plain = decoded(token)
    if plain == token or "@" not in plain:
        return token
    masked = masked_logins(plain, address=address)
    return token if masked == plain else masked


def decoded(token: str) -> str:
    """A token without percent-encoding, however often it is encoded."""
    for _ in range(_DEEPEST):
        if "%" not in token:
            break
        token = unquote(token)
    return token


def login_spans(text: str, *, address: bool = False) -> Iterator[tuple[int, int]]:
    """The places of logins in a text that is not percent-encoded."""
    if "@" not in text:
        return
    for found in _BEHIND_SLASHES.finditer(text):
        yield found.span(found.lastindex or 0)
    for found in _BARE.finditer(text):
        if _is_login(found, address=address):
            yield found.start("user"), found.end("password")


def _is_login(found: "re.Match[str]", *, address: bool) -> bool:
    """Whether `a:b@c` without slashes is one."""
    if _is_something_else(found, _MAIL_SCHEMES if address else _LABELS):
        return False
    return address or (bool(found["user"]) and not _VERSION.fullmatch(found["host"]) and _looks_like_one(found))


def _is_something_else(found: "re.Match[str]", labels: frozenset[str]) -> bool:
    """A package, an image, a repository, a time, an e-mail address behind a label."""
    user, password = found["user"].lower(), found["password"]
    mail = user in labels and _MAIL.match(found.string, found.start("password"))
    time = user.isdecimal() and _TIME.fullmatch(password)
    return bool(mail or time) or user in _PACKAGES or password == _GIT or _SHA.fullmatch(found["host"]) is not None


def _looks_like_one(found: "re.Match[str]") -> bool:
    """Whether its host goes on, or its password is no word; of a host that is a word, rather a key than a version."""
    password, host = found["password"], found["host"]
    if found["more"] or host.startswith("["):
        return True
    if "." in host or host == "localhost":
        return _WORD.fullmatch(password) is None
    is_version = _VERSION.fullmatch(password.rpartition(":")[2]) is not None
    return len(password) >= _LEAST and any(map(str.isdigit, password)) and not is_version

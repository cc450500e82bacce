"""A secret as it may be written: as it is, escaped for JSON, HTML or a URL, in hex, in base64 wherever it begins."""

import base64
import html
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote, quote_plus, unquote_to_bytes

_LEAST = 8
# In UTF-8: zero-width characters, direction marks, the soft hyphen, the byte order mark, variation selectors.
_UNSEEN = re.compile(rb"\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xaf]|\xc2\xad|\xef\xbb\xbf|\xef\xb8[\x80-\x8f]")
_ESCAPE = re.compile(rb"\\(?:(?:u00|x)([0-9a-fA-F]{2})|([\\\"'/]))")
# JSON inside of JSON is undone so often.
_DEEPEST = 3
# What some writers of JSON escape besides, for pages; and how writers of HTML name `'` and `"`.
_FOR_PAGES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
_QUOTES = (("&#x27;", "&quot;"), ("&#39;", "&quot;"), ("&#039;", "&quot;"), ("&#39;", "&#34;"))


def readings(key: str) -> list[str]:
    """A key as it may be meant: a header has bytes, which one side writes as UTF-8 and the other reads as Latin-1."""
    found = [key]
    for written, read in (("latin-1", "utf-8"), ("utf-8", "latin-1")) if not key.isascii() else ():
        with suppress(UnicodeError):
            found.append(key.encode(written).decode(read))
    return found


def encoded_forms(key: str) -> set[bytes]:
    """Every form of a key but base64; none is shorter than eight bytes."""
    raw = key.encode("utf-8", "surrogatepass")
    forms = {raw, *_in_other_case(key), *_escaped(key, raw), *_in_hex(raw)}
    return {form for form in forms if len(form) >= _LEAST}


def _escaped(key: str, raw: bytes) -> Iterator[bytes]:
    if key.isascii() and all(one.isalnum() or one in "-_.~" for one in key):
        return  # nothing escapes these
    safe = raw.decode("utf-8", "replace")
    for text in (quote(raw), quote(raw, safe=""), quote_plus(raw), quote(raw, safe="/:@!$&'()*+,;=~-._")):
        yield text.encode()
        yield text.replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d").encode()
    yield quote(quote(raw, safe=""), safe="").encode()
    for text in {safe, safe.lower(), safe.upper()}:  # what reads words in either case may quote one in small letters
        yield repr(text)[1:-1].encode()
        yield from (escaped.encode() for escaped in _in_markup(text))


def _in_markup(text: str) -> set[str]:
    """Escaped for HTML, for JSON up to three times, and the one inside of the other."""
    marked = {text, *_in_html(text)}
    once = {escaped for one in marked for escaped in _in_json(one)}
    twice = {escaped for one in once for escaped in _in_json_again(one)}
    thrice = {escaped for one in _in_json(text) for again in _in_json_again(one) for escaped in _in_json_again(again)}
    return {*marked, *once, *twice, *thrice, *(shown for escaped in _in_json(text) for shown in _in_html(escaped))}


def _in_json(text: str) -> Iterator[str]:
    """As the usual writers have it."""
    for escaped in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        yield escaped
        yield escaped.replace("/", "\\/")
        yield escaped.translate(_FOR_PAGES)


def _in_json_again(text: str) -> Iterator[str]:
    """The same of what is JSON already: fewer, since what was escaped is ASCII without `<`."""
    escaped = json.dumps(text, ensure_ascii=False)[1:-1]
    yield escaped
    yield escaped.replace("/", "\\/")


def _in_html(text: str) -> Iterator[str]:
    bare = html.escape(text, quote=False)
    yield bare
    for single, double in _QUOTES:
        yield bare.replace("'", single).replace('"', double)


def _in_other_case(key: str) -> Iterator[bytes]:
    """Many servers read a key in hex in either case, and people type others in capitals."""
    yield key.upper().encode("utf-8", "surrogatepass")
    yield key.lower().encode("utf-8", "surrogatepass")


def _in_hex(raw: bytes) -> Iterator[bytes]:
    yield raw.hex().encode()
    yield raw.hex().upper().encode()


def in_base64(key: str) -> set[bytes]:
    """The part of the key's base64 that no neighbour can change, for each offset at which it may begin.

    It has more base64 around it, so such a form is never a whole word.
    """
    raw = key.encode("utf-8", "surrogatepass")
    forms = set()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            text = encode(b"\0" * shift + raw).rstrip(b"=")
            forms.add(text[(0, 2, 3)[shift] : -1 if (shift + len(raw)) % 3 else None])
    return forms


def has_unseen(text: bytes) -> bool:
    """Whether a text has invisible characters, which may be inside a key."""
    return not text.isascii() and _UNSEEN.search(text) is not None


def decoded(text: bytes) -> Iterator[bytes]:
    """The text with its escapes undone; nothing if it has none."""
    if b"%" in text:
        once = unquote_to_bytes(text)
        yield once
        if b"%" in once:
            yield unquote_to_bytes(once)
    if b"\\u" in text or b"\\x" in text:
        plain = text
        for _ in range(_DEEPEST):
            plain = _unescaped(plain)
            yield plain
    if has_unseen(text):
        yield _UNSEEN.sub(b"", text)
    if b"&#" in text or b"&amp" in text:
        yield html.unescape(text.decode("utf-8", "replace")).encode("utf-8", "surrogatepass")


def _unescaped(text: bytes) -> bytes:
    return _ESCAPE.sub(lambda found: found[2] or chr(int(found[1], 16)).encode(), text)

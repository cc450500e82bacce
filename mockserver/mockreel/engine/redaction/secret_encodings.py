"""A secret as it may be written: as it is, escaped for JSON, HTML or a URL, in hex, in base64 wherever it begins."""

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote_to_bytes

_LEAST = 8
# In UTF-8: zero-width characters, direction marks, the soft hyphen, the byte order mark, variation selectors.
_UNSEEN = re.compile(rb"\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xaf]|\xc2\xad|\xef\xbb\xbf|\xef\xb8[\x80-\x8f]")
_ESCAPE = re.compile(rb"\\(?:u00|x)([0-9a-fA-F]{2})")


def written(key: str) -> set[bytes]:
    """Every form of a key; none is shorter than eight bytes."""
    raw = key.encode("utf-8", "surrogatepass")
    return {
        form
        for form in (raw, *_in_other_case(key), *_escaped(key, raw), *_in_hex(raw), *_in_base64(raw))
        if len(form) >= _LEAST
    }


def _escaped(key: str, raw: bytes) -> Iterator[bytes]:
    if key.isascii() and all(one.isalnum() or one in "-_.~" for one in key):
        return  # nothing escapes these
    safe = raw.decode("utf-8", "replace")
    for text in (quote(raw), quote(raw, safe=""), quote_plus(raw), quote(raw, safe="/:@!$&'()*+,;=~-._")):
        yield text.encode()
        yield text.replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d").encode()
    yield quote(quote(raw, safe=""), safe="").encode()
    for text in (json.dumps(safe), json.dumps(safe, ensure_ascii=False), json.dumps(safe).replace("/", "\\/")):
        yield text[1:-1].encode()
    once = html.escape(safe)
    yield from (text.encode() for text in (once, once.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")))
    yield from (text.encode() for text in (html.escape(safe, quote=False), html.escape(json.dumps(safe)[1:-1])))
    yield repr(safe)[1:-1].encode()


def _in_other_case(key: str) -> Iterator[bytes]:
    """Many servers read a key in hex in either case, and people type others in capitals."""
    yield key.upper().encode("utf-8", "surrogatepass")
    yield key.lower().encode("utf-8", "surrogatepass")


def _in_hex(raw: bytes) -> Iterator[bytes]:
    yield raw.hex().encode()
    yield raw.hex().upper().encode()


def _in_base64(raw: bytes) -> Iterator[bytes]:
    """What no neighbour of the secret can change, for each place in which it may begin."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            text = encode(b"\0" * shift + raw).rstrip(b"=")
            yield text[(0, 2, 3)[shift] : -1 if (shift + len(raw)) % 3 else None]


def has_unseen(text: bytes) -> bool:
    """Whether a text has characters in it that nobody sees, which may stand inside of a key."""
    return not text.isascii() and _UNSEEN.search(text) is not None


def decoded(text: bytes) -> Iterator[bytes]:
    """What a text may say besides, once its escapes are undone; nothing where it has none."""
    if b"%" in text:
        once = unquote_to_bytes(text)
        yield once
        if b"%" in once:
            yield unquote_to_bytes(once)
    if b"\\u" in text or b"\\x" in text:
        yield _unescaped(text)
    if has_unseen(text):
        yield _UNSEEN.sub(b"", text)
    if b"&#" in text or b"&amp" in text:
        yield html.unescape(text.decode("utf-8", "replace")).encode("utf-8", "surrogatepass")


def _unescaped(text: bytes) -> bytes:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)).encode(), text)

"""Explain why a body is not JSON and what to change, without repeating the body."""

import re
from collections.abc import Callable, Mapping

import orjson

from mockreel.terminal import counted

# The first bytes of compressed data (RFC 1952 2.3.1, RFC 1950 2.2, RFC 8878 3.1.1).
_PACKED: Mapping[bytes, str] = {
    b"\x1f\x8b": "gzip",
    b"\x78\x01": "deflate (zlib)",
    b"\x78\x9c": "deflate (zlib)",
    b"\x78\xda": "deflate (zlib)",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_FORM = re.compile(r"[A-Za-z0-9_.\[\]%+-]+=[^{}\n]*", re.ASCII)
_LAST_COMMA = re.compile(r",\s*[}\]]\s*$")
# The length of text to look at after the parser's position.
_LOOK = 16


def why_no_json(body: bytes, problem: orjson.JSONDecodeError, *, coding: str | None = None) -> str:
    """The reason that a body cannot be read as JSON.

    Args:
        problem: the parser's error.
        coding: the `Content-Encoding` of a body that was not decoded.
    """
    packed = next((name for start, name in _PACKED.items() if body.startswith(start)), None)
    if coding is not None:
        return f"this provider is not known to read Content-Encoding: {coding[:40]}; send the body plain"
    if packed is not None:
        return f"it is packed: it begins as {packed} does, without a Content-Encoding: send it plain"
    return next((words for test, words in _WHOLE if test(body)), None) or _parsed(body, problem)


def _parsed(body: bytes, problem: orjson.JSONDecodeError) -> str:
    """The reason for the parser's error."""
    message, text = problem.msg, problem.doc
    if "UTF-8" in message:
        return "it is not UTF-8: send it in UTF-8, which is what JSON is written in (RFC 8259 8.1)"
    if "surrogate" in message:
        return f"a text has half a surrogate pair, an emoji cut in two perhaps ({_place(problem)})"
    if _LAST_COMMA.search(text[-_LOOK:]):
        return "a comma stands before its last bracket"
    if "end of data" in message:
        end = counted(len(body), "byte")
        return f"it ends in the middle, after {end}: it was cut off, or its Content-Length is too small"
    if problem.pos == 0 and _FORM.fullmatch(text):
        return "it is a form (a=b&c=d): send JSON"
    rest = text[problem.pos : problem.pos + _LOOK]
    words = next((words for start, words in _STOPPED if rest.startswith(start)), message)
    return f"{words} ({_place(problem)})"


def _place(problem: orjson.JSONDecodeError) -> str:
    return f"line {problem.lineno}, column {problem.colno}"


def _is_wide(body: bytes) -> bool:
    return body.startswith(_WIDE) or b"\0" in body[:4]


# Tests for bodies of other formats; the first match is reported.
_WHOLE: tuple[tuple[Callable[[bytes], object], str], ...] = (
    (lambda body: not body.strip(), "it is blank"),
    (lambda body: body.startswith(_BOM), "it begins with a byte order mark (EF BB BF): send it without (RFC 8259 8.1)"),
    (_is_wide, "it is UTF-16 or UTF-32: send it in UTF-8 (RFC 8259 8.1)"),
    (lambda body: body.lstrip().startswith(b"<"), "it is HTML or XML: send JSON"),
    (lambda body: body.startswith(b"--"), "it is a multipart form: send JSON, or another Content-Type"),
)
# Texts at the parser's position.
_STOPPED: tuple[tuple[str | tuple[str, ...], str], ...] = (
    ("'", "single quotes: JSON wants double ones (json.dumps, not str)"),
    (("NaN", "Infinity", "-Inf"), "NaN and Infinity are not JSON numbers"),
    (
        ("None", "True", "False", "undefined"),
        "JSON writes null, true and false, and has no undefined",
    ),
    (("//", "/*", "#"), "JSON has no comments"),
)

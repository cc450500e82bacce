"""Texts worth trying: of every length at a limit, of every format, for every pattern."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_LONGEST = 100_000
_MOST_REPEATS = 5_000
_FORMATS: Mapping[str, str] = {
    "uri": "https://example.com/a",
    "url": "https://example.com/a",
    "uri-reference": "/a",
    "date": "2026-01-01",
    "time": "12:00:00Z",
    "date-time": "2026-01-01T12:00:00Z",
    "duration": "PT1S",
    "email": "a@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "json-pointer": "/a",
    "regex": "a+",
}
# Texts of many kinds: one pattern accepts what another rejects.
_KINDS = ("a", "", "0", "A", " ", "é", "-", "aa", "aA0_-", "00", "a b", "a.b", "a/b", "true", "1.5", "abc", "10s")
_PIECE = re.compile(r"(?P<set>\[\^?\]?[^\]]*\]|\\[dws]|\.)|(?P<quoted>\\.)|(?P<plain>[^\\\[\](){}*+?|^$])", re.DOTALL)
_REPEAT = re.compile(r"\*|\+|\?|\{(?P<least>\d+)(?P<comma>,(?P<most>\d*))?\}")


def texts(parts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Texts for a place that `parts` describe."""
    kinds = {kind for part in parts for kind in _types(part)}
    limited = any(keyword in part for part in parts for keyword in ("minLength", "maxLength", "pattern", "format"))
    if kinds and "string" not in kinds and not limited:
        yield "a"
        return
    formats = [_FORMATS[part["format"]] for part in parts if part.get("format") in _FORMATS]
    patterns = [
        text for part in parts if isinstance(part.get("pattern"), str) for text in matching_texts(part["pattern"])
    ]
    yield from (*formats, *patterns)
    for length in sorted({length for part in parts for length in _lengths(part)}):
        yield from (text for part in parts if (text := _stretched(part.get("format"), length)))
        yield from (letter * length for letter in ("a", "0"))
        yield from ((text * (1 + length // len(text)))[:length] for text in patterns if text)
    yield from _KINDS
    yield from _FORMATS.values() if formats else ()


def _stretched(kind: Any, length: int) -> str | None:
    """A text of a format and a length, if the format has texts of any length."""
    ends = {"uri": ("https://example.com/", ""), "url": ("https://example.com/", ""), "uri-reference": ("/", "")}
    ends |= {"iri": ends["uri"], "email": ("", "@example.com"), "json-pointer": ("/", ""), "regex": ("a", "")}
    before, after = ends.get(kind, ("", ""))
    ends |= {"date-time": ("2026-01-01T12:00:00.", "+00:00"), "time": ("12:00:00.", "+00:00")}
    filling = length - len(before) - len(after)
    return before + ("0" if "time" in kind else "a") * filling + after if kind in ends and filling >= 0 else None


def matching_texts(pattern: str) -> list[str]:
    """Texts that a simple pattern is likely to match; none if its groups cannot be split."""
    found: list[str] = []
    for branch in _branches(pattern):
        shortest, longer = _spelled(branch, 0), _spelled(branch, 1)
        found += [text for text in (shortest, longer) if text is not None]
    return list(dict.fromkeys(found))


def _branches(pattern: str) -> list[str]:
    """The alternatives of a pattern, or of its only group."""
    inner = pattern.removeprefix("^").removesuffix("$")
    group = re.fullmatch(r"\((?:\?:)?([^()]*)\)", inner)
    return (group[1] if group else inner).split("|")


def _spelled(branch: str, more: int) -> str | None:
    text, at = "", 0
    branch = branch.removeprefix("^").removesuffix("$")
    while at < len(branch):
        piece = _PIECE.match(branch, at)
        if piece is None:
            return None
        at = piece.end()
        repeat = _REPEAT.match(branch, at)
        at = repeat.end() if repeat else at
        text += _letter(piece) * _times(repeat, more)
    return text


def _times(repeat: re.Match[str] | None, more: int) -> int:
    if repeat is None:
        return 1
    if repeat["least"] is None:
        return {"*": 0, "+": 1, "?": 0}[repeat[0]] + more
    least = int(repeat["least"])
    most = int(repeat["most"]) if repeat["most"] else least + (1 if repeat["comma"] else 0)
    return max(least, min(most, least + more * _MOST_REPEATS if repeat["most"] else most))


def _letter(piece: re.Match[str]) -> str:
    if piece["plain"]:
        return piece["plain"]
    if piece["quoted"] and not piece["set"]:
        return piece["quoted"][1]
    return next((letter for letter in "a0A_- .é!" if re.fullmatch(piece["set"], letter)), "a")


def _lengths(part: Mapping[str, Any]) -> Iterator[int]:
    for keyword in ("minLength", "maxLength"):
        if keyword in part:
            yield from (n for n in (part[keyword] - 1, part[keyword], part[keyword] + 1) if 0 <= n <= _LONGEST + 1)


def _types(part: Mapping[str, Any]) -> tuple[str, ...]:
    types = part.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)

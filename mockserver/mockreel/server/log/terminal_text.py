"""Text that a client may have chosen, made fit for a terminal: nothing in it acts, and it takes a known width."""

import re
import unicodedata

_CUT = "…"
_WIDE = "\u2e80-\u9fff\uff00-\uff60"
_WORD = re.compile(rf"[{_WIDE}]\s*|[^\s{_WIDE}]+\s*")  # Chinese is broken between any two characters


def harmless(text: str) -> str:
    """The text with everything that does not show escaped: control characters, marks that turn the direction, …"""
    if text.isascii() and text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def width(text: str) -> int:
    """How many columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(one) for one in text)


def _columns(one: str) -> int:
    if unicodedata.combining(one):
        return 0
    return 2 if unicodedata.east_asian_width(one) in "WF" else 1


def fitted(text: str, columns: int) -> str:
    """The text in exactly so many columns: filled up, or with its middle left out."""
    over = width(text) - columns
    return text + " " * -over if over <= 0 else _without_middle(text, columns)


def _without_middle(text: str, columns: int) -> str:
    head = _head(text, (columns - 1) // 3)
    tail = _head(text[::-1], columns - 1 - width(head))[::-1]
    return fitted(head + _CUT + tail, columns)


def _head(text: str, columns: int) -> str:
    """As much of the beginning as fits."""
    if text.isascii():
        return text[:columns]
    taken = 0
    for place, one in enumerate(text):
        taken += _columns(one)
        if taken > columns:
            return text[:place]
    return text


def wrapped(line: str, most: int | None) -> list[str]:
    """A line in pieces that are not wider than `most`, broken between words only."""
    if most is None or width(line) <= most:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    return folded(line.strip(), most, indent) or [line]


def folded(text: str, most: int, indent: str) -> list[str]:
    """Text in lines of at most `most` columns, each behind the indent; wide characters count as two."""
    lines: list[str] = []
    line = indent
    for word in _WORD.findall(text):
        if line.strip() and width(line + word.rstrip()) > most:
            lines.append(line.rstrip())
            line = indent + word.lstrip()
        else:
            line += word
    return [*lines, line.rstrip()] if line.strip() else lines

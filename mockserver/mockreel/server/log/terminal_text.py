"""Text that a client may have chosen, made fit for a terminal: nothing in it acts, and it takes a known width."""

import unicodedata

_CUT = "…"


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

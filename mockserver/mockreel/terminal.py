"""Text that somebody else may have chosen, made fit for a terminal: nothing in it acts, and it takes a known width.

Whatever a command says goes through `Screen`; a cell of a table or a line of the log goes through `harmless` besides,
as there no line may break either.
"""

import contextlib
import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, TextIO

_CUT = "…"
_WIDE = "\u2e80-\u9fff\uff00-\uff60"
# Controls (C0, C1), what turns the direction of the text, what does not show, and halves of surrogates.
_ACTS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# What ends a line or leaves a gap in it stays.
_GAPS = str.maketrans("", "", "\n\t")


# Compiled when first needed: every start of a command would wait for them.
@cache
def _words() -> re.Pattern[str]:
    return re.compile(rf"[{_WIDE}]\s*|[^\s{_WIDE}]+\s*")  # Chinese is broken between any two characters


@cache
def _screen() -> re.Pattern[str]:
    return re.compile(f"(\x1b\\[[0-9;]{{0,12}}m)|[{_ACTS}]")


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: `1 model`, `2 models`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def harmless(text: str) -> str:
    """The text on one line, with everything that does not show escaped: controls, marks that turn the direction, …"""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def harmless_json(value: Any, *, indent: int | None = None) -> str:
    """A value as JSON that a person can read: letters as they are, and everything that acts escaped as JSON has it."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, default=str)
    return _screen().sub(lambda found: _escaped(found[0]), text)


def _escaped(text: str) -> str:
    """As JSON has it too, so that JSON stays JSON."""
    return json.dumps(text)[1:-1]


class Screen:
    """A text stream on which nothing acts that is written, but line ends, tabs, and colours on a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, harmless; gives its own length, as streams do."""
        if not isinstance(text, str):
            raise TypeError(f"a text is written here, not {type(text).__name__}")
        if not text.translate(_GAPS).isprintable():
            colours = self._stream.isatty()
            self._stream.write(
                _screen().sub(lambda found: found[0] if found[1] and colours else _escaped(found[0]), text)
            )
        else:
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterator[str]) -> None:
        """Write each of them."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def unscreened(stream: TextIO) -> TextIO:
    """The stream behind a screen, for what draws by moving the cursor and makes its own words harmless."""
    return stream._stream if isinstance(stream, Screen) else stream


@contextlib.contextmanager
def screened() -> Iterator[None]:
    """Have everything that is said meanwhile go through a `Screen`."""
    before = sys.stdout, sys.stderr
    if isinstance(before[0], Screen):
        yield
        return
    sys.stdout, sys.stderr = Screen(before[0]), Screen(before[1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


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
    for word in _words().findall(text):
        if line.strip() and width(line + word.rstrip()) > most:
            lines.append(line.rstrip())
            line = indent
        if not line.strip():  # a word that fits only without the indent is not pushed over the edge by it
            line = indent[: max(most - width(word.strip()), 0)]
            line += word.lstrip()
        else:
            line += word
    return [*lines, line.rstrip()] if line.strip() else lines

"""Secrets by their form, anywhere in a text; and whether a text is a key and nothing else."""

import re
from collections.abc import Iterator

from mockreel.engine.redaction.secret_formats import FORMS

# What is looked for in every message: what begins with something that few texts have.
_QUICK = tuple(form for form in FORMS if form.begins)
_SCHEMES = ("bearer", "basic", "token", "apikey", "digest")
_HEADER = re.compile(
    rf"(?i)\b(?:{'|'.join(_SCHEMES)})(?:\s|%20|\+)+(?=[^\s\"',;]{{0,400}}[0-9=+/_-])([A-Za-z0-9._~+/=-]{{8,}})"
)
# Every text in which `secrets_in` finds something has one of these; all in lower case.
SIGNS = (*(sign for form in _QUICK for sign in form.begins), *_SCHEMES)

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WORDS = re.compile(r"[a-z]{1,20}|[A-Z]?[a-z]{1,19}|[A-Z]{1,12}|v?\d{1,14}[a-z]{0,3}|[a-z]{1,12}\d{1,4}")
_SPLIT = re.compile(r"[^A-Za-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z])")
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_HEX = re.compile(r"[0-9a-f]{16,}|[0-9A-F]{16,}")
LEAST = 8
_LONG = 12
_RUN = 14
_PER_PIECE = 3.2


def is_key(text: str) -> bool:
    """Whether a text is so much of a key that it can be nothing else: never a word, a model, a number."""
    if len(text) < LEAST or len(set(text)) < 5:
        return False
    if len(text) >= _LONG:
        return True
    digits = sum(one.isdigit() for one in text)
    return 0 < digits < len(text) or not all(one.isalnum() or one in "-_. " for one in text)


def is_hex(text: str) -> bool:
    """Whether a text is hex as keys are: long enough, and no number."""
    return _HEX.fullmatch(text) is not None and not text.isdecimal()


def secrets_in(text: str) -> Iterator[tuple[int, int]]:
    """The places of secrets by their form in a text."""
    small = text.lower()
    for form in _QUICK:
        if any(sign in small for sign in form.begins):
            yield from form.spans(text)
    for found in _HEADER.finditer(text):
        yield found.span(1)


def is_drawn(text: str) -> bool:
    """Whether a piece of an address looks drawn at random: not made of words, numbers, dates, or a UUID."""
    text = UUID.sub("", text)
    return any(_is_drawn(piece) for piece in _SPLIT.split(text) if len(piece) >= LEAST)


def _is_drawn(piece: str) -> bool:
    return not all(_WORDS.fullmatch(part) for part in _CAMEL.split(piece))


def is_mixed(text: str) -> bool:
    """Whether a text changes between large, small and digits as only what is drawn does: no model, no file, no id."""
    bare = UUID.sub("", text)
    if any(len(run) >= _RUN and _changes(run, 5) for run in _SPLIT.split(bare)):
        return True
    kinds = any(map(str.isupper, bare)), any(map(str.islower, bare)), any(map(str.isdigit, bare))
    return all(kinds) and len(bare) >= _RUN and _changes(bare, 7)


def _changes(text: str, least: int) -> bool:
    pieces = _PIECE.findall(text)
    return len(pieces) >= least and sum(map(len, pieces)) / len(pieces) < _PER_PIECE

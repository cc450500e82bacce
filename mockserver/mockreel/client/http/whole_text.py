"""Texts that can be sent: every character whole, and in a header printable ASCII."""

import re

from mockreel.errors import OptionError

HALF = "half of a character (a lone surrogate), such as from an emoji that was cut"
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_HEADER = re.compile(r"[\t -~]*")


def has_half(text: str) -> bool:
    """Whether a text has half of a character, which no encoding can express."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def check_whole(what: str, text: str, *, secret: bool = False) -> None:
    """Check a text before it is sent.

    Args:
        what: the argument that it was given as.
        secret: whether messages must not show it.

    Raises:
        OptionError: it has half of a character.
    """
    if has_half(text):
        found = _SURROGATE.search(text)
        where = "" if secret or found is None else f", {found[0]!a} at {found.start()}"
        raise OptionError(what, "…" if secret else text, then=f"It has {HALF}{where}: give whole characters.")


def check_header(what: str, text: str) -> None:
    """Check a text that a header carries.

    Raises:
        OptionError: a header cannot have it.
    """
    check_whole(what, text)
    if not _HEADER.fullmatch(text):
        raise OptionError(what, text, then="It is sent in a header: use printable ASCII characters.")

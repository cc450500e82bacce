"""A JSON text without the inside of its long texts: where only its values are counted, a packed file is not read."""

from collections.abc import Iterator

# A text of so many bytes is left out; so many quotes are looked at, what follows them is kept whole.
LONG_TEXT, MOST_QUOTES = 4096, 2000


def skeleton(raw: bytes) -> bytes:
    """What counts brackets and commas of a JSON text may read instead of it; what is no JSON may be kept whole."""
    if len(raw) < LONG_TEXT:
        return raw
    kept: list[bytes] = []
    start = 0
    quotes = _quotes(raw)
    for opening, closing in zip(quotes, quotes, strict=False):
        if closing - opening > LONG_TEXT:
            kept.append(raw[start : opening + 1])
            start = closing
    return b"".join([*kept, raw[start:]]) if kept else raw


def _quotes(raw: bytes) -> Iterator[int]:
    """The places of the quotes that begin or end a text."""
    inside = False
    after = 0
    for _ in range(MOST_QUOTES):
        place = raw.find(b'"', after)
        if place < 0:
            return
        between = raw[after:place]
        escapes = len(between) - len(between.rstrip(b"\\")) if inside else 0
        after = place + 1
        if escapes % 2 == 0:
            inside = not inside
            yield place

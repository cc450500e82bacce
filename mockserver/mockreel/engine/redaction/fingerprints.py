"""Keys that are recognised without being stored: the first bytes, length and keyed hash of each of their encodings."""

import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import TypeVar

from mockreel.engine.redaction.secret_detection import is_key
from mockreel.engine.redaction.secret_encodings import decoded, encoded_forms, has_unseen, in_base64, readings

MASK = "…"
_HEAD = 4
# With more first bytes than these it is faster to look at each place than to look for each of them.
_FEW = 48
# A shorter form counts as the key only as a whole word: `key-0001`, but not in `monkey-0001b`.
_ALONE = 16
# Ends the print of a form that counts as the key anywhere.
_ANYWHERE = b"*"
# The number of unknown keys that are remembered, the newest.
_MOST_STRANGE = 4096
# And of all of them so many prints, a hundred bytes each: a key has eight, one with quotes and accents several hundred.
_MOST_PRINTS = 50_000
_RUN = re.compile(rb"[^\s\"'<>,{}()|]{8,}")
_WORDLIKE = re.compile(rb"[A-Za-z0-9]")
# `n` in `\n` is no part of the word behind it.
_ESCAPED = re.compile(rb"\\[bfnrtv]")

Span = tuple[int, int]
T = TypeVar("T")


class Fingerprints:
    """A set of keys that can be found in a text. A short word is no key.

    Args:
        also: a second set to search for.
    """

    __slots__ = ("_added", "_also", "_heads", "_prints", "_salted")

    def __init__(self, keys: Iterable[str] = (), *, also: "Fingerprints | None" = None) -> None:
        self._also = also
        self._added = 0
        self._salted = blake2b(key=os.urandom(16), digest_size=16)
        self._heads: dict[bytes, dict[int, int]] = {}  # first bytes → how many prints have which length
        self._prints: dict[bytes, int] = {}
        for key in keys:
            self.add(key)

    def __bool__(self) -> bool:
        return bool(self._heads) or bool(self._also)

    def add(self, key: str) -> list[bytes]:
        """Add a key; returns its prints, by which it can be removed."""
        self._added += 1
        if not is_key(key):
            return []
        texts = readings(key)
        forms = {form for text in texts for form in encoded_forms(text)}
        packed = {form for text in texts for form in in_base64(text)}
        return [*map(self._add, forms), *(self._add(form, _ANYWHERE) for form in packed)]

    def _add(self, form: bytes, end: bytes = b"") -> bytes:
        lengths = self._heads.setdefault(form[:_HEAD], {})
        lengths[len(form)] = lengths.get(len(form), 0) + 1
        mark = self._print(form) + end
        self._prints[mark] = self._prints.get(mark, 0) + 1
        return mark

    def search_too(self, other: "Fingerprints") -> None:
        """Find the keys of another set, too, in the place of a second set that was named before."""
        self._also = other

    @property
    def added(self) -> int:
        """How many keys were ever added: as long as it stays, nothing more would be masked."""
        return self._added + (self._also.added if self._also is not None else 0)

    def knows(self, key: str) -> bool:
        """Whether a key is one of them."""
        raw = key.encode("utf-8", "surrogatepass")
        own = raw[:_HEAD] in self._heads and self._print(raw) in self._prints
        return own or (self._also is not None and self._also.knows(key))

    def discard(self, marks: Iterable[bytes]) -> None:
        """Remove a key, by the result of `add`."""
        for mark in marks:
            head, size = mark[:_HEAD], int.from_bytes(mark[_HEAD : _HEAD + 4], "big")
            _lower(self._prints, mark)
            _lower(self._heads[head], size)
            if not self._heads[head]:
                del self._heads[head]

    def masked(self, data: bytes) -> bytes:
        """The bytes with every key masked, however it is written; the same object where there is none."""
        spans = self.spans(data)
        return cut(data, spans, MASK.encode()) if spans else data

    def masked_text(self, text: str) -> str:
        if not self or len(text) < _HEAD:
            return text
        data = text.encode("utf-8", "surrogatepass")
        found = self.masked(data)
        return text if found is data else found.decode("utf-8", "surrogatepass")

    def spans(self, data: bytes) -> list[Span]:
        """The places of keys."""
        found = self._also.spans(data) if self._also else []
        if not self._heads:
            return found
        found += self._plain(data)
        if b"%" in data or b"\\" in data or b"&" in data or has_unseen(data):
            found += self._disguised(data)
        return found

    def _plain(self, data: bytes) -> Iterator[Span]:
        for place in self._places(data):
            for size in self._heads[data[place : place + _HEAD]]:
                window = data[place : place + size]
                if len(window) < size:
                    continue
                mark = self._print(window)
                if (mark in self._prints and _stands_alone(data, place, size)) or mark + _ANYWHERE in self._prints:
                    yield place, place + size

    def _places(self, data: bytes) -> Iterator[int]:
        """Where a key may begin."""
        heads = self._heads
        if len(heads) > _FEW:
            yield from (place for place in range(len(data) - _HEAD + 1) if data[place : place + _HEAD] in heads)
            return
        for head in heads:
            place = data.find(head)
            while place >= 0:
                yield place
                place = data.find(head, place + 1)

    def _disguised(self, data: bytes) -> Iterator[Span]:
        """Whole words that contain a key once their escapes are undone."""
        for run in _RUN.finditer(data):
            if any(next(self._plain(one), None) for one in decoded(run[0])):
                yield run.span()

    def _print(self, form: bytes) -> bytes:
        hashing = self._salted.copy()
        hashing.update(form)
        return form[:_HEAD] + len(form).to_bytes(4, "big") + hashing.digest()


class Strangers:
    """Unknown keys of requests: the newest are remembered among the known ones."""

    def __init__(self, known: Fingerprints, *, most: int = _MOST_STRANGE, most_prints: int = _MOST_PRINTS) -> None:
        self._known = known
        self._most = most
        self._most_prints = most_prints
        self._marks: deque[list[bytes]] = deque()
        self._prints = 0

    def add(self, key: str) -> None:
        if self._known.knows(key):
            return
        marks = self._known.add(key)
        if marks:
            self._marks.append(marks)
            self._prints += len(marks)
        while len(self._marks) > self._most or (self._prints > self._most_prints and len(self._marks) > 1):
            oldest = self._marks.popleft()
            self._prints -= len(oldest)
            self._known.discard(oldest)


def cut(data: bytes, spans: Iterable[Span], mask: bytes) -> bytes:
    """The bytes with a mask in the place of each span; spans may overlap."""
    parts, at = [], 0
    for start, end in sorted(spans):
        if start >= at:
            parts += [data[at:start], mask]
        at = max(at, end)
    return b"".join([*parts, data[at:]])


def cut_text(text: str, spans: Iterable[Span]) -> str:
    """The same for a text."""
    parts, at = [], 0
    for start, end in sorted(spans):
        if start >= at:
            parts += [text[at:start], MASK]
        at = max(at, end)
    return "".join([*parts, text[at:]])


def _stands_alone(data: bytes, place: int, size: int) -> bool:
    if size >= _ALONE:
        return True
    if _WORDLIKE.match(data, place + size):
        return False
    return place == 0 or not _WORDLIKE.match(data, place - 1) or _ESCAPED.match(data, place - 2) is not None


def _lower(counts: dict[T, int], key: T) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]

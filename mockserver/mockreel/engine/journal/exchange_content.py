"""The content of an exchange: stored as received, and redacted before it is read."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, overload

import orjson

from mockreel.contract.messages.message import exact
from mockreel.contract.validation import Violation
from mockreel.engine.redaction import MOST_KEPT, Fingerprints, Redactor

Pairs = tuple[tuple[bytes, bytes], ...]
# A response's header that is no longer than this is a word of ours.
MOST_HARMLESS = 40


class ExchangeContent(NamedTuple):
    """The query, headers and bodies of an exchange, as they may be shown."""

    query: str = ""
    headers: Pairs = ()
    body: bytes = b""
    reply: bytes = b""
    reply_headers: Pairs = ()
    added: int = 0  # how many keys were known when it was redacted

    @property
    def weight(self) -> int:
        """About how many bytes it holds."""
        return len(self.query) + len(self.body) + len(self.reply)

    def read(self) -> "ExchangeContent":
        """Itself, as it is redacted."""
        return self


class Unread:
    """The content as received. Most of it is never read, and redacting takes longer than answering a request.

    Args:
        known: the keys to hide, as known when it is read.
    """

    __slots__ = ("_body", "_headers", "_known", "_query", "_redactor", "_reply", "_reply_headers", "weight")

    def __init__(
        self,
        redactor: Redactor,
        known: Fingerprints,
        *,
        query: bytes,
        headers: Pairs,
        body: bytes,
        reply: bytes,
        reply_headers: Pairs,
    ) -> None:
        self._redactor, self._known = redactor, known
        self._query, self._headers, self._reply_headers = query, headers, reply_headers
        self._body = body if len(body) <= MOST_KEPT else redactor.body(body, known)
        self._reply = exact(reply) if len(reply) <= MOST_KEPT else orjson.dumps({"bytes": len(reply)})
        self.weight = len(query) + len(self._body) + len(self._reply)  # about how many bytes it holds

    def read(self) -> ExchangeContent:
        """What may be shown of it."""
        redactor, known, added = self._redactor, self._known, self._known.added
        headers = tuple([(name, self._sent(value)) for name, value in self._headers])
        drawn = [text for _, value in self._headers for text in redactor.random_tokens(header_text(value))]
        if drawn:  # nor is it shown where a response repeats it
            known = Fingerprints(drawn, also=known)
        return ExchangeContent(
            redactor.query(self._query, known) if self._query else "",
            headers,
            redactor.body(self._body, known) if self._body else b"",
            redactor.body(self._reply, known) if self._reply else b"",
            tuple([(name, self._received(value, known)) for name, value in self._reply_headers]),
            added,
        )

    def _sent(self, value: bytes) -> bytes:
        text = header_text(value)
        shown = self._redactor.header(text, self._known)
        return value if shown == text else shown.encode()

    def _received(self, value: bytes, known: Fingerprints) -> bytes:
        if len(value) <= MOST_HARMLESS and not known.spans(value) and not self._redactor.has_forms(value):
            return value
        text = header_text(value)
        shown = self._redactor.text(text, known)
        return value if shown == text else shown.encode()


class UnreadViolations(Sequence[Violation]):
    """Violations, each redacted on reading: a bad request may break many rules, and most are never read.

    Args:
        found: without the values that broke the rules.
        redacted: redacts a violation.
    known: the keys to hide, as known when it is read.
    """

    __slots__ = ("_added", "_found", "_known", "_redacted")

    def __init__(
        self, found: Sequence[Violation], redacted: Callable[[Violation], Violation], known: Fingerprints
    ) -> None:
        self._found: tuple[Violation, ...] = tuple(found)
        self._redacted = redacted
        self._known = known
        self._added = -1  # how many keys were known when they were redacted

    def read(self) -> tuple[Violation, ...]:
        """What may be shown of them."""
        if self._added != self._known.added:
            self._found = tuple([self._redacted(one) for one in self._found])
            self._added = self._known.added
        return self._found

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, place: int) -> Violation: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Violation, ...]: ...
    def __getitem__(self, place: int | slice) -> Violation | tuple[Violation, ...]:
        if self._added == self._known.added or isinstance(place, int):
            return self.read()[place]
        return tuple(map(self._redacted, self._found[place]))  # the others stay unread

    def __repr__(self) -> str:
        return repr(self.read())


def header_text(value: bytes) -> str:
    """A header's value as text: UTF-8, as masks are written, or else as HTTP has it."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


NOTHING = ExchangeContent()

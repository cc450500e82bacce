"""A client's credentials, anywhere in a header: every text that is one."""

import base64
import binascii
from collections.abc import Iterable, Iterator

from mockreel.engine.redaction.secret_field_names import names_secret

_BASIC = "basic"


class Credentials:
    """Finds the headers that carry credentials; it caches names, as it runs for each request."""

    _MOST = 1000

    def __init__(self, own: Iterable[bytes] = ()) -> None:
        self._kinds: dict[bytes, bool] = dict.fromkeys(own, True)

    def names(self, headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
        """The names of the headers that carry one, each as often as it occurs."""
        kinds = self._kinds
        found = []
        for name, _ in headers:
            kind = kinds.get(name)
            if kind is None:
                kind = self._learn(name)
            if kind:
                found.append(name)
        return found

    def _learn(self, name: bytes) -> bool:
        kind = names_secret(name.decode("latin-1"))
        if len(self._kinds) < self._MOST:
            self._kinds[name] = kind
        return kind

    def texts(self, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[str]:
        """Every credential in headers: with its scheme and without, each cookie, a password in Basic."""
        for name, value in headers:
            if self.names([(name, value)]):
                yield from _of_cookie(value) if b"cookie" in name else _of_header(value)


def _of_header(value: bytes) -> Iterator[str]:
    text = value.decode("latin-1").strip()
    yield text
    scheme, _, rest = text.partition(" ")
    yield rest.strip()
    for piece in text.replace(",", " ").split():
        yield piece
        yield piece.partition("=")[2].strip('"')
    if scheme.lower() == _BASIC:
        yield from _in_basic(rest.strip())


def _in_basic(text: str) -> Iterator[str]:
    try:
        plain = base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return
    yield plain
    yield from plain.split(":", 1)


def _of_cookie(value: bytes) -> Iterator[str]:
    for pair in value.decode("latin-1").split(";"):
        yield pair.partition("=")[2].strip().strip('"')

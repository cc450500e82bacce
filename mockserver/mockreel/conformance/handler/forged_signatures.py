"""Signatures for one webhook: the right one, those that are nearly right, and the shell words that make each again.

What a report shows holds no signature that a secret of the handler's has made: the shell makes it from a variable.
"""

import hashlib
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mockreel.contract.data.webhook_rows import Signature
from mockreel.webhooks import sign

SECRET_VARIABLE = "MOCKREEL_SECRET"
# An unknown secret.
UNKNOWN_SECRET = "a-secret-that-nobody-gave-out"
# The number of digits of a lazy comparison, and the distance of those that are changed.
SHORT = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a signature: digits of the right one (from `begin` to `end`), or a fixed text."""

    begin: int = 0
    end: int = 0
    text: str | None = None
    upper: bool = False

    def of(self, right: str) -> str:
        if self.text is not None:
            return self.text
        digits = right[self.begin : self.end]
        return digits.upper() if self.upper else digits

    def shell(self) -> str:
        if self.text is not None:
            return self.text
        upper = " | tr a-f A-F" if self.upper else ""
        return f'$(printf %s "$SIGNATURE" | cut -c{self.begin + 1}-{self.end}{upper})'


@dataclass(frozen=True, slots=True)
class Signing:
    """How a request is signed.

    Args:
        what: a description.
        pieces: the parts of the header's value; None sends no such header.
        over: the signed bytes, if not the body.
        secret: the signing secret; the handler's own if None.
        variable: the shell variable of that secret; empty without one.
    """

    what: str
    pieces: tuple[Piece, ...] | None
    over: bytes | None = None
    secret: str | None = None
    variable: str = SECRET_VARIABLE

    def value(self, signature: Signature, own: str, body: bytes) -> str | None:
        """The header's value."""
        if self.pieces is None:
            return None
        right = sign(signature, own if self.secret is None else self.secret, self._over(body))
        return "".join(piece.of(right) for piece in self.pieces)

    def shell(self, signature: Signature, body: bytes) -> tuple[str, str]:
        """Shell commands to run first, and an expression for the value in double quotes; `$BODY` is the body."""
        if self.secret is not None and not self.variable:
            return "", self.value(signature, self.secret, body) or ""
        words = "".join(piece.shell() for piece in self.pieces or ())
        if all(piece.text is not None for piece in self.pieces or ()):
            return "", words
        signed = '"$BODY"' if self.over in (None, body) else shlex.quote(self._over(body).decode("utf-8", "replace"))
        digest = signature.algorithm.removeprefix("hmac-")
        made = f"printf %s {signed} | openssl dgst -{digest} -hmac \"${self.variable}\" -r | cut -d' ' -f1"
        return f"SIGNATURE=$({made}); ", words

    def _over(self, body: bytes) -> bytes:
        return body if self.over is None else self.over


def digits_of(signature: Signature) -> int:
    """How many digits a signature has."""
    return len(sign(signature, UNKNOWN_SECRET, b""))


def rightly(signature: Signature) -> Signing:
    """As the provider signs."""
    return Signing("signed as the provider signs", (Piece(0, digits_of(signature)),))


def forged_headers(signature: Signature, body: bytes, *, secret: str, former: Sequence[str]) -> Iterator[Signing]:
    """Signatures that no handler may accept, the most significant first.

    Args:
        secret: the handler's own.
        former: former secrets of the handler.
    """
    right = sign(signature, secret, body)
    whole = (Piece(0, digits_of(signature)),)
    yield Signing("without a signature", None)
    yield Signing("signed with another secret", whole, secret=UNKNOWN_SECRET, variable="")
    yield Signing("with an empty signature", ())
    for number, known in enumerate(former, 1):
        yield Signing("signed with a former secret", whole, secret=known, variable=f"FORMER_SECRET_{number}")
    yield from _nearly(right)
    yield Signing("signed with an empty secret", whole, secret="", variable="")
    digest = hashlib.new(signature.algorithm.removeprefix("hmac-"), body).hexdigest()
    yield Signing("with a hash that needs no secret", (Piece(text=digest),))
    yield Signing("with a signature of zeros", (Piece(text="0" * len(right)),))
    yield Signing("with a signature that is none", (Piece(text="0"),))
    for place in _places(len(right)):
        yield _one_digit(right, place)


def every_digit(right: str) -> Iterator[Signing]:
    """One digit changed, at each place at which `forged_headers` changes none."""
    done = _places(len(right))
    yield from (_one_digit(right, place) for place in range(len(right)) if place not in done)


def _nearly(right: str) -> Iterator[Signing]:
    """The right digits at one end only, and too few of them."""
    size = len(right)
    other = "".join(_other(digit) for digit in right)
    yield Signing(f"with only the first {SHORT} digits right", (Piece(0, SHORT), Piece(text=other[SHORT:])))
    yield Signing(f"with only the last {SHORT} digits right", (Piece(text=other[:-SHORT]), Piece(size - SHORT, size)))
    yield Signing("with only the first half right", (Piece(0, size // 2), Piece(text=other[size // 2 :])))
    for length in (size - 1, size // 2, SHORT, 1):
        yield Signing(f"with the signature cut to {length} of {size} digits", (Piece(0, length),))


def _one_digit(right: str, place: int) -> Signing:
    pieces = (Piece(0, place), Piece(text=_other(right[place])), Piece(place + 1, len(right)))
    held = tuple(piece for piece in pieces if piece.text is not None or piece.begin < piece.end)
    return Signing(f"with digit {place + 1} of {len(right)} changed", held)


def _places(size: int) -> list[int]:
    """Digits that are far apart: a comparison of only some digits misses one of these."""
    return list(dict.fromkeys([size - 1, 0, *range(SHORT, size, SHORT)]))


def _other(digit: str) -> str:
    return f"{int(digit, 16) ^ 1:x}"


def unusual_headers(signature: Signature) -> Iterator[Signing]:
    """The right digits, written as the provider does not write them: no forgery, but not what is documented either."""
    size = digits_of(signature)
    name = signature.algorithm.removeprefix("hmac-")
    yield Signing("with the signature in capitals", (Piece(0, size, upper=True),))
    yield Signing("with the signature twice in a row", (Piece(0, size), Piece(0, size)))
    yield Signing("with something behind the signature", (Piece(0, size), Piece(text="zz")))
    yield Signing(f"with {name}= before the signature", (Piece(text=f"{name}="), Piece(0, size)))

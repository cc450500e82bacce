"""The token of the control API: long enough not to be guessed, and never shown."""

import asyncio
import hmac
import secrets
from collections import Counter, deque
from collections.abc import Awaitable, Callable

from mockreel.errors import OptionError

LEAST_SIGNS = 16
# The most browsers with a cookie; the oldest one has to log in again.
MOST_PASSES = 256
# A wrong guess is answered after so many real seconds, and so many are looked at meanwhile: of one peer, and of all.
GUESS_SECONDS = 1.0
MOST_OF_ONE, MOST_OF_ALL = 4, 64


def check_token(token: str | None) -> None:
    """See that a token can be sent in a header, and not be guessed.

    Raises:
        OptionError: it is shorter than sixteen signs, blank, or has signs in it that no header takes.
    """
    if token is None:
        return
    then = "Make one: python -c 'import secrets; print(secrets.token_urlsafe(24))'"
    if len(token) < LEAST_SIGNS:
        what = f"a token of {len(token)} sign{'' if len(token) == 1 else 's'}"
        raise OptionError("--token", "…", [f"{LEAST_SIGNS} signs or more"], then=then, secret=what)
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise OptionError("--token", "…", then=then, secret="a token with spaces, controls or letters beyond ASCII")


class Token:
    """The token, and the cookies of the browsers that have logged in with it."""

    def __init__(self, text: str) -> None:
        check_token(text)
        self._text = text.encode()
        self._passes: deque[bytes] = deque(maxlen=MOST_PASSES)

    def fits(self, value: str) -> bool:
        """Whether this is the token; takes as long whatever it is."""
        return hmac.compare_digest(value.encode("utf-8", "replace"), self._text)

    def new_pass(self) -> str:
        """What a browser shows from now on: drawn, and made of nothing."""
        drawn = secrets.token_urlsafe(32)
        self._passes.append(drawn.encode())
        return drawn

    def knows(self, value: str) -> bool:
        """Whether a browser has this pass."""
        raw = value.encode("utf-8", "replace")
        return sum([hmac.compare_digest(raw, one) for one in self._passes]) > 0


class Guesses:
    """Slows down who guesses. While as many wrong guesses wait for their answer as may, no other one is looked at.

    Args:
        sleep: how the real seconds pass.
    """

    def __init__(self, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._waiting: Counter[str] = Counter()

    def too_many(self, peer: str) -> bool:
        """Whether a guess of this peer is not even looked at now."""
        return self._waiting[peer] >= MOST_OF_ONE or self._waiting.total() >= MOST_OF_ALL

    async def wrong(self, peer: str) -> None:
        """Delay a client after a wrong guess."""
        self._waiting[peer] += 1
        try:
            await self._sleep(GUESS_SECONDS)
        finally:
            self._waiting[peer] -= 1
            self._waiting += Counter()  # drop clients that wait no longer

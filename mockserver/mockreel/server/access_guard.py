"""Access control of the control API and the page: a loopback name, no foreign page, and a token if one is set."""

from collections.abc import Iterator
from http.cookies import CookieError, SimpleCookie

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mockreel.contract.messages.message import problem
from mockreel.server.access_token import Guesses, Token
from mockreel.server.dashboard.browser_pass import COOKIE, PAGE, is_entering
from mockreel.server.http.foreign_pages import host_name, netloc, values
from mockreel.server.http.origin import LOOPBACK_NAMES

_TOKEN_NEEDED = "The control API of this server needs its token: Authorization: Bearer TOKEN."


class Guard:
    """Admits requests to the control API by Host, Origin, and a token if one is set.

    Args:
        app: the guarded application.
        hosts: the allowed host names; None allows any (a mounted app that the user guards).
        token: what `Authorization: Bearer` must carry; none needed if None. A browser sends it once, at login, and has
            a cookie from then on.
        guesses: how wrong guesses are delayed.

    Raises:
        OptionError: the token is too short.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: frozenset[str] | None = LOOPBACK_NAMES,
        token: str | None = None,
        guesses: Guesses | None = None,
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._token = None if token is None else Token(token)
        self._guesses = guesses or Guesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rejection: ASGIApp | None = None
        if scope["type"] == "http":
            reason = self._reason(scope)
            rejection = None if reason is None else _no(403, reason)
            if rejection is None and self._token is not None:
                rejection = await self._rejection(self._token, scope, receive)
        await (rejection or self._app)(scope, receive, send)

    async def _rejection(self, token: Token, scope: Scope, receive: Receive) -> ASGIApp | None:
        """The response to a request without token or cookie; None if it has one."""
        if any(token.knows(one) for one in _passes(scope)):
            return None
        guess, peer = _guess(scope), str((scope.get("client") or ("",))[0])
        if guess is None and not is_entering(scope):
            return await _door(token, scope, receive) or _no(403, _TOKEN_NEEDED)
        if self._guesses.too_many(peer):
            return _no(429, "Too many wrong tokens are waiting for their answer. Try again in a moment.")
        if guess is not None and token.fits(guess):
            return None
        answer = _no(403, _TOKEN_NEEDED) if guess is not None else await _door(token, scope, receive)
        if answer is None or answer.status_code == 403:
            await self._guesses.wrong(peer)
        return answer or _no(403, _TOKEN_NEEDED)

    def _reason(self, scope: Scope) -> str | None:
        hosts = values(scope, b"host")
        if self._hosts is not None and (len(hosts) != 1 or host_name(hosts[0]) not in self._hosts):
            return f"The control API answers to localhost, 127.0.0.1, [::1], not to {', '.join(hosts) or 'no name'!r}."
        for origin in values(scope, b"origin"):
            if [netloc(origin)] != hosts:
                return f"The control API does not answer pages of {origin!r}."
        foreign = {"cross-site", "same-site"} & {*values(scope, b"sec-fetch-site")}
        if foreign and "navigate" not in values(scope, b"sec-fetch-mode"):
            return "The control API does not answer pages of other sites."
        return None


async def _door(token: Token, scope: Scope, receive: Receive) -> Response | None:
    """The login page for a browser; None for other clients."""
    if not scope["path"].removeprefix(scope.get("root_path", "")).startswith(PAGE):
        return None
    from mockreel.server.dashboard.login import answer  # noqa: PLC0415  (templates are loaded for pages only)

    return await answer(token, scope, receive)


def _no(status: int, why: str) -> Response:
    response = problem(status, "Not allowed", why)
    headers = {"retry-after": "1"} if status == 429 else None
    return Response(response.body, response.status, headers, media_type="application/problem+json")


def _guess(scope: Scope) -> str | None:
    """The token in a request, empty under another scheme; None if there is none."""
    for text in values(scope, b"authorization"):
        scheme, _, rest = text.partition(" ")
        return rest if scheme.lower() == "bearer" else ""
    return None


def _passes(scope: Scope) -> Iterator[str]:
    for header in values(scope, b"cookie"):
        try:
            found = SimpleCookie(header).get(COOKIE)
        except CookieError:
            continue
        if found is not None:
            yield found.value

"""Who may use the control API and the page: asked under a loopback name, by no other page, with a token where one is
set."""

import hmac
from collections.abc import Iterator
from http.cookies import CookieError, SimpleCookie
from urllib.parse import SplitResult, urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mockreel.contract.messages.message import problem
from mockreel.server.dashboard.browser_pass import COOKIE, PAGE, pass_of
from mockreel.server.http.origin import LOOPBACK_NAMES


class Guard:
    """Admits to the control API only who may: by Host, Origin, and a token where one is set.

    Args:
        app: what is guarded.
        hosts: the host names under which it may be asked; None admits any (a mounted app that the user guards).
        token: what `Authorization: Bearer` must carry; none needed if None. A browser tells it once, at the page's
            door, and has a cookie from then on.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: frozenset[str] | None = LOOPBACK_NAMES, token: str | None = None
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = self._reason(scope) if scope["type"] == "http" else None
        if reason is None and self._token is not None and not self._knows(scope, self._token):
            if await self._at_the_door(self._token, scope, receive, send):
                return
            reason = "Off loopback the control API needs its token: Authorization: Bearer TOKEN."
        if reason is None:
            await self._app(scope, receive, send)
            return
        reply = problem(403, "Not allowed", reason)
        await Response(reply.body, reply.status, media_type="application/problem+json")(scope, receive, send)

    def _reason(self, scope: Scope) -> str | None:
        hosts = _values(scope, b"host")
        if self._hosts is not None and (len(hosts) != 1 or _parts("//" + hosts[0]).hostname not in self._hosts):
            return f"The control API is asked under a loopback name, not {', '.join(hosts) or 'none'!r}."
        for origin in _values(scope, b"origin"):
            if [_parts(origin).netloc] != hosts:
                return f"The control API does not answer pages of {origin!r}."
        foreign = {"cross-site", "same-site"} & {*_values(scope, b"sec-fetch-site")}
        if foreign and "navigate" not in _values(scope, b"sec-fetch-mode"):
            return "The control API does not answer pages of other sites."
        return None

    def _knows(self, scope: Scope, token: str) -> bool:
        wanted = f"Bearer {token}".encode()
        if any(hmac.compare_digest(given.encode(), wanted) for given in _values(scope, b"authorization")):
            return True
        own = pass_of(token).encode()
        return any(hmac.compare_digest(given.encode(), own) for given in _passes(scope))

    async def _at_the_door(self, token: str, scope: Scope, receive: Receive, send: Send) -> bool:
        """Ask a browser for the token; whether it was one."""
        if scope["type"] != "http" or not scope["path"].removeprefix(scope.get("root_path", "")).startswith(PAGE):
            return False
        from mockreel.server.dashboard.login import answer  # noqa: PLC0415  (templates are not needed to play)

        reply = await answer(token, scope, receive)
        if reply is not None:
            await reply(scope, receive, send)
        return reply is not None


def _passes(scope: Scope) -> Iterator[str]:
    for header in _values(scope, b"cookie"):
        try:
            found = SimpleCookie(header).get(COOKIE)
        except CookieError:
            continue
        if found is not None:
            yield found.value


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket without its other half
        return SplitResult("", "", "", "", "")
    return parts

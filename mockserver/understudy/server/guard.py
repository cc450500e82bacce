"""Who may use the control API: asked under a loopback name, by no other page, with a token where one is set."""

import hmac
from urllib.parse import SplitResult, urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from understudy.messages import problem

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


class Guard:
    """Admits to the control API only who may: by Host, Origin, and a token where one is set.

    Args:
        app: what is guarded.
        hosts: the host names under which it may be asked; None admits any (a mounted app that the user guards).
        token: what `Authorization: Bearer` must carry; none needed if None.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: frozenset[str] | None = LOOPBACK_NAMES, token: str | None = None
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = self._reason(scope) if scope["type"] == "http" else None
        if reason is None:
            await self._app(scope, receive, send)
            return
        reply = problem(403, "Not admitted", reason)
        await Response(reply.body, reply.status, media_type="application/problem+json")(scope, receive, send)

    def _reason(self, scope: Scope) -> str | None:
        hosts = _values(scope, b"host")
        if self._hosts is not None and (len(hosts) != 1 or _parts("//" + hosts[0]).hostname not in self._hosts):
            return f"The control API is asked under a loopback name, not {', '.join(hosts) or 'none'!r}."
        for origin in _values(scope, b"origin"):
            if [_parts(origin).netloc] != hosts:
                return f"The control API does not answer pages of {origin!r}."
        if self._token is not None and not self._knows(_values(scope, b"authorization")):
            return "Off loopback the control API needs its token: Authorization: Bearer TOKEN."
        return None

    def _knows(self, authorizations: list[str]) -> bool:
        wanted = f"Bearer {self._token}".encode()
        return any(hmac.compare_digest(given.encode(), wanted) for given in authorizations)


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket without its other half
        return SplitResult("", "", "", "", "")
    return parts

"""Foreign web pages: requests that a browser sends for them are rejected, and so are host names other than our own.

A page can send some requests anywhere without permission (a form, text without a custom header, a beacon), and under a
name that resolves to this machine (DNS rebinding) even read the responses. Browsers mark requests of pages by `Origin`,
`Sec-Fetch-Site`, `Referer`. Programs send none of these, and may use any `Host`.
"""

from collections.abc import Callable, Iterable
from urllib.parse import SplitResult, urlsplit

from mockreel.contract.messages.message import problem
from mockreel.server.http.asgi import App, Receive, Scope, Send, send_reply

ANY = "*"
# The code with which a WebSocket ends whose client may not (RFC 6455 7.4.1).
_POLICY = 1008
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MARKS = frozenset({b"origin", b"sec-fetch-site", b"referer"})
# Called with a rejected request and the reason.
Note = Callable[[Scope, str], None]


class ForeignPages:
    """Rejects their requests to an application.

    Args:
        app: the protected application.
        hosts: the names under which a browser may call; None allows any.
        own: further names that pages may have: the providers', whose own sites some clients claim to be.
        allowed: origins whose pages are allowed, or `*`.
        note: called with each rejected request.
    """

    def __init__(
        self,
        app: App,
        *,
        hosts: frozenset[str] | None,
        own: Iterable[str] = (),
        allowed: Iterable[str] = (),
        note: Note = lambda scope, why: None,
    ) -> None:
        self._app = app
        self._own = frozenset(own)
        self._hosts = None if hosts is None else hosts | self._own
        self._allowed = frozenset(one.lower() for one in allowed)
        self._note = note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for name, _ in scope["headers"]:
            if name in _MARKS:
                why = self._reason(scope)
                if why is not None:
                    await self._reject(scope, send, why)
                    return
                break
        await self._app(scope, receive, send)

    async def _reject(self, scope: Scope, send: Send, why: str) -> None:
        self._note(scope, why)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY})
        else:
            await send_reply(problem(403, "Foreign page", why), send, head=scope["method"] == "HEAD")

    def _reason(self, scope: Scope) -> str | None:
        """Why a browser's request is refused; None where it is not."""
        host = next(iter(values(scope, b"host")), "")
        name = host_name(host)
        if self._hosts is not None and name not in self._hosts and not (name or "").endswith(".localhost"):
            return f"Browsers must use localhost, 127.0.0.1 or [::1], not {host!r}: it may be another page's name."
        if scope.get("method") in _SAFE or ANY in self._allowed:  # a page may read a WebSocket, so it is not safe
            return None
        page = self._sender(scope, host)
        return None if page is None else f"A page of {page} sent this. If it is yours, allow it with --cors ORIGIN."

    def _sender(self, scope: Scope, host: str) -> str | None:
        """The foreign page that has sent a request, in words; None where it is welcome, or none did."""
        origin = next(iter(values(scope, b"origin")), None)
        if origin is not None:
            return None if self._is_welcome(origin, host) else repr(origin)
        if {"cross-site", "same-site"} & {*values(scope, b"sec-fetch-site")}:
            return "another site"
        strange = (page for page in values(scope, b"referer") if not self._is_welcome(page, host))
        return next((repr(netloc(page)) for page in strange), None)

    def _is_welcome(self, page: str, host: str) -> bool:
        parts = _parts(page)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        return parts.netloc == host or origin in self._allowed or host_name(parts.netloc) in self._own


def values(scope: Scope, name: bytes) -> list[str]:
    """Every value of a header."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def host_name(authority: str) -> str | None:
    """The name in a `Host` header; None if there is none, or if it has more than RFC 9110 allows."""
    if "@" in authority:
        return None
    try:
        return _parts(f"//{authority}").hostname
    except ValueError:
        return None


def netloc(url: str) -> str:
    """The host and port of a URL."""
    return _parts(url).netloc


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # a bracket without its other half
        return SplitResult("", "", "", "", "")

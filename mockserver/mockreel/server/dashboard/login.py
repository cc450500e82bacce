"""Login: if there is a token, a browser sends it once and has a cookie from then on."""

from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope

from mockreel.server.access_token import Token
from mockreel.server.dashboard.browser_pass import COOKIE, ENTER, PAGE, reads_html
from mockreel.server.dashboard.renderer import Rendering
from mockreel.server.dashboard.security_headers import HEADERS
from mockreel.server.dashboard.static_files import stamp, static

# A longer body is no token.
MOST_BYTES = 4096


async def answer(token: Token, scope: Scope, receive: Receive) -> Response | None:
    """The response to a browser without a cookie: the form, its style, or the cookie. None for other clients."""
    request = Request(scope, receive)
    root = scope.get("root_path", "")
    path = scope["path"].removeprefix(root)
    if request.method == "GET" and path.startswith(f"{PAGE}/static/"):
        return static(path.removeprefix(f"{PAGE}/static/"), stamped=request.url.query)
    if request.method == "POST" and path == ENTER:
        return await _enter(token, request, root)
    return _form(root, wrong=False) if request.method == "GET" and reads_html(scope) else None


def _form(root: str, *, wrong: bool) -> Response:
    html = Rendering().page("enter.html", base=f"{root}{PAGE}", version=stamp(), wrong=wrong)
    return HTMLResponse(html, 403 if wrong else 401, headers=HEADERS)


async def _enter(token: Token, request: Request, root: str) -> Response:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MOST_BYTES:
            return _form(root, wrong=True)
    token_sent = parse_qs(raw.decode("utf-8", "replace")).get("token", [""])[-1]
    if not token.fits(token_sent):
        return _form(root, wrong=True)
    reply = RedirectResponse(f"{root}{PAGE}/", 303, headers=HEADERS)
    reply.set_cookie(
        COOKIE,
        token.new_pass(),
        path=f"{root}/_mockreel/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return reply

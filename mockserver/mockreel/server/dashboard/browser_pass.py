"""Where the page is, and the cookie by which a browser is known once its user has told the token."""

import hmac

from starlette.types import Scope

from mockreel.simulator.pipeline import OWN_PATHS

# Where the page is.
PAGE = f"{OWN_PATHS}page"
# The cookie that a browser has once its user has told the token; it holds no token.
COOKIE = "mockreel-pass"


def pass_of(token: str) -> str:
    """What a browser's cookie holds: made of the token, which cannot be had back from it."""
    return hmac.new(token.encode(), b"mockreel page", "sha256").hexdigest()


def reads_html(scope: Scope) -> bool:
    """Whether it is a browser that asks for a page."""
    return any(b"text/html" in value for name, value in scope["headers"] if name == b"accept")
